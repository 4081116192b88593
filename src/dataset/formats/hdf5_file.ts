/**
 * What this suite needs of HDF5, over h5wasm (the HDF5 C library in WebAssembly). Import
 * it in a worker only, through `hdf5.ts`: a damaged file can make the C library trap, after
 * which its memory is unusable.
 *
 * @module
 */

import type * as H5wasm from "h5wasm";
import { InputError } from "../../errors.ts";
import { makeBoolean } from "./hdf5_boolean.ts";
import { superblockAt } from "./hdf5_header.ts";
import { addressOf, type Hdf5Source, hdf5Source } from "./hdf5_source.ts";

let h5wasm: typeof H5wasm;

/**
 * Starts the C library; to be awaited before anything else.
 *
 * It prints a stack of its own for each error; the users' one line is written here.
 * h5wasm captures console.error when it starts, hence the order.
 */
export async function startHdf5(): Promise<void> {
  console.error = () => {};
  h5wasm = await import("h5wasm");
  await h5wasm.ready;
  watchFiles();
}

/** The file that the C library last asked for while no file may be opened. */
let elsewhere: string | undefined;
let isReading = false;

/**
 * Raw data, links and virtual datasets can name any other file, even /dev/random. While one
 * is being read no other opens, and its name is kept for the message.
 */
function watchFiles(): void {
  const fs = h5wasm.FS! as unknown as {
    open: (path: string, ...rest: unknown[]) => unknown;
    ErrnoError: new (code: number) => Error;
  };
  const { open, ErrnoError } = fs;
  const NO_SUCH_FILE = 44;
  fs.open = (path, ...rest) => {
    if (!isReading) return open(path, ...rest);
    // A relative name is looked for in the folder "/".
    elsewhere = path.replace(/^\/\//, "");
    throw new ErrnoError(NO_SUCH_FILE);
  };
}

/** An HDF5 file being written. */
export interface Hdf5Sink {
  /** Adds a group, e.g. "/episode_0". */
  group(path: string): void;
  /** Adds a numeric dataset. */
  numbers(path: string, data: Hdf5Array, shape: readonly number[]): void;
  /** Adds a dataset of booleans, given as 0 and 1. */
  booleans(path: string, data: Int8Array, shape: readonly number[]): void;
  /** Adds a dataset of strings, or a scalar string. */
  strings(path: string, data: string | string[]): void;
  /** Adds a scalar 64-bit integer attribute to a group. */
  attribute(group: string, name: string, value: number): void;
}

/** Arrays that are written as they are. */
export type Hdf5Array = Float32Array | BigInt64Array | Int8Array;

const FILE = "/file.h5";

/**
 * Opens an HDF5 file in memory, reads from it and closes it.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @param read Does the reading.
 * @throws {InputError} if it is not an HDF5 file, or what is read is missing or damaged.
 */
export function readHdf5<T>(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  read: (source: Hdf5Source) => T,
): T {
  // Emscripten's declarations miss canOwn, which spares a copy of the file.
  const noCopy: object = { canOwn: true };
  h5wasm.FS!.writeFile(FILE, bytes, noCopy);
  const file = new h5wasm.File(FILE, "r");
  try {
    const base = superblockAt((at) => bytes.subarray(at, at + 8));
    if (file.file_id < 0n || base === undefined) {
      throw new InputError(`${name}: not a readable HDF5 file`);
    }
    isReading = true;
    elsewhere = undefined;
    return read(hdf5Source(h5wasm, file, bytes, base, name, () => elsewhere));
  } finally {
    isReading = false;
    if (file.file_id >= 0n) file.close();
    h5wasm.FS!.unlink(FILE);
  }
}

/**
 * Writes an HDF5 file in memory: equal content in equal order gives equal bytes.
 *
 * @param write Does the writing.
 */
export function writeHdf5(
  write: (sink: Hdf5Sink) => void,
): Uint8Array<ArrayBuffer> {
  // The C library stamps each dataset with the time; there is no way to turn that off here.
  const clock = Date.now;
  const booleans: number[] = [];
  Date.now = () => 0;
  try {
    const file = new h5wasm.File(FILE, "w");
    write(sink(file, booleans));
    file.close();
  } finally {
    Date.now = clock;
  }
  const bytes = h5wasm.FS!.readFile(FILE) as Uint8Array<ArrayBuffer>;
  h5wasm.FS!.unlink(FILE);
  for (const address of booleans) makeBoolean(bytes, address);
  return bytes;
}

/** @param booleans Takes the address of each dataset that is to become one of booleans. */
function sink(file: H5wasm.File, booleans: number[]): Hdf5Sink {
  const numbers = (
    path: string,
    data: Hdf5Array,
    shape: readonly number[],
  ) => {
    file.create_dataset({ name: path.slice(1), data, shape: [...shape] });
  };
  return {
    numbers,
    group(path): void {
      file.create_group(path.slice(1));
    },
    booleans(path, data, shape): void {
      numbers(path, data, shape);
      booleans.push(addressOf(h5wasm.Module, file, path));
    },
    strings(path, data): void {
      file.create_dataset({ name: path.slice(1), data });
    },
    attribute(group, name, value): void {
      new h5wasm.Group(file.file_id, group).create_attribute(
        name,
        BigInt64Array.of(BigInt(value)),
        [],
      );
    },
  };
}

/**
 * What this suite needs of HDF5, over h5wasm (the HDF5 C library in WebAssembly). Import
 * it in a worker only, through `hdf5.ts`: a damaged file can make the C library trap, after
 * which its memory is unusable.
 *
 * @module
 */

import type * as H5wasm from "h5wasm";
import { InputError } from "../errors.ts";

let h5wasm: typeof H5wasm;

/**
 * Starts the C library; to be awaited before anything else.
 *
 * It prints a stack of its own for each error; the one line that users get is written
 * here. h5wasm takes hold of console.error when it starts, hence the order.
 */
export async function startHdf5(): Promise<void> {
  console.error = () => {};
  h5wasm = await import("h5wasm");
  await h5wasm.ready;
}

/** An HDF5 file opened for reading. */
export interface Hdf5Source {
  /** Names in a group, e.g. "/". */
  names(group: string): string[];
  /** A numeric dataset: [T] or [T, D], or a scalar of shape []. */
  numbers(path: string): Hdf5Numbers;
  /** A dataset of strings, a scalar one as an array of length 1. */
  strings(path: string): string[];
}

/** Contents of a numeric dataset. */
export interface Hdf5Numbers {
  /** Size of each axis. */
  readonly shape: readonly number[];
  /** Whether the elements are integers or booleans. */
  readonly integers: boolean;
  /** Row-major elements. 64-bit integers beyond 2^53 are refused. */
  readonly data: ArrayLike<number>;
}

/** An HDF5 file being written. */
export interface Hdf5Sink {
  /** Adds a group, e.g. "/episode_0". */
  group(path: string): void;
  /** Adds a numeric dataset. */
  numbers(path: string, data: Hdf5Array, shape: readonly number[]): void;
  /** Adds a dataset of strings, or a scalar string. */
  strings(path: string, data: string | string[]): void;
  /** Adds a scalar 64-bit integer attribute to a group. */
  attribute(group: string, name: string, value: number): void;
}

/** Arrays that are written as they are. */
export type Hdf5Array = Float32Array | BigInt64Array | Int8Array;

const FILE = "/file.h5";

/** deflate cannot expand data further, so a dataset that claims more is damaged. */
const LARGEST_EXPANSION = 1032;

/**
 * Opens an HDF5 file in memory, reads from it and closes it.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @param read Does the reading.
 * @throws {InputError} if the file is none of HDF5, or what is read is missing or damaged.
 */
export function readHdf5<T>(
  bytes: Uint8Array,
  name: string,
  read: (source: Hdf5Source) => T,
): T {
  // Emscripten's declarations miss canOwn, which spares a copy of the file.
  const noCopy: object = { canOwn: true };
  h5wasm.FS!.writeFile(FILE, bytes, noCopy);
  const file = new h5wasm.File(FILE, "r");
  try {
    if (file.file_id < 0n) {
      throw new InputError(`${name}: not a readable HDF5 file`);
    }
    return read(source(file, bytes.length, name));
  } finally {
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
  Date.now = () => 0;
  try {
    const file = new h5wasm.File(FILE, "w");
    write(sink(file));
    file.close();
  } finally {
    Date.now = clock;
  }
  const bytes = h5wasm.FS!.readFile(FILE) as Uint8Array<ArrayBuffer>;
  h5wasm.FS!.unlink(FILE);
  return bytes;
}

function source(
  file: H5wasm.File,
  fileLength: number,
  name: string,
): Hdf5Source {
  const error = (path: string, what: string) =>
    new InputError(`${name}: ${JSON.stringify(path.slice(1))} ${what}`);
  /** Turns what h5wasm throws into the one line; a trap of the C library passes through. */
  const attempt = <T>(path: string, action: () => T): T => {
    try {
      return action();
    } catch (thrown) {
      if (thrown instanceof WebAssembly.RuntimeError) throw thrown;
      throw error(path, "is missing or damaged");
    }
  };
  const open = (path: string) => {
    const dataset = new h5wasm.Dataset(file.file_id, path);
    const { shape, size, total_size: count } = attempt(
      path,
      () => dataset.metadata,
    );
    if (shape === null || size * count > fileLength * LARGEST_EXPANSION) {
      throw error(path, "is damaged");
    }
    return dataset;
  };
  return {
    names(group): string[] {
      return attempt(
        group,
        () => new h5wasm.Group(file.file_id, group).keys(),
      );
    },
    numbers(path): Hdf5Numbers {
      const dataset = open(path);
      const { type, enum_type: enumType } = dataset.metadata;
      const types = h5wasm.Module.H5T_class_t;
      const base = type === types.H5T_ENUM.value ? enumType!.type : type;
      const integers = base === types.H5T_INTEGER.value;
      if (!integers && base !== types.H5T_FLOAT.value) {
        throw error(path, "holds no numbers");
      }
      const value = attempt(path, () => dataset.value);
      const data = toNumbers(value);
      if (data === undefined) {
        throw error(path, "holds a number too large to be read exactly");
      }
      return { shape: dataset.metadata.shape!, integers, data };
    },
    strings(path): string[] {
      const dataset = open(path);
      const value = attempt(path, () => dataset.value);
      const strings = Array.isArray(value) ? value : [value];
      if (!strings.every((text) => typeof text === "string")) {
        throw error(path, "holds no text");
      }
      return strings;
    },
  };
}

/** 64-bit integers as numbers; undefined if one has no exact number. */
function toNumbers(value: unknown): ArrayLike<number> | undefined {
  if (typeof value === "number") return [value];
  if (typeof value === "bigint") value = BigInt64Array.of(value);
  if (!(value instanceof BigInt64Array || value instanceof BigUint64Array)) {
    return value as ArrayLike<number>;
  }
  const numbers = new Float64Array(value.length);
  for (let i = 0; i < numbers.length; i++) {
    numbers[i] = Number(value[i]);
    if (!Number.isSafeInteger(numbers[i])) return undefined;
  }
  return numbers;
}

function sink(file: H5wasm.File): Hdf5Sink {
  return {
    group(path): void {
      file.create_group(path.slice(1));
    },
    numbers(path, data, shape): void {
      file.create_dataset({ name: path.slice(1), data, shape: [...shape] });
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

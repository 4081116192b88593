/**
 * Columns that are on disk while a data set is read, so that it may be larger than memory.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { InputError } from "../../errors.ts";
import { cannotWrite, writeAll } from "../../files/atomic.ts";
import { safetensorsHeader } from "../../files/safetensors.ts";
import type { Dataset } from "../dataset.ts";
import type { Growing, Grown } from "./growing.ts";
import type { DatasetReadOptions } from "./read_options.ts";
import {
  type DatasetDescription,
  datasetMetadata,
  type DatasetSizes,
  datasetTensors,
} from "./safetensors.ts";
import { placeStoredDataset } from "./stored_safetensors.ts";

/** Elements that are written at once; a column has two such blocks in memory. */
const BLOCK = 2 ** 18;

/** A folder of columns, and the file that they become. */
export interface Spill extends Disposable {
  /** Starts a column that grows on disk. */
  column<A extends Grown>(
    make: (length: number) => A,
    name: string,
  ): Growing<A>;
  /**
   * Writes the file of a data set under a name of its own.
   * @param pieces Each tensor's elements, by its name.
   * @returns Its path; it is removed with the folder.
   */
  write(
    sizes: DatasetSizes,
    described: DatasetDescription,
    pieces: Readonly<Record<string, Iterable<Grown>>>,
  ): string;
  /**
   * Puts that file where it is to be, if its data are valid.
   * @param file Its path.
   * @param name What to call the data in messages.
   */
  place(file: string, name: string): Dataset;
}

/** What a reader takes, with the columns that go to `into`. */
export interface SpilledReadOptions extends DatasetReadOptions {
  /** Columns on disk; without it, they are in memory. */
  readonly spill?: Spill;
}

/**
 * Makes a folder beside a file that is to be written; disposing removes it with what is in it.
 *
 * @param target The file; it must not exist.
 * @throws InputError if the folder cannot be made.
 */
export function openSpill(target: string): Spill {
  const folder = join(dirname(target), `.${basename(target)}.columns.tmp`);
  const remove = () => {
    try {
      Deno.removeSync(folder, { recursive: true });
    } catch {
      // It is not there, or stays: a file beside says whose it is.
    }
  };
  const files: Deno.FsFile[] = [];
  const open = (name: string) => {
    const options = { read: true, write: true, createNew: true };
    const file = writing(
      target,
      () => Deno.openSync(join(folder, name), options),
    );
    files.push(file);
    return file;
  };
  // What a killed process left.
  remove();
  writing(target, () => Deno.mkdirSync(folder));
  return {
    column: (make, name) => columnOn(open(name), target, make),
    write(sizes, described, pieces) {
      const file = open("dataset");
      const { header, ordered } = safetensorsHeader(
        datasetTensors(sizes),
        datasetMetadata(described),
      );
      writing(target, () => {
        writeAll(file, header);
        for (const { tensorName } of ordered) {
          for (const piece of pieces[tensorName]) {
            writeAll(file, bytesOf(piece));
          }
        }
        file.syncSync();
      });
      return join(folder, "dataset");
    },
    place: (file, name) => placeStoredDataset(file, target, name),
    [Symbol.dispose]() {
      for (const file of files) file.close();
      remove();
    },
  };
}

/** Does what writes the file, or says why it cannot be written. */
function writing<T>(target: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof InputError ? error : cannotWrite(target, error);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Grown): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function columnOn<A extends Grown>(
  file: Deno.FsFile,
  target: string,
  make: (length: number) => A,
): Growing<A> {
  /** The block before the current one, and this: elements from `start` on. */
  let before = make(BLOCK);
  let block = make(BLOCK);
  let start = 0;
  let length = 0;
  /** Elements in the file. */
  let written = 0;
  const flush = (part: A) => {
    writing(target, () => writeAll(file, bytesOf(part)));
    written += part.length;
  };
  return {
    get length() {
      return length;
    },
    at: (place) =>
      place >= start ? block[place - start] : before[place - start + BLOCK],
    set(place, value) {
      if (place >= start) block[place - start] = value;
      else before[place - start + BLOCK] = value;
    },
    push(value) {
      if (length - start === BLOCK) {
        // After a step back, the block before is in the file already.
        if (written < start) flush(before);
        [before, block] = [block, before];
        start += BLOCK;
      }
      block[length - start] = value;
      length++;
    },
    drop(count) {
      length -= count;
      if (length >= start) return;
      [before, block] = [block, before];
      start -= BLOCK;
    },
    *pieces() {
      if (written < start) flush(before);
      writing(target, () => file.seekSync(0, Deno.SeekMode.Start));
      for (let at = 0; at < start; at += BLOCK) {
        const piece = make(BLOCK);
        const bytes = bytesOf(piece);
        writing(target, () => {
          for (let done = 0; done < bytes.length;) {
            done += file.readSync(bytes.subarray(done)) ?? bytes.length;
          }
        });
        yield piece;
      }
      yield block.subarray(0, length - start) as A;
    },
    take() {
      throw new Error("a column on disk is not taken into memory");
    },
  };
}

/**
 * Reading rows of columns that stay in their file.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { openFile } from "../../files/source.ts";

/** A column of a file. */
export interface StoredColumn {
  /** Its first byte in the file. */
  readonly begin: number;
  /** Bytes of a row. */
  readonly rowBytes: number;
}

/** An open file that must not change. */
export interface StoredFile extends Disposable {
  /** Fills an array with the bytes from a place on. */
  read(begin: number, into: Uint8Array): void;
}

/** Bytes that are read at once where the places asked for lie close together. */
export const WINDOW_BYTES = 2 ** 16;

/** What becomes another when a file is written or replaced. */
export function identityOf(file: Deno.FsFile): string {
  const { dev, ino, size, mtime } = file.statSync();
  return [dev, ino, size, mtime?.getTime()].join();
}

/**
 * Opens a file again.
 *
 * @param identity What {@link identityOf} gave before.
 * @throws InputError if it is gone or changed; reading throws for a file that has become shorter.
 */
export function openAgain(path: string, identity: string): StoredFile {
  const changed = () =>
    new InputError(
      `${path}: was changed or removed while it was in use; put it back as it was, and let nothing write there`,
    );
  if (!isThere(path)) throw changed();
  const file = openFile(path);
  if (identityOf(file) !== identity) {
    file.close();
    throw changed();
  }
  return {
    read(begin, into) {
      let done = 0;
      try {
        file.seekSync(begin, Deno.SeekMode.Start);
        while (done < into.length) {
          const count = file.readSync(into.subarray(done));
          if (count === null) break;
          done += count;
        }
      } catch {
        throw new InputError(`${path}: cannot be read`);
      }
      if (done < into.length) throw changed();
    },
    [Symbol.dispose]: () => file.close(),
  };
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

/**
 * Reads bytes of a column at places that grow.
 *
 * @param end The byte after the column's last.
 * @param window How many bytes to read at once: more than are asked for where the next place is near.
 * @returns Fills an array with the column's bytes from `at` on.
 */
export function growingPlaces(
  file: StoredFile,
  { begin }: StoredColumn,
  end: number,
  window: number,
): (at: number, into: Uint8Array) => void {
  const buffer = new Uint8Array(window);
  let first = 0;
  let last = 0;
  return (at, into) => {
    const wanted = begin + at;
    if (into.length > window) return file.read(wanted, into);
    if (wanted < first || wanted + into.length > last) {
      first = wanted;
      last = Math.min(end, first + window);
      file.read(first, buffer.subarray(0, last - first));
    }
    into.set(buffer.subarray(wanted - first, wanted - first + into.length));
  };
}

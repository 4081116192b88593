/**
 * Reading a file that a person named.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { MOST_BYTES } from "./most_bytes.ts";

/**
 * Reads a whole file of up to 2 GiB.
 *
 * @param path The file.
 * @param maxBytes Larger files are refused, as another file than is expected.
 * @throws InputError if it is missing, not a file, too large or cannot be read.
 */
export function readFile(
  path: string,
  maxBytes?: number,
): Uint8Array<ArrayBuffer> {
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw new InputError(`${path}: is not a file`);
    if (size > MOST_BYTES) {
      throw new InputError(
        `${path}: has ${
          (size / 2 ** 30).toFixed(1)
        } GiB; files of up to 2 GiB are read`,
      );
    }
    if (maxBytes !== undefined && size > maxBytes) {
      throw new InputError(
        `${path}: has ${size} bytes where at most ${maxBytes} are expected; this is another file`,
      );
    }
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      throw new InputError(`${path}: there is no such file`);
    }
    const why = error instanceof Error ? error.name : String(error);
    throw new InputError(`${path}: cannot be read (${why})`);
  }
}

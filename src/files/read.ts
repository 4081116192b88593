/**
 * Reading a file that a person named.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/**
 * Reads a whole file.
 *
 * @param path The file.
 * @param maxBytes Larger files are refused; without it, none is.
 * @throws InputError if it is missing, no file, too large or cannot be read.
 */
export function readFile(
  path: string,
  maxBytes = Infinity,
): Uint8Array<ArrayBuffer> {
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw new InputError(`${path}: is not a file`);
    if (size > maxBytes) {
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

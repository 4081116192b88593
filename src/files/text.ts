/**
 * Files that are text.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/**
 * The text of a file in UTF-8, a byte order mark aside.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @throws InputError if it is none.
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`${name}: is no text in UTF-8`);
  }
}

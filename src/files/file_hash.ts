/**
 * SHA-256 of files of any size.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type BytesAtPlaces, openFile, placesOf } from "./source.ts";

/** Bytes that are in memory at a time. */
const PIECE = 2 ** 22;

/**
 * SHA-256 of a file, as 64 lower-case hexadecimal digits.
 *
 * @throws InputError if it is missing, not a file or cannot be read.
 */
export function fileSha256(path: string): string {
  using file = openFile(path);
  return sha256OfPlaces(placesOf(file, path));
}

/**
 * SHA-256 of bytes that need not be in memory.
 *
 * @param onProgress Called with the bytes done.
 */
export function sha256OfPlaces(
  places: BytesAtPlaces,
  onProgress?: (done: number) => void,
): string {
  const hash = createHash("sha256");
  for (let at = 0; at < places.length; at += PIECE) {
    const end = Math.min(places.length, at + PIECE);
    hash.update(places.read(at, end));
    onProgress?.(end);
  }
  return hash.digest("hex");
}

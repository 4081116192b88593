/**
 * Writing a file so that a reader, now or after a crash, finds the old content or the new
 * and never a part.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { InputError } from "../errors.ts";

/**
 * Puts a file in place at once: a temporary file beside it, its bytes forced to the disk,
 * then a rename.
 *
 * @param path The file; its folder exists. What it held before is replaced.
 * @param content Bytes, or text to be written in UTF-8.
 * @throws InputError if it cannot be written (full disk, read-only folder); the file is then
 *   as it was.
 */
export function writeFileAtomic(
  path: string,
  content: Uint8Array | string,
): void {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  const temporary = join(dirname(path), `.${basename(path)}.tmp`);
  try {
    writeAndSync(temporary, bytes);
    Deno.renameSync(temporary, path);
  } catch (error) {
    try {
      Deno.removeSync(temporary);
    } catch {
      // It was never made, or cannot be removed either; the error below says why.
    }
    throw cannotWrite(path, error);
  }
  syncDirectory(dirname(path));
}

/** Whether a file of that name is what a killed {@link writeFileAtomic} leaves. */
export function isTemporary(name: string): boolean {
  return name.startsWith(".") && name.endsWith(".tmp");
}

function writeAndSync(path: string, bytes: Uint8Array): void {
  using file = Deno.openSync(path, {
    write: true,
    create: true,
    truncate: true,
  });
  writeAll(file, bytes);
  file.syncSync();
}

/** Writes all bytes; a single write may take fewer. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    written += file.writeSync(bytes.subarray(written));
  }
}

/** Makes a rename in the folder outlast a power cut, where the system can. */
function syncDirectory(path: string): void {
  try {
    using directory = Deno.openSync(path, { read: true });
    directory.syncSync();
  } catch {
    // Windows opens no folders; its renames are journalled.
  }
}

/**
 * The error for a write that the system refused.
 *
 * @param path What was to be written.
 * @param error What the system said.
 */
export function cannotWrite(path: string, error: unknown): InputError {
  return new InputError(`cannot write ${path}: ${reason(error)}`);
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message } = error;
  if (/os error (28|112|122)\b/.test(message)) {
    return "the disk is full; free some space";
  }
  if (/os error 30\b/.test(message)) {
    return "the file system is read-only; choose another folder";
  }
  if (/os error (1|13)\b/.test(message)) {
    return "permission denied; choose another folder";
  }
  // Deno appends the path that it tried, here of the temporary file.
  return message.replace(/ \(os error \d+\).*$/s, "").replaceAll("\n", " ");
}

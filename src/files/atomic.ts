/**
 * Writing a file so that a reader, now or after a crash, finds the old content or the new
 * and never a part.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { createHash } from "node:crypto";
import { InputError } from "../errors.ts";

/** What a file is to hold: bytes, text, or what says a long text in parts. */
export type Content =
  | Uint8Array
  | string
  | ((say: (part: string) => void) => void);

/** Hash and size of what was written. */
export interface Written {
  /** SHA-256. */
  readonly sha256: string;
  /** Size. */
  readonly bytes: number;
}

/**
 * Puts a file in place at once: a temporary file of its own beside it, its bytes forced to the
 * disk, then a rename. No link is followed: one at the file's place is replaced.
 *
 * @param path The file; its folder exists. What it held before is replaced.
 * @param content Text is written in UTF-8.
 * @param writer Told apart from others that write the same file at the same time.
 * @throws InputError if it cannot be written (full disk, read-only folder); the file is then
 *   as it was.
 */
export function writeFileAtomic(
  path: string,
  content: Content,
  writer = "",
): Written {
  const hash = createHash("sha256");
  let length = 0;
  const temporary = join(dirname(path), `.${basename(path)}${writer}.tmp`);
  // What a killed process left; of a link, the link itself is removed.
  removeIfThere(temporary);
  let made = false;
  const write = (file: Deno.FsFile, bytes: Uint8Array) => {
    writeAll(file, bytes);
    hash.update(bytes);
    length += bytes.length;
  };
  try {
    {
      using file = Deno.openSync(temporary, { write: true, createNew: true });
      made = true;
      if (content instanceof Uint8Array) write(file, content);
      else sayInPieces(content, (bytes) => write(file, bytes));
      file.syncSync();
    }
    Deno.renameSync(temporary, path);
  } catch (error) {
    if (made) removeIfThere(temporary);
    throw cannotWrite(path, error);
  }
  syncDirectory(dirname(path));
  return { sha256: hash.digest("hex"), bytes: length };
}

/** Characters that are written at once, about. */
const PIECE = 2 ** 16;

function sayInPieces(
  content: Exclude<Content, Uint8Array>,
  write: (bytes: Uint8Array) => void,
): void {
  const encoder = new TextEncoder();
  if (typeof content === "string") return write(encoder.encode(content));
  let waiting = "";
  content((part) => {
    waiting += part;
    if (waiting.length < PIECE) return;
    write(encoder.encode(waiting));
    waiting = "";
  });
  write(encoder.encode(waiting));
}

/**
 * Gives a file a second name or, where the system has none for it, copies it; whole or not at all. A
 * symbolic link is followed: what it points to gets the name.
 *
 * @param from The file, which must not change afterwards.
 * @param path Its folder exists. What it held before is replaced.
 * @throws InputError if it cannot be written.
 */
export function placeFile(from: string, path: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`);
  removeIfThere(temporary);
  try {
    try {
      // Of a symbolic link, a second name would be another symbolic link.
      Deno.linkSync(Deno.realPathSync(from), temporary);
    } catch {
      // Another file system, one without links, or somebody else's file.
      copyBytes(from, temporary);
    }
    Deno.renameSync(temporary, path);
    // A rename onto another name of the same file does nothing.
    removeIfThere(temporary);
  } catch (error) {
    removeIfThere(temporary);
    throw cannotWrite(path, error);
  }
  syncDirectory(dirname(path));
}

/** Copies bytes and no rights: a copy that may only be read could be neither forced to the disk nor mended. */
function copyBytes(from: string, to: string): void {
  using source = Deno.openSync(from);
  using copy = Deno.openSync(to, { write: true, createNew: true });
  const buffer = new Uint8Array(2 ** 20);
  for (;;) {
    const count = source.readSync(buffer);
    if (count === null) break;
    writeAll(copy, buffer.subarray(0, count));
  }
  copy.syncSync();
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is not there, or the next write says why it cannot be removed.
  }
}

/**
 * Makes a folder with those above it, each of which outlasts a power cut, where the system can.
 *
 * @throws InputError if it cannot be made.
 */
export function makeDirectory(path: string): void {
  try {
    makeMissing(path);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function makeMissing(path: string): void {
  try {
    Deno.mkdirSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && dirname(path) !== path) {
      makeMissing(dirname(path));
      // Another process may have made it meanwhile.
      return makeMissing(path);
    } else if (!isDirectory(path)) throw error;
    else return;
  }
  syncDirectory(dirname(path));
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Whether a file of that name is what a killed {@link writeFileAtomic} leaves. */
export function isTemporary(name: string): boolean {
  return name.startsWith(".") && name.endsWith(".tmp");
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

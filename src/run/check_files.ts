/**
 * Whether a folder holds the files of its manifest, and nothing else.
 *
 * @module
 */
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { fileSha256 } from "../files/file_hash.ts";
import { entriesBelow, type Entry, KIND_WORDS } from "../files/entries.ts";
import { LOCK_FILE } from "./lock.ts";
import type { ManifestFile } from "../files/listing.ts";

/** Something wrong in a run or a study. */
export interface Difference {
  /** Relative to its folder. */
  readonly path: string;
  /** What is wrong with it, in a few words. */
  readonly what: string;
}

/**
 * Compares a folder with the files of its manifest. Nothing is followed, and no more is read than
 * the manifest says that a file has.
 *
 * @param directory The folder.
 * @param files Of its manifest.
 * @returns What is missing, changed, not listed or no file at all; empty if all is well.
 * @throws InputError if the folder cannot be read.
 */
export function checkFiles(
  directory: string,
  files: readonly ManifestFile[],
): Difference[] {
  const entries = entriesBelow(directory);
  const found = new Map(entries.map((entry) => [entry.path, entry]));
  const listed = files.flatMap((file): Difference[] => {
    const what = whatIsWrong(directory, file, found.get(file.path));
    found.delete(file.path);
    return what === null ? [] : [{ path: file.path, what }];
  });
  const folders = new Set(files.flatMap(({ path }) => foldersOf(path)));
  for (const entry of found.values()) {
    const what = strangeness(directory, entry, folders);
    if (what !== null) listed.push({ path: entry.path, what });
  }
  return listed;
}

function whatIsWrong(
  directory: string,
  { path, sha256, bytes }: ManifestFile,
  entry: Entry | undefined,
): string | null {
  if (entry === undefined) return "is missing";
  if (entry.kind === "folder") return "is a folder where a file should be";
  if (entry.kind !== "file") return KIND_WORDS[entry.kind];
  const place = join(directory, path);
  const changed = "is not the file that the manifest names: it has";
  try {
    const { size } = Deno.lstatSync(place);
    if (size !== bytes) {
      return `${changed} ${size} bytes where ${bytes} are stated`;
    }
    const actual = fileSha256(place);
    return actual === sha256
      ? null
      : `${changed} the SHA-256 ${actual.slice(0, 16)}… where ${
        sha256.slice(0, 16)
      }… is stated`;
  } catch (error) {
    if (error instanceof InputError) return "cannot be read";
    return "is missing";
  }
}

/** What is wrong with an entry that the manifest does not list; null if nothing is. */
function strangeness(
  directory: string,
  { path, kind }: Entry,
  folders: ReadonlySet<string>,
): string | null {
  if (kind === "folder") {
    return folders.has(path)
      ? null
      : "is a folder that the manifest does not name";
  }
  if (kind !== "file") return KIND_WORDS[kind];
  if (path === "manifest.json") return null;
  // A process that was killed after the last file leaves its lock, which locks nothing.
  if (path === LOCK_FILE && sizeOf(join(directory, path)) === 0) return null;
  return "is not in the manifest";
}

function sizeOf(path: string): number {
  try {
    return Deno.lstatSync(path).size;
  } catch {
    return 0;
  }
}

/** The folders above a file, inside the run. */
function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

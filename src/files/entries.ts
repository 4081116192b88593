/**
 * What lies in a folder, whatever it is: nothing is followed, opened or passed over.
 *
 * @module
 */
import { join } from "node:path";
import { InputError } from "../errors.ts";

/** A thing in a folder. */
export interface Entry {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  /** `special` is a pipe, a socket or a device; `unreadable` a folder that cannot be listed. */
  readonly kind: "file" | "folder" | "link" | "special" | "unreadable";
}

/**
 * Everything below a folder, hidden or not; a folder comes before what it holds.
 *
 * @throws InputError if the folder itself cannot be listed.
 */
export function entriesBelow(directory: string): Entry[] {
  const entries: Entry[] = [];
  const visit = (folder: string) => {
    // Listed whole before anything below is: the folder may be at work.
    for (const entry of [...Deno.readDirSync(join(directory, folder))]) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      const kind = kindOf(entry);
      entries.push({ path, kind });
      if (kind !== "folder") continue;
      const index = entries.length - 1;
      try {
        visit(path);
      } catch (error) {
        // Removed since it was listed, by a process that is at work there.
        const isGone = error instanceof Deno.errors.NotFound;
        const left = isGone ? [] : [{ path, kind: "unreadable" } as const];
        entries.splice(index, entries.length, ...left);
      }
    }
  };
  try {
    visit("");
  } catch {
    throw new InputError(`${directory}: is not a folder that can be read`);
  }
  return entries;
}

function kindOf(entry: Deno.DirEntry): "file" | "folder" | "link" | "special" {
  if (entry.isSymlink) return "link";
  if (entry.isDirectory) return "folder";
  return entry.isFile ? "file" : "special";
}

/**
 * Makes sure that a folder holds nothing but files and folders: what is read or written there is
 * then there and nowhere else.
 *
 * @throws InputError if it holds a link, a pipe, a socket, a device or a folder that cannot be listed.
 */
export function requirePlainEntries(directory: string): void {
  for (const { path, kind } of entriesBelow(directory)) {
    if (kind === "file" || kind === "folder") continue;
    throw new InputError(
      `${join(directory, path)}: ${KIND_WORDS[kind]}; ${
        kind === "unreadable" ? "give the right to (chmod u+rwx)" : "remove it"
      }`,
    );
  }
}

/** What is said of an entry that no run leaves. */
export const KIND_WORDS = {
  link: "is a link, which no run leaves",
  special: "is a pipe, a socket or a device, which no run leaves",
  unreadable: "is a folder that cannot be listed",
} as const;

/**
 * A run's files in memory.
 *
 * @module
 */
import type { ManifestFile } from "../src/files/listing.ts";
import { fileOf, type MadeFiles } from "../src/run/made_files.ts";

/** The files of a run, and their bytes. */
export interface MemoryFiles extends MadeFiles {
  /** By path, in the order in which they were made. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** No files yet. */
export function memoryFiles(): MemoryFiles {
  const contents = new Map<string, Uint8Array>();
  const made = new Map<string, ManifestFile>();
  return {
    contents,
    write(name, content) {
      contents.set(
        name,
        typeof content === "string"
          ? new TextEncoder().encode(content)
          : content,
      );
      made.set(name, fileOf(name, content));
    },
    list: () => [...made.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/**
 * The files of a run or a study, recorded as they are made: a manifest lists these, and not what
 * happens to be in the folder.
 *
 * @module
 */
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { type Content, placeFile } from "../files/atomic.ts";
import { fileSha256 } from "../files/file_hash.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import type { ManifestFile } from "../files/listing.ts";
import type { FileElsewhere, MadeFiles } from "./made_files.ts";
import { makeArtifactFolder, writeArtifact } from "./run_directory.ts";

/** The files that were made so far, in a folder. */
export interface RunFiles extends MadeFiles {
  /** The same of a text that is said in parts too. */
  write(name: string, content: Content): void;
  /**
   * Puts a file in place that lies elsewhere and may be too large for memory: a second name of the same
   * file where the system allows it, else a copy.
   * @throws InputError if it cannot be put there.
   */
  place(name: string, file: FileElsewhere): void;
  /** Writes a file as JSON; see `canonicalJson`. */
  writeJson(name: string, value: unknown): void;
  /** Keeps what a file must be that was written by other means; see {@link fileOf}. */
  note(file: ManifestFile): void;
  /**
   * Makes sure that every file is there as it was made.
   * @throws InputError if one is gone or changed.
   */
  check(): void;
}

/**
 * Begins the list of a folder's files.
 *
 * @param directory The folder of the run.
 */
export function runFiles(directory: string): RunFiles {
  const files = new Map<string, ManifestFile>();
  const note = (file: ManifestFile) => void files.set(file.path, file);
  const write = (name: string, content: Content) =>
    note({ path: name, ...writeArtifact(directory, name, content) });
  const list = () =>
    [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    write,
    writeJson: (name, value) => write(name, canonicalJson(value)),
    place(name, { path, sha256, bytes }) {
      placeFile(path, makeArtifactFolder(directory, name));
      note({ path: name, sha256, bytes });
    },
    note,
    list,
    check() {
      for (const file of list()) {
        const what = damageOf(directory, file);
        if (what === null) continue;
        throw new InputError(
          `${
            join(directory, file.path)
          }: ${what} while the run was at work; nothing else may write there`,
        );
      }
    },
  };
}

/** What happened to a file since it was made; null if nothing. */
export function damageOf(
  directory: string,
  { path, sha256, bytes }: ManifestFile,
): "vanished" | "was changed" | null {
  const place = join(directory, path);
  try {
    const { isFile, size } = Deno.lstatSync(place);
    if (!isFile || size !== bytes) return "was changed";
    return fileSha256(place) === sha256 ? null : "was changed";
  } catch {
    return "vanished";
  }
}

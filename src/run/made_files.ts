/**
 * The files that a run makes, wherever they go.
 *
 * @module
 */
import type { ManifestFile } from "../files/listing.ts";
import { sha256Hex } from "../numerics/hash.ts";

/** The files that were made so far. */
export interface MadeFiles {
  /**
   * Writes a file, whole or not at all, and keeps its hash.
   * @param name Relative path with forward slashes.
   * @throws InputError if it cannot be written.
   */
  write(name: string, content: Uint8Array | string): void;
  /** The files, ordered by path (by UTF-16 code units). */
  list(): ManifestFile[];
}

/** Name of the data in a run directory. */
export const DATASET_FILE = "dataset.safetensors";

/** Name of the world in a run directory, where it is from a file. */
export const WORLD_FILE = "environment.mdp.safetensors";

/** Name of the configuration in a run directory. */
export const CONFIG_FILE = "config.json";

/** A file outside the run's folder. */
export interface FileElsewhere {
  /** The file. */
  readonly path: string;
  /** SHA-256 of its content. */
  readonly sha256: string;
  /** Its size. */
  readonly bytes: number;
}

/** A file to be put into a run's folder: its content, or where it lies. */
export type InputFile = Uint8Array | FileElsewhere;

/** Name, hash and size of a file of that content. */
export function fileOf(
  path: string,
  content: InputFile | string,
): ManifestFile {
  if (isElsewhere(content)) {
    const { sha256, bytes } = content;
    return { path, sha256, bytes };
  }
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  return { path, sha256: sha256Hex(bytes), bytes: bytes.length };
}

/** Whether a file is not in memory. */
export function isElsewhere(
  content: InputFile | string,
): content is FileElsewhere {
  return typeof content === "object" && "path" in content;
}

/**
 * The manifest of a run: what its files are and what made them.
 *
 * @module
 */

import { join } from "node:path";
import suite from "../../deno.json" with { type: "json" };
import { sha256Hex } from "../numerics/hash.ts";
import { writeJsonArtifact } from "./run_directory.ts";

/** One file of a run. */
export interface ManifestFile {
  /** Relative to the run's folder, with forward slashes. */
  readonly path: string;
  /** Of its content. */
  readonly sha256: string;
  /** Its size. */
  readonly bytes: number;
}

/** The software that made a run. Nothing in it tells of a person, a machine or a place. */
export interface SuiteVersions {
  /** Version of this suite. */
  readonly suiteVersion: string;
  /** Version of Deno. */
  readonly denoVersion: string;
  /** SHA-256 of `deno.lock`, or null where the suite is used without one. */
  readonly lockSha256: string | null;
}

/** Looks up the versions of what is running. */
export function suiteVersions(): SuiteVersions {
  return {
    suiteVersion: suite.version,
    denoVersion: Deno.version.deno,
    lockSha256: lockSha256(),
  };
}

function lockSha256(): string | null {
  try {
    return sha256Hex(
      Deno.readFileSync(new URL("../../deno.lock", import.meta.url)),
    );
  } catch {
    return null;
  }
}

/** Files that are no result: the manifest itself and, with a leading dot, what is in the making. */
function isListed(path: string, name: string): boolean {
  return path !== "manifest.json" && !name.startsWith(".");
}

/**
 * Every file of a run with its hash, ordered by path (by UTF-16 code units).
 *
 * @param directory The run's folder.
 */
export function listFiles(directory: string): ManifestFile[] {
  const files: ManifestFile[] = [];
  const visit = (folder: string) => {
    for (
      const { name, isFile, isDirectory } of Deno.readDirSync(
        join(directory, folder),
      )
    ) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (!isListed(path, name)) continue;
      if (isDirectory) visit(path);
      if (!isFile) continue;
      const bytes = Deno.readFileSync(join(directory, path));
      files.push({ path, sha256: sha256Hex(bytes), bytes: bytes.length });
    }
  };
  visit("");
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Writes `manifest.json`, the last file of a run: the versions, what the caller adds, and
 * every file with its hash and size.
 *
 * @param directory The run's folder.
 * @param about What else made the run, e.g. `{ backend: "wasm" }`: plain data without names
 *   of people or machines and without absolute paths.
 * @throws InputError if it cannot be written.
 */
export function writeManifest(
  directory: string,
  about: Readonly<Record<string, unknown>>,
): void {
  writeJsonArtifact(directory, "manifest.json", {
    schema: "holdfast/manifest/1",
    ...suiteVersions(),
    ...about,
    files: listFiles(directory),
  });
}

/**
 * The manifest of a run: what its files are and what made them.
 *
 * @module
 */

import { join } from "node:path";
import suite from "../../deno.json" with { type: "json" };
import { InputError } from "../errors.ts";
import { readFile } from "../files/read.ts";
import { sha256Hex } from "../numerics/hash.ts";
import { artifactPath, writeJsonArtifact } from "./run_directory.ts";

const SCHEMA = "holdfast/manifest/1";

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
  /**
   * SHA-256 of `kernels.wasm` and of each WGSL file in `kernels/`, by file name; null where the
   * folder cannot be listed, such as when the suite is loaded from a URL.
   */
  readonly kernelSha256: Readonly<Record<string, string>> | null;
}

/** Looks up the versions of what is running. */
export function suiteVersions(): SuiteVersions {
  return {
    suiteVersion: suite.version,
    denoVersion: Deno.version.deno,
    lockSha256: lockSha256(),
    kernelSha256: kernelSha256(),
  };
}

function kernelSha256(): Record<string, string> | null {
  const folder = new URL("../../kernels/", import.meta.url);
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => /\.(wasm|wgsl)$/.test(name)).sort();
    return Object.fromEntries(names.map((name) => [
      name,
      sha256Hex(Deno.readFileSync(new URL(name, folder))),
    ]));
  } catch {
    return null;
  }
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
    schema: SCHEMA,
    ...suiteVersions(),
    ...about,
    files: listFiles(directory),
  });
}

/** The part of a manifest that a check of a run needs. */
export interface Manifest {
  /** The software that made the run. */
  readonly versions: Partial<SuiteVersions>;
  /** Name of the backend that trained; undefined if it is not told. */
  readonly backend: string | undefined;
  /** Every file of the run. */
  readonly files: readonly ManifestFile[];
}

/**
 * Reads the manifest of a finished run.
 *
 * @param directory The run's folder.
 * @throws InputError if there is none, it is damaged, or it names a file outside the folder.
 */
export function readManifest(directory: string): Manifest {
  const path = join(directory, "manifest.json");
  const bytes = readFile(path);
  const fail = (what: string): never => {
    throw new InputError(`${path}: is not a manifest of this suite: ${what}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    fail("it is not JSON");
  }
  const manifest = (value ?? {}) as Record<string, unknown>;
  if (manifest.schema !== SCHEMA) fail(`its schema is not ${SCHEMA}`);
  const { files, backend } = manifest;
  if (!Array.isArray(files) || !files.every(isManifestFile)) {
    return fail("its files are no list of path, sha256 and bytes");
  }
  for (const file of files) artifactPath(directory, file.path);
  if (new Set(files.map((file) => file.path)).size < files.length) {
    fail("it names a file twice");
  }
  return {
    versions: manifest as Partial<SuiteVersions>,
    backend: typeof backend === "string" ? backend : undefined,
    files,
  };
}

function isManifestFile(value: unknown): value is ManifestFile {
  const { path, sha256, bytes } = (value ?? {}) as Record<string, unknown>;
  return typeof path === "string" && typeof bytes === "number" &&
    typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
}

/**
 * The manifest of a run: what its files are and what made them.
 *
 * @module
 */

import type { ManifestFile } from "../files/listing.ts";
import { join } from "node:path";
import suite from "../../deno.json" with { type: "json" };
import { InputError } from "../errors.ts";
import { readFile } from "../files/read.ts";
import { sha256Hex } from "../numerics/hash.ts";
import { entriesBelow } from "../files/entries.ts";
import { sayCanonicalJson } from "../files/canonical_json.ts";
import {
  MANIFEST_FILE,
  MANIFEST_SCHEMA,
  manifestOf,
  type SuiteVersions,
} from "./manifest_text.ts";
import { writeArtifact } from "./run_directory.ts";
import { fileOf } from "./made_files.ts";

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

/**
 * Every file of a folder with its hash, ordered by path (by UTF-16 code units), but for the manifest
 * and for what is hidden, such as a file in the making.
 *
 * @param directory The folder.
 * @throws InputError if it cannot be read.
 */
export function listFiles(directory: string): ManifestFile[] {
  return entriesBelow(directory)
    .filter(({ path, kind }) =>
      kind === "file" && path !== MANIFEST_FILE && !/(^|\/)\./.test(path)
    )
    .map(({ path }) => fileOf(path, readFile(join(directory, path))))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Writes `manifest.json`, the last file of a run; see {@link manifestText}.
 *
 * @param directory The run's folder.
 * @throws InputError if it cannot be written.
 */
export function writeManifest(
  directory: string,
  about: Readonly<Record<string, unknown>>,
  files: readonly ManifestFile[],
): void {
  const manifest = manifestOf(suiteVersions(), about, files);
  // In parts: a large study has many files.
  writeArtifact(
    directory,
    MANIFEST_FILE,
    (say) => sayCanonicalJson(manifest, say),
  );
}

/** What a manifest says. */
export interface Manifest {
  /** The software that made the run. */
  readonly versions: SuiteVersions;
  /** What else it says, by key; unchecked. */
  readonly about: Readonly<Record<string, unknown>>;
  /** Every file that was made, ordered by path. */
  readonly files: readonly ManifestFile[];
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    // What else is wrong shows when it is read.
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** More is no text that a program can hold: some two and a half million files. */
const MAX_BYTES = 2 ** 29 - 2 ** 20;

/**
 * Reads a manifest strictly: it must be written just as {@link writeManifest} does.
 *
 * @param directory The folder of a finished run or study.
 * @throws InputError if there is none, or it is damaged or no such manifest.
 */
export function readManifest(directory: string): Manifest {
  const path = join(directory, MANIFEST_FILE);
  if (!isThere(path)) {
    const begun = ["config.json", "study.config.json"]
      .some((name) => isThere(join(directory, name)));
    throw new InputError(
      `${directory}: ${
        begun ? "is not finished; resume it first" : "holds no run or study"
      } (there is no manifest.json)`,
    );
  }
  const bytes = readFile(path, MAX_BYTES);
  const fail = (what: string): never => {
    throw new InputError(`${path}: is not a manifest of this suite: ${what}`);
  };
  const { text, value } = readJson(bytes) ?? fail("it is not JSON");
  const { schema, suiteVersion, denoVersion, ...rest } = value;
  const { lockSha256, kernelSha256, files, ...about } = rest;
  if (schema !== MANIFEST_SCHEMA) fail(`its schema is not ${MANIFEST_SCHEMA}`);
  if (!isVersion(suiteVersion) || !isVersion(denoVersion)) {
    return fail("its versions are not valid");
  }
  if (lockSha256 !== null && !isHash(lockSha256)) {
    return fail("its lockSha256 is not a hash");
  }
  if (kernelSha256 !== null && !isHashes(kernelSha256)) {
    return fail("its kernelSha256 are not hashes by file name");
  }
  if (!Array.isArray(files) || !files.every(isManifestFile)) {
    return fail(
      "its files are not a list of path inside the folder, sha256 and bytes",
    );
  }
  const paths = files.map(({ path }) => path);
  if (new Set(paths.map((path) => path.toLowerCase())).size < paths.length) {
    fail("it names a file twice, perhaps in another case");
  }
  if (paths.some((path, i) => i > 0 && path < paths[i - 1])) {
    fail("its files are not in order");
  }
  if (!isCanonical(text, value)) {
    fail("it is not written as this suite writes it");
  }
  const versions = { suiteVersion, denoVersion, lockSha256, kernelSha256 };
  return { versions, about, files };
}

function readJson(
  bytes: Uint8Array,
): { text: string; value: Record<string, unknown> } | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
    return { text, value: JSON.parse(text) ?? {} };
  } catch {
    return null;
  }
}

/** Whether a text is that of a value as the suite writes it, which is none of an infinity. */
function isCanonical(text: string, value: unknown): boolean {
  let at = 0;
  try {
    sayCanonicalJson(value, (part) => {
      if (at >= 0) at = text.startsWith(part, at) ? at + part.length : -1;
    });
    return at === text.length;
  } catch {
    return false;
  }
}

function isVersion(value: unknown): value is string {
  return typeof value === "string" &&
    /^\d+\.\d+\.\d+[\w.+-]{0,40}$/.test(value);
}

/** Whether a value is a SHA-256 as the suite writes it. */
export function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function isHashes(value: unknown): value is Record<string, string> {
  return typeof value === "object" && !Array.isArray(value) &&
    Object.values(value!).every(isHash);
}

/** Names that a run or a study gives, one below another: nothing that leads elsewhere. */
const PATH = /^[A-Za-z0-9_][\w.-]*(\/[A-Za-z0-9_][\w.-]*)*$/;

/** Whether a value is a file of a manifest whose path stays inside the folder. */
export function isManifestFile(value: unknown): value is ManifestFile {
  const file = (value ?? {}) as Record<string, unknown>;
  const { path, sha256, bytes } = file;
  return Object.keys(file).join() === "path,sha256,bytes" &&
    typeof path === "string" && PATH.test(path) && path !== MANIFEST_FILE &&
    isHash(sha256) && Number.isSafeInteger(bytes) && (bytes as number) >= 0;
}

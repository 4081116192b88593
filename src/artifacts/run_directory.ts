/**
 * The folder that a run leaves behind.
 *
 * @module
 */

import { isAbsolute, join, normalize } from "node:path";
import { InputError } from "../errors.ts";
import { canonicalJson } from "./json.ts";
import { cannotWrite, writeFileAtomic } from "./atomic.ts";

/**
 * Makes the folder of a new run.
 *
 * @param path A folder that does not exist (it is made, with the folders above it) or is empty.
 * @throws InputError if the folder holds anything or cannot be made; nothing is touched then.
 */
export function createRunDirectory(path: string): void {
  let first: string | null;
  try {
    first = firstEntry(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return makeDirectory(path);
    if (error instanceof Deno.errors.NotADirectory) {
      throw new InputError(
        `${path}: is a file; choose another folder with --out`,
      );
    }
    throw new InputError(
      `${path}: cannot be read; choose another folder with --out`,
    );
  }
  if (first === null) return;
  const what = isRun(path)
    ? "holds another run"
    : `is not empty (it holds ${first})`;
  throw new InputError(`${path}: ${what}; choose another folder with --out`);
}

function firstEntry(path: string): string | null {
  for (const { name } of Deno.readDirSync(path)) return name;
  return null;
}

function isRun(path: string): boolean {
  try {
    return Deno.statSync(join(path, "config.json")).isFile;
  } catch {
    return false;
  }
}

function makeDirectory(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * Path of an artifact inside its run's folder.
 *
 * @param directory The run's folder.
 * @param name Relative path with forward slashes, e.g. `"bc/policy.safetensors"`.
 * @throws InputError if the name leads out of the folder.
 */
export function artifactPath(directory: string, name: string): string {
  const inside = normalize(name);
  if (
    isAbsolute(name) || inside.split(/[\\/]/).includes("..") || inside === "."
  ) {
    throw new InputError(
      `${JSON.stringify(name)}: leads out of the run's folder`,
    );
  }
  return join(directory, inside);
}

/**
 * Writes an artifact, whole or not at all, and makes the folders on its way.
 *
 * @param directory The run's folder.
 * @param name Relative path with forward slashes.
 * @param content Bytes, or text to be written in UTF-8.
 * @throws InputError if it cannot be written.
 */
export function writeArtifact(
  directory: string,
  name: string,
  content: Uint8Array | string,
): void {
  const path = artifactPath(directory, name);
  makeDirectory(join(path, ".."));
  writeFileAtomic(path, content);
}

/**
 * Writes an artifact as JSON; see {@link canonicalJson}.
 *
 * @param directory The run's folder.
 * @param name Relative path with forward slashes.
 * @param value Plain data.
 * @throws InputError if it cannot be written.
 */
export function writeJsonArtifact(
  directory: string,
  name: string,
  value: unknown,
): void {
  writeArtifact(directory, name, canonicalJson(value));
}

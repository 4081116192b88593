/**
 * The folder that a run leaves behind.
 *
 * @module
 */

import { dirname, isAbsolute, join, normalize } from "node:path";
import { InputError } from "../errors.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import {
  type Content,
  isTemporary,
  makeDirectory,
  writeFileAtomic,
  type Written,
} from "../files/atomic.ts";
import { LOCK_FILE, lockDirectory } from "./lock.ts";

/**
 * Makes sure that a folder can be a new run's: it does not exist, is empty, or holds no more than
 * what a start leaves that was killed before its configuration was written. Nothing is touched.
 *
 * @throws InputError if it holds anything else or cannot be read.
 */
export function requireNewRun(path: string): void {
  let names: string[];
  try {
    names = [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof Deno.errors.NotADirectory) {
      throw new InputError(
        `${path}: is a file; choose another folder with --out`,
      );
    }
    throw new InputError(
      `${path}: cannot be read; choose another folder with --out`,
    );
  }
  if (names.length === 0 || isKilledStart(names)) return;
  const what = isRun(path)
    ? "holds another run"
    : `is not empty (it holds ${names.sort()[0]})`;
  throw new InputError(`${path}: ${what}; choose another folder with --out`);
}

/**
 * Makes the folder of a new run, with the folders above it; see {@link requireNewRun}.
 *
 * @throws InputError if the folder holds anything or cannot be made; nothing is touched then.
 */
export function createRunDirectory(path: string): void {
  requireNewRun(path);
  makeDirectory(path);
}

/**
 * Makes the folder of a new run as {@link createRunDirectory} does, and takes its lock.
 *
 * @returns Gives the lock back when disposed.
 * @throws InputError if the folder holds anything or another process is at work there.
 */
export function claimRunDirectory(path: string): Disposable {
  createRunDirectory(path);
  const lock = lockDirectory(path);
  try {
    // Again: another run may have begun and even ended between the two.
    requireNewRun(path);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
  return lock;
}

/** Files that a run or a study writes before its configuration. */
const BEFORE_CONFIG = ["dataset.safetensors", "environment.mdp.safetensors"];

/** The lock outlives only a process that was killed, and nothing is there without a configuration for long. */
function isKilledStart(names: readonly string[]): boolean {
  return names.includes(LOCK_FILE) &&
    names.every((name) =>
      name === LOCK_FILE || BEFORE_CONFIG.includes(name) || isTemporary(name)
    );
}

function isRun(path: string): boolean {
  try {
    return Deno.statSync(join(path, "config.json")).isFile;
  } catch {
    return false;
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
 * Makes the folder of an artifact.
 *
 * @param directory The run's folder.
 * @param name Relative path of the artifact.
 * @returns Path of the artifact.
 * @throws InputError if the name leads out of the run's folder, even through a link, or the folder
 *   cannot be made.
 */
export function makeArtifactFolder(directory: string, name: string): string {
  const path = artifactPath(directory, name);
  const folders = normalize(name).split(/[\\/]/).slice(0, -1);
  folders.forEach((_, i) => {
    const folder = join(directory, ...folders.slice(0, i + 1));
    if (isLink(folder)) {
      throw new InputError(
        `${folder}: is a link, which no run leaves; remove it`,
      );
    }
  });
  makeDirectory(dirname(path));
  return path;
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

/**
 * Writes an artifact, whole or not at all, and makes the folders on its way.
 *
 * @param directory The run's folder.
 * @param name Relative path with forward slashes.
 * @param content Bytes, or text to be written in UTF-8.
 * @param writer Where others may write the same file at the same time; see {@link writeFileAtomic}.
 * @throws InputError if it cannot be written or its folder is reached through a link.
 */
export function writeArtifact(
  directory: string,
  name: string,
  content: Content,
  writer?: string,
): Written {
  return writeFileAtomic(makeArtifactFolder(directory, name), content, writer);
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

/**
 * Reading the files of a finished run or study to compare it with others: only those that its manifest names,
 * and only as it names them.
 *
 * @module
 */
import { join } from "node:path";
import * as v from "valibot";
import { parseJson } from "../config/read.ts";
import { InputError } from "../errors.ts";
import { readFile } from "../files/read.ts";
import { sha256Hex } from "../numerics/hash.ts";
import type { Manifest } from "../run/manifest.ts";
import { damageOf } from "../run/run_files.ts";
import { visible } from "../visible.ts";

/** A folder and its manifest. */
export interface RecordedFolder {
  /** As it was given. */
  readonly directory: string;
  /** What it is called in tables. */
  readonly label: string;
  /** Its manifest. */
  readonly manifest: Manifest;
}

/**
 * A file of a finished run or study.
 *
 * @throws InputError if the manifest names none, or it is no longer as the manifest says.
 */
export function recordedBytes(
  { directory, manifest }: RecordedFolder,
  path: string,
): Uint8Array {
  const file = manifest.files.find((one) => one.path === path);
  if (!file) {
    throw new InputError(
      `${directory}: its manifest names no ${path}; this is no run or study that can be compared`,
    );
  }
  const place = join(directory, path);
  const what = damageOf(directory, file);
  if (what !== null) {
    throw new InputError(
      `${place}: ${what} after it was made; deno task verify says what else is wrong there`,
    );
  }
  return readFile(place);
}

/**
 * A file of JSON, of which what is asked for is sound.
 *
 * @param shape What is asked for.
 * @throws InputError if it is not.
 */
export function recordedJson<Shape extends v.GenericSchema>(
  folder: RecordedFolder,
  path: string,
  shape: Shape,
): v.InferOutput<Shape> {
  const place = join(folder.directory, path);
  const value = parseJson(recordedBytes(folder, path), place);
  const checked = v.safeParse(shape, value, { abortEarly: true });
  if (checked.success) return checked.output;
  const where = v.getDotPath(checked.issues[0]);
  throw new InputError(
    `${place}: ${
      where ? `${visible(where)} ` : ""
    }is not as this version of the suite writes it; compare what this version made`,
  );
}

/**
 * A table in CSV without quotes, whole.
 *
 * @throws InputError if a row has another number of cells than the head.
 */
export function recordedTable(
  folder: RecordedFolder,
  path: string,
): { head: string[]; rows: string[][] } {
  const text = new TextDecoder().decode(recordedBytes(folder, path));
  const [head, ...rows] = text.split("\n").slice(0, -1)
    .map((line) => line.split(","));
  if (head && rows.every((row) => row.length === head.length)) {
    return { head, rows };
  }
  throw new InputError(
    `${join(folder.directory, path)}: is not a table as this suite writes it`,
  );
}

/** What made it, by what it is called. */
export function madeBy(
  { manifest: { versions } }: RecordedFolder,
): Record<string, string> {
  const { suiteVersion, denoVersion, lockSha256, kernelSha256 } = versions;
  const kernels = kernelSha256 && sha256Hex(
    new TextEncoder().encode(JSON.stringify(kernelSha256)),
  );
  const short = (hash: string | null) => hash?.slice(0, 16) ?? "–";
  return {
    "suite": suiteVersion,
    "Deno": denoVersion,
    "deno.lock": short(lockSha256),
    "kernels, all": short(kernels),
  };
}

/** SHA-256 of each file, by path. */
export function hashesOf(
  { manifest: { files } }: RecordedFolder,
): ReadonlyMap<string, string> {
  return new Map(files.map(({ path, sha256 }) => [path, sha256]));
}

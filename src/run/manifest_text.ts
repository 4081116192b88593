/**
 * The text of a run's manifest.
 *
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import type { Config } from "../config/config.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import type { ManifestFile } from "../files/listing.ts";
import { jsonHash } from "./task_hash.ts";

/** Its name, in a run or a study. */
export const MANIFEST_FILE = "manifest.json";

/** Name and version of its shape. */
export const MANIFEST_SCHEMA = "holdfast/manifest/1";

/** The software that made a run. Nothing in it names a person, a machine or a place. */
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

/** What a manifest says of how a run was made. */
export function aboutRun(
  config: Config,
  { name, description, survey }: Backend,
): Record<string, unknown> {
  return {
    configSha256: jsonHash(config),
    backend: name,
    device: description,
    adapter: survey?.device,
    probe: survey?.probe,
  };
}

/**
 * What `manifest.json` holds: the versions, what the caller adds, and every file that was made with its
 * hash and size.
 *
 * @param about What else made the run, e.g. `{ backend: "wasm" }`: plain data without names
 *   of people or machines and without absolute paths.
 * @param files The files that were made, ordered by path.
 */
export function manifestOf(
  versions: SuiteVersions,
  about: Readonly<Record<string, unknown>>,
  files: readonly ManifestFile[],
): object {
  return { schema: MANIFEST_SCHEMA, ...versions, ...about, files };
}

/** The same as text. */
export function manifestText(
  ...parts: Parameters<typeof manifestOf>
): string {
  return canonicalJson(manifestOf(...parts));
}

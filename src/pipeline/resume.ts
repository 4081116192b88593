/**
 * Finding out what a run directory holds, to go on with it.
 *
 * @module
 */
import { join } from "node:path";
import { canonicalJson } from "../artifacts/json.ts";
import type { Config } from "../config/config.ts";
import { readJsonFile } from "../config/read.ts";
import { resolveConfig } from "../config/resolve.ts";
import { InputError } from "../errors.ts";

/**
 * The configuration of the run in a directory.
 *
 * @param directory A run directory, finished or not.
 * @throws InputError if there is none or it is damaged.
 */
export function recordedConfig(directory: string): Config {
  const path = join(directory, "config.json");
  // A resolved configuration states every key, so that the preset under it does not matter.
  return resolveConfig("tutorial", readJsonFile(path), {}, path);
}

/**
 * Makes sure that a run directory is of this configuration.
 *
 * @throws InputError if it is of another.
 */
export function requireSameConfig(directory: string, config: Config): void {
  if (canonicalJson(recordedConfig(directory)) !== canonicalJson(config)) {
    throw new InputError(
      `${directory}: its config.json is not the configuration that the flags ask for; ` +
        "give --resume and --out alone to go on with it as it was",
    );
  }
}

/** Whether the run in a directory has been finished: its manifest is written last. */
export function isFinished(directory: string): boolean {
  try {
    return Deno.statSync(join(directory, "manifest.json")).isFile;
  } catch {
    return false;
  }
}

/**
 * Finding out what a run directory holds, to resume it.
 *
 * @module
 */
import { join } from "node:path";
import { canonicalJson } from "../files/canonical_json.ts";
import { readManifest } from "./manifest.ts";
import { damageOf } from "./run_files.ts";
import {
  CONFIG_FILE,
  DATASET_FILE,
  fileOf,
  type InputFile,
  WORLD_FILE,
} from "./made_files.ts";
import type { Config } from "../config/config.ts";
import { readJsonFile } from "../config/read.ts";
import { resolveConfig } from "../config/resolve.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { datasetFromSafetensors } from "../dataset/formats/safetensors.ts";
import {
  openStoredDataset,
  staysOnDisk,
} from "../dataset/formats/stored_safetensors.ts";
import { FILE_WORLD } from "../environments/index.ts";
import type { WorldFile } from "../environments/world_file.ts";
import { worldFromSafetensors } from "../environments/world_safetensors.ts";
import { InputError } from "../errors.ts";
import { entriesBelow } from "../files/entries.ts";
import { fileSha256 } from "../files/file_hash.ts";
import { readFile } from "../files/read.ts";
import { worldSha256 } from "./problem.ts";

/**
 * The configuration of the run in a directory.
 *
 * @param directory A run directory, finished or not.
 * @throws InputError if there is none or it is damaged.
 */
export function recordedConfig(directory: string): Config {
  const path = join(directory, CONFIG_FILE);
  if (!isBegun(directory)) {
    throw new InputError(
      `${directory}: holds no run (there is no config.json); start one without --resume`,
    );
  }
  // A resolved configuration states every key, so that the preset under it does not matter.
  return resolveConfig("tutorial", readJsonFile(path), {}, path);
}

/**
 * Makes sure that a run directory is of this configuration.
 *
 * @throws InputError if it is of another.
 */
export function requireSameConfig(directory: string, config: Config): void {
  const text = canonicalJson(config);
  if (canonicalJson(recordedConfig(directory)) !== text) {
    throw new InputError(
      `${directory}: its config.json is not the configuration that the flags ask for; ` +
        "give --resume and --out alone to resume it as it was",
    );
  }
  const path = join(directory, CONFIG_FILE);
  if (new TextDecoder().decode(readFile(path)) !== text) {
    throw new InputError(
      `${path}: is not as this run wrote it; start a new run with --config ${path}`,
    );
  }
}

/**
 * The data of the run in a directory; those that its configuration names, where they are from a file.
 *
 * @param fromDisk Whether they stay on disk whatever their size.
 * @throws InputError if they are missing, damaged or others.
 */
export function recordedDataset(
  directory: string,
  { dataset: { sha256 } }: Pick<Config, "dataset">,
  fromDisk = false,
): Dataset {
  const path = join(directory, DATASET_FILE);
  const dataset = fromDisk || staysOnDisk(path)
    ? openStoredDataset(path)
    : datasetFromSafetensors(readFile(path), path);
  const found = dataset.stored?.sha256 ?? fileSha256(path);
  if (sha256 === null || found === sha256) return dataset;
  throw new InputError(
    `${path}: is not the data that the configuration names (dataset.sha256); put them back`,
  );
}

/**
 * The world that a run or a study has from a file; undefined where its environment is not from one.
 *
 * @throws InputError if it is missing, damaged or another.
 */
export function recordedWorld(
  directory: string,
  { environment }: Pick<Config, "environment">,
): WorldFile | undefined {
  if (environment?.name !== FILE_WORLD) return undefined;
  const path = join(directory, WORLD_FILE);
  const world = worldFromSafetensors(readFile(path), path);
  if (worldSha256(world) === environment.sha256) return world;
  throw new InputError(
    `${path}: is not the world that the configuration names (environment.sha256); put that one back`,
  );
}

/**
 * Makes sure that a run directory holds these data, or this world.
 *
 * @param name Of the file.
 * @param data The bytes of the file, or where it came from.
 * @throws InputError if they are missing or others.
 */
export function requireSameData(
  directory: string,
  name: string,
  data: InputFile,
): void {
  const path = join(directory, name);
  if (fileSha256(path) !== fileOf(name, data).sha256) {
    throw new InputError(
      `${path}: is not what config.json gives; it is damaged, or another version of the suite began this run`,
    );
  }
}

/** Whether there is a run in a directory to resume, or a finished one. */
export function isBegun(directory: string): boolean {
  return isFileAt(join(directory, CONFIG_FILE));
}

/**
 * Whether the run in a directory has been finished: its manifest, which is written last, is whole, and
 * the files that it lists are there as it says, reached through no link.
 */
export function isFinished(directory: string): boolean {
  try {
    return readManifest(directory).files.every((file) =>
      damageOf(directory, file) === null
    ) && entriesBelow(directory).every(({ kind }) => kind !== "link");
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

function isFileAt(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

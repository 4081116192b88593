/**
 * Minari data sets (Farama Foundation; the `hdf5` storage of Minari 0.5 and later).
 *
 * A directory `DATASET/data` with
 * - `main_data.hdf5`: for each episode i of T steps a group `episode_i` with `observations`
 *   [T + 1, D], `actions` i64 [T], `rewards` [T], `terminations` and `truncations` [T];
 * - `metadata.json`: `total_episodes`, `total_steps`, `data_format`, and the spaces, each as
 *   a string of JSON.
 *
 * Read are discrete actions and flat observations: a Box of one axis, or a Discrete space,
 * whose state is then an observation of one number. `infos` and seeds are left out.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import type { Dataset } from "./dataset.ts";
import { runHdf5 } from "./hdf5.ts";
import type { MinariSpec } from "./minari_hdf5.ts";

/** The two files of a Minari data set's `data` directory. */
export interface MinariFiles {
  /** Contents of `main_data.hdf5`. */
  readonly mainData: Uint8Array<ArrayBuffer>;
  /** Text of `metadata.json`. */
  readonly metadata: string;
}

/**
 * Reads and validates a Minari data set. Observations and rewards of 64 bits are rounded
 * to 32.
 *
 * @param files Its two files.
 * @param name Name of the data set, for messages.
 * @throws {InputError} for damage, for other spaces than the ones above (by name), or for
 *   data that make no sense.
 */
export function datasetFromMinari(
  files: MinariFiles,
  name: string,
): Promise<Dataset> {
  const spec = parseMetadata(files.metadata, `${name}/metadata.json`);
  const file = `${name}/main_data.hdf5`;
  return runHdf5("readMinari", file, files.mainData, file, spec);
}

/**
 * The files of a Minari data set; equal data sets give equal bytes.
 *
 * `terminations` and `truncations` are written as 8-bit integers, 0 or 1, where Minari
 * writes booleans. The observation space is an unbounded Box; no environment is named.
 *
 * @param dataset The data set.
 */
export async function datasetToMinari(dataset: Dataset): Promise<MinariFiles> {
  const mainData = await runHdf5("writeMinari", "data set", dataset);
  const d = dataset.observationSize;
  const box = (bound: string) => `[${Array(d).fill(bound).join(", ")}]`;
  const metadata = {
    total_episodes: dataset.episodeOffsets.length - 1,
    total_steps: dataset.actions.length,
    data_format: "hdf5",
    observation_space: `{"type": "Box", "dtype": "float32", "shape": [${d}], ` +
      `"low": ${box("-Infinity")}, "high": ${box("Infinity")}}`,
    action_space:
      `{"type": "Discrete", "dtype": "int64", "start": 0, "n": ${dataset.actionCount}}`,
    dataset_id: "holdfast/dataset-v0",
    minari_version: ">=0.5.0",
    dataset_size: Math.round(mainData.length / 1e5) / 10,
  };
  return { mainData, metadata: JSON.stringify(metadata, null, 2) + "\n" };
}

/** Checks `metadata.json`; what is not flat and discrete is refused by its name. */
function parseMetadata(text: string, name: string): MinariSpec {
  const metadata = parseObject(text, name);
  if (metadata.data_format !== "hdf5") {
    throw new InputError(
      `${name}: data_format ${
        shown(metadata.data_format)
      } is not supported, only "hdf5"`,
    );
  }
  return {
    episodes: count(metadata.total_episodes, "total_episodes", name),
    steps: count(metadata.total_steps, "total_steps", name),
    observationSize: observationSize(metadata.observation_space, name),
    ...actions(metadata.action_space, name),
  };
}

function observationSize(value: unknown, name: string): number {
  const space = parseSpace(value, "observation_space", name);
  if (space.type === "Discrete") return 1;
  if (space.type !== "Box") {
    throw new InputError(
      `${name}: observation space ${
        shown(space.type)
      } is not supported, only a flat Box or Discrete`,
    );
  }
  const { shape } = space;
  if (!Array.isArray(shape) || shape.length !== 1) {
    throw new InputError(
      `${name}: observations of shape ${
        shown(shape)
      } are not supported, only flat ones`,
    );
  }
  return count(shape[0], "the observation's size", name);
}

function actions(
  value: unknown,
  name: string,
): { actionCount: number; actionStart: number } {
  const space = parseSpace(value, "action_space", name);
  if (space.type !== "Discrete") {
    throw new InputError(
      `${name}: action space ${
        shown(space.type)
      } is not supported, only Discrete`,
    );
  }
  const start = space.start ?? 0;
  if (!Number.isSafeInteger(start)) {
    throw new InputError(`${name}: the action space starts at ${shown(start)}`);
  }
  return {
    actionCount: count(space.n, "the number of actions", name),
    actionStart: start as number,
  };
}

function parseSpace(
  value: unknown,
  key: string,
  name: string,
): Record<string, unknown> {
  if (typeof value !== "string") {
    throw new InputError(
      `${name}: no ${key}: data sets from before Minari 0.5 are not supported`,
    );
  }
  return parseObject(value, `${name}: ${key}`);
}

/** Python writes infinite and missing numbers as names that are not JSON; no such number is used here. */
function parseObject(text: string, name: string): Record<string, unknown> {
  const json = text.replaceAll(
    /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g,
    (token) => token.startsWith('"') ? token : "null",
  );
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new InputError(`${name}: not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError(`${name}: not a JSON object`);
  }
  return value as Record<string, unknown>;
}

function count(value: unknown, what: string, name: string): number {
  if (
    !Number.isSafeInteger(value) || (value as number) < 1 ||
    (value as number) >= 2 ** 31
  ) {
    throw new InputError(
      `${name}: ${what} must be a positive integer, not ${shown(value)}`,
    );
  }
  return value as number;
}

/** A value of the file, safe for one line. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 60);
}

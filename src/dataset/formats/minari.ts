/**
 * Minari data sets (Farama Foundation; the `hdf5` storage of Minari 0.5 and later).
 *
 * A directory `DATASET/data` with
 * - `main_data.hdf5`: for each episode i of T steps a group `episode_i` with `observations`
 *   [T + 1, D], `actions` i64 [T], `rewards` [T], `terminations` and `truncations` [T]
 *   and, where actions are masked, `infos/action_mask` i8 [T + 1, A];
 * - `metadata.json`: `total_episodes`, `total_steps`, `data_format`, and the spaces, each as
 *   a string of JSON.
 *
 * The codes of a Discrete space are without gaps, from `start` on. Actions of several numbers
 * (MultiDiscrete, MultiBinary) become one action for each combination, named "0,2".
 *
 * Observations are of a Box of one axis or of Discrete, MultiDiscrete or MultiBinary spaces, whose
 * numbers are names. A Dict or Tuple of such spaces is flattened, its numbers named after their keys:
 * `position_0`, `goal.x`, `item_1`. Of `infos` only the masks are read; seeds are left out.
 *
 * @module
 */

import type { Dataset } from "../dataset.ts";
import type { DatasetReadOptions } from "./read_options.ts";
import { runInWorker } from "./worker.ts";
import { minariActions, readMinariMetadata } from "./minari_metadata.ts";

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
 * @param options `onNote`.
 * @throws {InputError} for damage, for spaces other than those above (by name), or for
 *   data that make no sense.
 */
export async function datasetFromMinari(
  files: MinariFiles,
  name: string,
  { onNote }: DatasetReadOptions = {},
): Promise<Dataset> {
  const spec = readMinariMetadata(files.metadata, `${name}/metadata.json`);
  const file = `${name}/main_data.hdf5`;
  const { dataset, notes } = await runInWorker(
    "readMinari",
    file,
    files.mainData,
    file,
    spec,
  );
  for (const note of notes) onNote?.(note);
  return dataset;
}

/**
 * The files of a Minari data set; equal data sets give equal bytes.
 *
 * The observation space is an unbounded Box, or Discrete or MultiDiscrete where observations are
 * names; no environment is named.
 *
 * @param dataset The data set.
 */
export async function datasetToMinari(dataset: Dataset): Promise<MinariFiles> {
  const mainData = await runInWorker("writeMinari", "data set", dataset);
  const d = dataset.observationSize;
  const { start } = minariActions(dataset);
  const { observationCategories: categories } = dataset;
  const box = (bound: string) => `[${Array(d).fill(bound).join(", ")}]`;
  const metadata = {
    total_episodes: dataset.episodeOffsets.length - 1,
    total_steps: dataset.actions.length,
    data_format: "hdf5",
    observation_space: categories?.length === 1
      ? `{"type": "Discrete", "dtype": "int64", "start": 0, "n": ${categories}}`
      : categories
      ? `{"type": "MultiDiscrete", "dtype": "int64", "nvec": [${
        categories.join(", ")
      }], "start": [${categories.map(() => 0).join(", ")}]}`
      : `{"type": "Box", "dtype": "float32", "shape": [${d}], ` +
        `"low": ${box("-Infinity")}, "high": ${box("Infinity")}}`,
    action_space:
      `{"type": "Discrete", "dtype": "int64", "start": ${start}, "n": ${dataset.actionCount}}`,
    dataset_id: "holdfast/dataset-v0",
    // The only version that each of 0.5.0 to 0.5.3 takes.
    minari_version: "0.5.0",
    dataset_size: Math.round(mainData.length / 1e5) / 10,
  };
  return { mainData, metadata: JSON.stringify(metadata, null, 2) + "\n" };
}

/**
 * d3rlpy's data set dump, layout 2.1 (`ReplayBuffer.dump` and `load` of d3rlpy 2.x;
 * d3rlpy/dataset/io.py).
 *
 * An HDF5 file with `columns` (names), `num_episodes` (i64), `version` ("2.1") and, for each
 * episode i of T steps, `observations_i` f32 [T, D], `actions_i` i64 [T, 1], `rewards_i`
 * f32 [T, 1] and `terminated_i` (boolean scalar).
 *
 * A dump has no final observations and no `truncated`; both are derived as d3rlpy itself
 * understands a dump (`Episode.transition_count`):
 * - a terminated episode has T transitions; nothing is known of its final observation and
 *   nothing needs it, so the last one is repeated;
 * - any other episode counts as truncated and has T - 1 transitions: its last observation
 *   is the final one, and where the action taken there led is unknown.
 *
 * An unterminated episode of one step holds none; it is left out, as d3rlpy does.
 *
 * Writing is the inverse: a truncated episode gets one more step with its final
 * observation, the last action again and reward 0, which d3rlpy does not train on.
 *
 * @module
 */

import type { Dataset } from "../dataset.ts";
import type { DatasetReadOptions } from "./read_options.ts";
import { runInWorker } from "./worker.ts";

/**
 * Reads and validates a dump.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @param options `actionCount`, which a dump does not hold, and `onNote`.
 * @throws {InputError} for damage, for continuous actions, for observations that are no
 *   flat vectors, or for data that make no sense.
 */
export async function datasetFromD3rlpy(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  { actionCount, onNote }: DatasetReadOptions = {},
): Promise<Dataset> {
  const { dataset, notes } = await runInWorker(
    "readD3rlpy",
    name,
    bytes,
    name,
    actionCount,
  );
  for (const note of notes) onNote?.(note);
  return dataset;
}

/**
 * A dump's bytes; equal data sets give equal bytes.
 *
 * The final observation of terminated episodes, the number of actions, and whether an
 * unterminated episode was truncated or just stops have no place in a dump.
 *
 * @param dataset The data set.
 */
export function datasetToD3rlpy(
  dataset: Dataset,
): Promise<Uint8Array<ArrayBuffer>> {
  return runInWorker("writeD3rlpy", "data set", dataset);
}

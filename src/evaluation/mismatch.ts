/**
 * How often a policy does something other than the data.
 *
 * @module
 */

import type { Dataset } from "../dataset/dataset.ts";
import { InputError } from "../errors.ts";
import { randomStream } from "../numerics/random.ts";

/**
 * Share of sampled transitions whose action is not the policy's: of one that chooses by chance, the mean
 * probability that it would choose another. Up to `samples` transitions
 * are drawn without replacement from the stream "mismatch"; all of them if there are no more.
 *
 * @param dataset The data.
 * @param policy Gives its action for an observation row of the data set, or its probability of each action.
 * @param samples Most transitions to look at, at least 1.
 * @param seed The run's seed.
 * @throws {InputError} If the number of samples is not a whole number of at least 1.
 *
 * @example One that always goes up
 * ```ts
 * import { actionMismatchRate, datasetFromArrays } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const dataset = datasetFromArrays({
 *   observations: [0, 1, 2, 3],
 *   actions: [0, 1, 0, 0],
 *   rewards: [0, 0, 0, 1],
 *   terminated: [0, 0, 0, 1],
 * });
 * equal(actionMismatchRate(dataset, () => 0, 100, 42), 0.25);
 * equal(actionMismatchRate(dataset, () => [0.5, 0.5], 100, 42), 0.5);
 * ```
 */
export function actionMismatchRate(
  dataset: Dataset,
  policy: (observationRow: number) => number | ArrayLike<number>,
  samples: number,
  seed: number,
): number {
  if (!Number.isInteger(samples) || samples < 1) {
    throw new InputError(
      `evaluation.mismatchSamples is ${samples}: give a whole number of at least 1`,
    );
  }
  const { actions, episodeOffsets } = dataset;
  const total = actions.length;
  const rowOf = new Uint32Array(total);
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      rowOf[i] = i + e;
    }
  }
  const stream = randomStream(seed, "mismatch");
  const order = Uint32Array.from({ length: total }, (_, i) => i);
  const count = Math.min(samples, total);
  let differing = 0;
  for (let k = 0; k < count; k++) {
    // The first `count` steps of a Fisher-Yates shuffle.
    const j = k + stream.integer(total - k);
    const i = order[j];
    order[j] = order[k];
    order[k] = i;
    const does = policy(rowOf[i]);
    differing += typeof does === "number"
      ? Number(does !== actions[i])
      : 1 - does[actions[i]];
  }
  return differing / count;
}

/**
 * How often a policy does something other than the data.
 *
 * @module
 */

import type { Dataset } from "../dataset/dataset.ts";
import { episodeOf } from "../dataset/validate.ts";
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
  const { actions, episodeOffsets } = dataset;
  const sampled = sampledTransitions(actions.length, samples, seed);
  const differing = sampled.reduce((sum, i) => {
    const does = policy(i + episodeOf(episodeOffsets, i));
    return sum +
      (typeof does === "number"
        ? Number(does !== actions[i])
        : 1 - does[actions[i]]);
  }, 0);
  return differing / sampled.length;
}

/**
 * The transitions that {@link actionMismatchRate} looks at.
 *
 * @param total N
 * @throws {InputError} If the number of samples is not a whole number of at least 1.
 */
export function sampledTransitions(
  total: number,
  samples: number,
  seed: number,
): Uint32Array {
  if (!Number.isInteger(samples) || samples < 1) {
    throw new InputError(
      `evaluation.mismatchSamples is ${samples}: give a whole number of at least 1`,
    );
  }
  const stream = randomStream(seed, "mismatch");
  // The first steps of a Fisher-Yates shuffle; only what was moved is kept.
  const moved = new Map<number, number>();
  return Uint32Array.from({ length: Math.min(samples, total) }, (_, k) => {
    const j = k + stream.integer(total - k);
    const i = moved.get(j) ?? j;
    moved.set(j, moved.get(k) ?? k);
    return i;
  });
}

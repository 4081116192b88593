/**
 * A log of coin tosses: one step each, and the second action pays.
 *
 * @module
 */
import type { Dataset } from "../../src/dataset/dataset.ts";
import { datasetFromArrays } from "../../src/dataset/formats/arrays.ts";

export const EPISODES = 100;

/** Each action has probability 1/2, as the log says. */
export function tosses(
  rewardOf = (_episode: number, action: number): number => action,
): Dataset {
  const actions = Array.from(
    { length: EPISODES },
    (_, e) => (e * 7 + Math.floor(e / 10)) % 2,
  );
  return datasetFromArrays({
    observations: actions.map((_, e) => [e % 2, 5]),
    actions,
    rewards: actions.map((action, e) => rewardOf(e, action)),
    terminated: actions.map(() => 1),
    propensities: actions.map(() => 0.5),
  });
}

/** Keys that differ from those of the smoke preset. */
export const logOverrides = {
  network: { hidden: [4] },
  algorithms: {
    bc: { steps: 10, batchSize: 8, logInterval: 5 },
    cql: { steps: 60, batchSize: 32, logInterval: 30, learningRate: 0.03 },
  },
  evaluation: { mismatchSamples: 50 },
};

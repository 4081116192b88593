/**
 * A data set whose observations do not repeat.
 *
 * @module
 */
import type { Dataset } from "../src/dataset/dataset.ts";
import { randomStream } from "../src/numerics/random.ts";

const EPISODE_STEPS = 100;
const ACTIONS = 4;

/**
 * Uniform observations in [-1, 1), uniform actions and rewards, episodes of 100 steps that end by
 * terminating.
 * @param transitions A multiple of 100.
 * @param size Numbers of an observation.
 */
export function distinctDataset(
  transitions: number,
  size: number,
  seed: number,
): Dataset {
  const random = randomStream(seed, "distinct-dataset");
  const episodes = transitions / EPISODE_STEPS;
  const observations = new Float32Array((transitions + episodes) * size);
  for (let i = 0; i < observations.length; i++) {
    observations[i] = 2 * random.uniform() - 1;
  }
  const terminated = new Uint8Array(transitions);
  for (let e = 1; e <= episodes; e++) terminated[e * EPISODE_STEPS - 1] = 1;
  return {
    observationSize: size,
    actionCount: ACTIONS,
    observations,
    actions: new Int32Array(transitions).map(() => random.integer(ACTIONS)),
    rewards: new Float32Array(transitions).map(() => random.uniform()),
    terminated,
    truncated: new Uint8Array(transitions),
    episodeOffsets: new Uint32Array(episodes + 1).map((_, e) =>
      e * EPISODE_STEPS
    ),
  };
}

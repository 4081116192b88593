/**
 * Importance weights: how much more likely the target policy is to have taken an episode's actions
 * than the policy that took them.
 *
 * @module
 */
import type { Log } from "./log.ts";

/** Ratios of probabilities and their products. */
export interface Weights {
  /** [N] ρ, the target's probability of the action over that of the policy that took it. */
  readonly ratio: Float64Array;
  /** [N] w_t, the product of an episode's ratios up to and including the step's. */
  readonly weight: Float64Array;
  /** [E] the weight after an episode's last step, which it keeps: both policies agree where nothing is done. */
  readonly last: Float64Array;
}

/** A larger one decides alone whatever its size, and its square would be no number. */
const LARGEST_WEIGHT = 1e150;

/**
 * The weights of a log's steps; the largest is 1e150.
 *
 * @param log The log.
 * @param target [U, A] the probabilities of the policy that is evaluated.
 * @param propensities [N] with which probability each action was taken, above 0.
 */
export function importanceWeights(
  { actionCount, offsets, states, actions }: Log,
  target: Float64Array,
  propensities: Float64Array,
): Weights {
  const ratio = new Float64Array(actions.length);
  const weight = new Float64Array(actions.length);
  const last = new Float64Array(offsets.length - 1);
  for (let e = 0; e < last.length; e++) {
    let product = 1;
    for (let i = offsets[e]; i < offsets[e + 1]; i++) {
      const probability = target[states[i] * actionCount + actions[i]];
      ratio[i] = probability / propensities[i];
      weight[i] = product = Math.min(LARGEST_WEIGHT, product * ratio[i]);
    }
    last[e] = product;
  }
  return { ratio, weight, last };
}

/**
 * Effective sample size (Σ w)² / Σ w² (Kong 1992): of how many episodes of its own the target's weights
 * are worth. 0 where no episode could be the target's.
 */
export function effectiveSampleSize({ last }: Weights): number {
  let sum = 0;
  let squares = 0;
  for (const w of last) {
    sum += w;
    squares += w * w;
  }
  return squares === 0 ? 0 : sum * sum / squares;
}

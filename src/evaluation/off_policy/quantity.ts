/**
 * What is estimated: the expected discounted sum of a number that each step pays.
 *
 * @module
 */
import type { Dataset } from "../../dataset/dataset.ts";
import type { Log } from "./log.ts";

/** An estimand: the expectation of the sum of discount^t · rewards over an episode. */
export interface Quantity {
  /** [N] what each step pays. */
  readonly rewards: Float64Array;
  /** γ, in [0, 1]. */
  readonly discount: number;
}

/** The sum of the data's rewards. */
export function returnQuantity(dataset: Dataset, discount: number): Quantity {
  return { rewards: Float64Array.from(dataset.rewards), discount };
}

/** The number of steps. */
export function lengthQuantity({ actions }: Log): Quantity {
  return { rewards: new Float64Array(actions.length).fill(1), discount: 1 };
}

/**
 * The probability of an outcome: 1 on the last step of the episodes that have it.
 *
 * @param ends [E] 1 where the episode ended so.
 */
export function outcomeQuantity(
  { actions, offsets }: Log,
  ends: Uint8Array,
): Quantity {
  const rewards = new Float64Array(actions.length);
  ends.forEach((has, e) => {
    if (has === 1) rewards[offsets[e + 1] - 1] = 1;
  });
  return { rewards, discount: 1 };
}

/** discount^0, discount^1, … by repeated multiplication: the last bit of `Math.pow` is engine-defined. */
export function powers(discount: number, count: number): Float64Array {
  const values = new Float64Array(count);
  for (let t = 0, power = 1; t < count; t++, power *= discount) {
    values[t] = power;
  }
  return values;
}

/** [E] the sum of discount^t · rewards of each episode. */
export function episodeReturns(
  { offsets, longest }: Log,
  { rewards, discount }: Quantity,
): Float64Array {
  const scale = powers(discount, longest);
  return Float64Array.from({ length: offsets.length - 1 }, (_, e) => {
    let sum = 0;
    for (let i = offsets[e]; i < offsets[e + 1]; i++) {
      sum += scale[i - offsets[e]] * rewards[i];
    }
    return sum;
  });
}

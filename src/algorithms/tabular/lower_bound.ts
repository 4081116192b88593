/**
 * Planning for the worst of the models that the counts allow.
 *
 * @module
 */
import { greedyPolicy } from "../../mdp/policy.ts";
import { number, type NumbersNamed } from "../../settings.ts";
import type { CountedModel } from "./counted_model.ts";
import {
  type PlanSettings,
  planSettings,
  type TableDefinition,
} from "./define.ts";
import { nextStates } from "./next_states.ts";
import { bestSupported, lowestAllowed, worstValue } from "./supported.ts";

/** Settings of {@link lowerBound}. */
export type LowerBoundSettings = PlanSettings & NumbersNamed<"width">;

/** {@link lowerBoundPolicy} as an algorithm. */
export const lowerBound: TableDefinition<"lowerBound", LowerBoundSettings> = {
  name: "lowerBound",
  title: "lower confidence bound (MBIE)",
  settings: {
    width: number(
      0,
      1e6,
      0.1,
      "the frequencies of a pair's next states may be wrong by width / sqrt(N(s, a)) in all, at most 2",
    ),
    ...planSettings,
  },
  plan: lowerBoundPolicy,
};

/**
 * Model-based interval estimation with lower in place of upper bounds (Strehl and Littman 2008, "An
 * analysis of model-based interval estimation for Markov decision processes", section 3; pessimistic as in
 * Scholl and others 2022): the action values are those of the worst distribution of next states within an
 * L1 distance of width / sqrt(N(s, a)) of the frequencies, which moves probability from the best of the
 * pair's next states to the worst state that the data entered and know more of. Their width is sqrt(2 ln(2 S A (2^S - 2) / delta)).
 *
 * By value iteration over the pairs that the data hold, the lowest action on ties. A state without data is
 * worth the lowest reward for ever and takes the lowest allowed action.
 *
 * @returns [S, A] probabilities, all 0 or 1.
 *
 * @example Width 0 trusts the counts
 * ```ts
 * import {
 *   collectDataset,
 *   countModel,
 *   greedyPolicy,
 *   lowerBoundPolicy,
 *   makeEnvironment,
 *   maximumLikelihoodActions,
 * } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const counted = countModel(collectDataset(mdp, behaviour, 50, 42), mdp);
 * deepEqual(
 *   lowerBoundPolicy(counted, { width: 0, gamma: 0.9 }),
 *   greedyPolicy(maximumLikelihoodActions(counted, 0.9), 4),
 * );
 * ```
 */
export function lowerBoundPolicy(
  { counts, model }: CountedModel,
  { gamma, width }: LowerBoundSettings,
): Float64Array {
  const { stateCount, actionCount } = model;
  const { first, next, count, reward, goesOn, entered } = nextStates({
    counts,
    model,
  });
  const worst = worstValue(model, gamma);
  // A state without data is worth far less than any with: if every pair might lead there, the end by the
  // shortest way would be the best plan.
  const known = Array.from({ length: stateCount }, (_, s) => s).filter((s) =>
    entered.count[s] > 0 &&
    (entered.goesOn[s] === 0 ||
      counts.subarray(s * actionCount, (s + 1) * actionCount).some((n) =>
        n > 0
      ))
  );
  const values = new Float64Array(stateCount);
  const q = new Float64Array(counts.length);
  const worth = new Float64Array(next.length);
  // Of each pair the best next state first; hardly changes from sweep to sweep.
  const order = Uint32Array.from(next.keys());
  let change = Infinity;
  let largest = 0;
  while (change > 1e-13 * largest) {
    let lowest = Infinity;
    for (const s of known) {
      const value = entered.reward[s] + gamma * entered.goesOn[s] * values[s];
      lowest = Math.min(lowest, value);
    }
    for (let i = 0; i < next.length; i++) {
      worth[i] = reward[i] + gamma * goesOn[i] * values[next[i]];
    }
    for (let pair = 0; pair < counts.length; pair++) {
      sortByWorth(order, worth, first[pair], first[pair + 1]);
      let moves = Math.min(1, width / (2 * Math.sqrt(counts[pair])));
      let sum = 0;
      for (let k = first[pair]; k < first[pair + 1]; k++) {
        const i = order[k];
        const probability = count[i] / counts[pair];
        const moved = Math.min(moves, probability);
        sum += (probability - moved) * worth[i] +
          moved * Math.min(lowest, worth[i]);
        moves -= moved;
      }
      q[pair] = sum;
    }
    change = 0;
    largest = 0;
    for (let s = 0; s < stateCount; s++) {
      const best = bestSupported(q, counts, s, actionCount, 1);
      const value = best < 0 ? worst : q[s * actionCount + best];
      change = Math.max(change, Math.abs(value - values[s]));
      largest = Math.max(largest, Math.abs(value));
      values[s] = value;
    }
  }
  const actions = Int32Array.from({ length: stateCount }, (_, s) => {
    const best = bestSupported(q, counts, s, actionCount, 1);
    return best < 0 ? lowestAllowed(model, s) : best;
  });
  return greedyPolicy(actions, actionCount);
}

/** Sorts a part of `order` by insertion, the highest first. */
function sortByWorth(
  order: Uint32Array,
  worth: Float64Array,
  from: number,
  to: number,
): void {
  for (let k = from + 1; k < to; k++) {
    const own = order[k];
    let at = k;
    while (at > from && worth[order[at - 1]] < worth[own]) {
      order[at] = order[at - 1];
      at--;
    }
    order[at] = own;
  }
}

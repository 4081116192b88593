/**
 * Safe policy improvement with baseline bootstrapping.
 *
 * @module
 */
import { discountedActionValues } from "../../mdp/optimal.ts";
import { integer, type NumbersNamed } from "../../settings.ts";
import type { CountedModel } from "./counted_model.ts";
import {
  type PlanSettings,
  planSettings,
  type TableDefinition,
} from "./define.ts";
import {
  bestSupported,
  lowestAllowed,
  withUnseenPairs,
  worstValue,
} from "./supported.ts";

/**
 * N∧ of SPIBB: pairs seen less often are left to the behaviour policy. Of 1, 2, 3, 5, 7, 10,
 * 15, 20 and 30, it has the lowest median hazard probability on seeds 100 to 119 of the
 * default environment and data.
 */
export const SPIBB_THRESHOLD: number = 7;

/** {@link spibbPolicy} as an algorithm; where the data never were, the baseline: alike among what is allowed. */
export const spibb: TableDefinition<
  "spibb",
  PlanSettings & NumbersNamed<"threshold">
> = {
  name: "spibb",
  title: "SPIBB (Πb)",
  settings: {
    threshold: integer(
      1,
      1_000_000,
      SPIBB_THRESHOLD,
      "N∧: pairs of state and action seen less often keep the behaviour policy's probability",
    ),
    ...planSettings,
  },
  plan(counted, { gamma, threshold }) {
    const { counts, baseline, model: { actionCount } } = counted;
    const policy = spibbPolicy(counted, gamma, threshold);
    // What the data never visit, the reference policy leaves to the lowest action, and a learner to chance.
    for (let row = 0; row < counts.length; row += actionCount) {
      const isVisited = counts.subarray(row, row + actionCount).some((n) =>
        n > 0
      );
      if (isVisited) continue;
      policy.set(baseline.subarray(row, row + actionCount), row);
    }
    return policy;
  },
};

/**
 * SPIBB, safe policy improvement with baseline bootstrapping, Πb: pairs seen less than N∧
 * times keep the baseline's probability, and the rest goes to the best of the other actions
 * in the counted model (Laroche, Trichelair and Tachet des Combes 2019, algorithm 1). The
 * baseline is that of the counted model; where it is counted too, N(s, a) / N(s), it is as for an unknown
 * behaviour policy (Simão, Laroche and Tachet des Combes 2020).
 *
 * @param counted Counts and model.
 * @param gamma Discount, in [0, 1).
 * @param threshold N∧, at least 1.
 * @returns [S, A] action probabilities.
 *
 * @example No bolder than the data
 * ```ts
 * import { collectDataset, countModel, makeEnvironment, spibbPolicy } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const counted = countModel(collectDataset(mdp, behaviour, 50, 42), mdp);
 * equal(spibbPolicy(counted, 0.99, 7).length, mdp.stateCount * mdp.actionCount);
 * ```
 */
export function spibbPolicy(
  counted: CountedModel,
  gamma: number,
  threshold: number,
): Float64Array {
  const { counts, model, baselineWeights: weights } = counted;
  const { stateCount, actionCount } = model;
  const worst = worstValue(model, gamma);
  const policy = new Float64Array(stateCount * actionCount);
  // Writes the improved policy at s and returns its value.
  const improve = (q: Float64Array, s: number): number => {
    const row = s * actionCount;
    let total = 0;
    for (let a = 0; a < actionCount; a++) total += weights[row + a];
    if (total === 0) {
      policy[row + lowestAllowed(model, s)] = 1;
      return worst;
    }
    const best = bestSupported(q, counts, s, actionCount, threshold);
    let free = 0;
    for (let a = 0; a < actionCount; a++) {
      const bootstrapped = counts[row + a] < threshold;
      policy[row + a] = bootstrapped ? weights[row + a] / total : 0;
      if (!bootstrapped) free += weights[row + a];
    }
    if (best >= 0) policy[row + best] = free / total;
    let value = 0;
    for (let a = 0; a < actionCount; a++) value += policy[row + a] * q[row + a];
    return value;
  };
  discountedActionValues(withUnseenPairs(counted, gamma), gamma, improve);
  return policy;
}

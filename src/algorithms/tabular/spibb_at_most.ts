/**
 * SPIBB whose rare actions may become rarer.
 *
 * @module
 */
import { discountedActionValues } from "../../mdp/optimal.ts";
import type { NumbersNamed } from "../../settings.ts";
import type { CountedModel } from "./counted_model.ts";
import type { PlanSettings, TableDefinition } from "./define.ts";
import { spibb } from "./spibb.ts";
import { bestFirst, withUnseenPairs } from "./supported.ts";

/** {@link spibbAtMostPolicy} as an algorithm. */
export const spibbAtMost: TableDefinition<
  "spibbAtMost",
  PlanSettings & NumbersNamed<"threshold">
> = {
  name: "spibbAtMost",
  title: "SPIBB (Π≤b)",
  settings: {
    ...spibb.settings,
    threshold: {
      ...spibb.settings.threshold,
      meaning:
        "N∧: pairs of state and action seen less often get at most the behaviour policy's probability",
    },
  },
  startsFrom: "spibb",
  plan: (counted, { gamma, threshold }) =>
    spibbAtMostPolicy(counted, gamma, threshold),
};

/**
 * SPIBB, Π≤b: pairs seen less than N∧ times get at most the baseline's probability, the others what is
 * best in the counted model (Laroche, Trichelair and Tachet des Combes 2019, section 2.4 and algorithm 2).
 * By value iteration, which has one fixed point: the best policy of the set. Of equally good actions the
 * lower is served first.
 *
 * @param counted Counts, model and baseline.
 * @param gamma Discount, in [0, 1).
 * @param threshold N∧, at least 1.
 * @returns [S, A] action probabilities.
 *
 * @example All is rare: no more than what was done
 * ```ts
 * import {
 *   collectDataset,
 *   countModel,
 *   makeEnvironment,
 *   spibbAtMostPolicy,
 * } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("wetChicken");
 * const data = collectDataset(mdp, behaviour, 5, 42);
 * const counted = countModel(data, mdp, { behaviour });
 * const policy = spibbAtMostPolicy(counted, 0.95, 1_000_000);
 * deepEqual(policy.map((p) => Math.round(p * 1e9)), behaviour.map((p) => Math.round(p * 1e9)));
 * ```
 */
export function spibbAtMostPolicy(
  counted: CountedModel,
  gamma: number,
  threshold: number,
): Float64Array {
  const { counts, baseline } = counted;
  const model = withUnseenPairs(counted, gamma);
  const { actionCount } = model;
  const policy = new Float64Array(counts.length);
  discountedActionValues(model, gamma, (q, s) => {
    const row = s * actionCount;
    let left = 1;
    let value = 0;
    for (const a of bestFirst(q.subarray(row, row + actionCount))) {
      const isRare = counts[row + a] < threshold;
      const share = isRare ? Math.min(baseline[row + a], left) : left;
      policy[row + a] = share;
      left -= share;
      value += share * q[row + a];
    }
    return value;
  });
  return policy;
}

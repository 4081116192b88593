/**
 * Planning in the maximum-likelihood model, as if it were the world.
 *
 * @module
 */
import { greedyPolicy } from "../../mdp/policy.ts";
import type { CountedModel } from "./counted_model.ts";
import {
  type PlanSettings,
  planSettings,
  type TableDefinition,
} from "./define.ts";
import { supportedActions } from "./supported.ts";

/** {@link maximumLikelihoodActions} as an algorithm. */
export const maximumLikelihood: TableDefinition<
  "maximumLikelihood",
  PlanSettings
> = {
  name: "maximumLikelihood",
  title: "planning in the maximum-likelihood model",
  settings: planSettings,
  plan(counted, { gamma }) {
    const actions = maximumLikelihoodActions(counted, gamma);
    return greedyPolicy(actions, counted.model.actionCount);
  },
};

/**
 * Value iteration in the counted model over the pairs that the data hold, lowest index on
 * ties. A state without data is worth the lowest reward for ever, so that no plan leads there.
 *
 * @param counted Counts and model.
 * @param gamma Discount, in [0, 1).
 * @returns [S]
 *
 * @example A plan in what was counted
 * ```ts
 * import {
 *   collectDataset,
 *   countModel,
 *   makeEnvironment,
 *   maximumLikelihoodActions,
 *   startStates,
 * } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const counted = countModel(collectDataset(mdp, behaviour, 50, 42), mdp);
 * equal(maximumLikelihoodActions(counted, 0.99)[startStates(mdp)[0]], 0);
 * ```
 */
export function maximumLikelihoodActions(
  counted: CountedModel,
  gamma: number,
): Int32Array {
  return supportedActions(counted, gamma, 1);
}

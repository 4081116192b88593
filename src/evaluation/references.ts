/**
 * Policies without a network, from the same data, to compare learnt ones with.
 *
 * Where the data never visit a state, each takes the lowest allowed action.
 *
 * @module
 */

import type { Dataset } from "../dataset/dataset.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { optimalActions } from "../mdp/optimal.ts";
import {
  type CountedModel,
  countModel,
} from "../algorithms/tabular/counted_model.ts";
import { maximumLikelihoodActions } from "../algorithms/tabular/maximum_likelihood.ts";
import { SPIBB_THRESHOLD, spibbPolicy } from "../algorithms/tabular/spibb.ts";
import { lowestAllowed } from "../algorithms/tabular/supported.ts";

/** Reference policies: action probabilities, [S, A], or the action in each state, [S]. */
export interface ReferencePolicies {
  /** The policy that collected the data. */
  readonly behaviour: Float64Array;
  /** {@link mostFrequentActions} */
  readonly mostFrequentAction: Int32Array;
  /** {@link maximumLikelihoodActions} */
  readonly maximumLikelihoodModel: Int32Array;
  /** {@link spibbPolicy} */
  readonly spibb: Float64Array;
  /** {@link optimalActions}, [T, S] with a horizon: knows the true environment. */
  readonly optimal: Int32Array;
}

/** Discount of the two policies that plan in the counted model. */
export const REFERENCE_GAMMA: number = 0.99;

/**
 * All reference policies.
 *
 * @param mdp The true environment; only the optimal policy looks at its dynamics.
 * @param behaviour [S, A] the behaviour policy's probabilities.
 * @param dataset The data.
 * @throws {InputError} If the data do not fit the environment.
 *
 * @example What a model of counts is worth
 * ```ts
 * import {
 *   collectDataset,
 *   evaluateExactly,
 *   makeEnvironment,
 *   referencePolicies,
 * } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const policies = referencePolicies(mdp, behaviour, collectDataset(mdp, behaviour, 50, 42));
 * equal(evaluateExactly(mdp, policies.optimal).returnMean, -13);
 * ```
 */
export function referencePolicies(
  mdp: FiniteMdp,
  behaviour: Float64Array,
  dataset: Dataset,
): ReferencePolicies {
  const counted = countModel(dataset, mdp);
  return {
    behaviour,
    mostFrequentAction: mostFrequentActions(counted),
    maximumLikelihoodModel: maximumLikelihoodActions(counted, REFERENCE_GAMMA),
    spibb: spibbPolicy(counted, REFERENCE_GAMMA, SPIBB_THRESHOLD),
    optimal: optimalActions(mdp),
  };
}

/**
 * Cloning by counting: the action taken most often in each state, lowest index on ties.
 *
 * @returns [S]
 *
 * @example What the data do at the start
 * ```ts
 * import {
 *   collectDataset,
 *   countModel,
 *   makeEnvironment,
 *   mostFrequentActions,
 *   startStates,
 * } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const counted = countModel(collectDataset(mdp, behaviour, 50, 42), mdp);
 * equal(mostFrequentActions(counted)[startStates(mdp)[0]], 0);
 * ```
 */
export function mostFrequentActions(
  { counts, model }: CountedModel,
): Int32Array {
  const { stateCount, actionCount } = model;
  return Int32Array.from({ length: stateCount }, (_, s) => {
    const row = counts.subarray(s * actionCount, (s + 1) * actionCount);
    const most = row.reduce((most, n) => Math.max(most, n), 0);
    return most === 0 ? lowestAllowed(model, s) : row.indexOf(most);
  });
}

/**
 * Policies without a network, from the same data, to compare learnt ones with.
 *
 * Where the data never visit a state, each takes the lowest allowed action.
 *
 * @module
 */

import type { Dataset } from "../dataset/dataset.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { discountedActionValues, optimalActions } from "../mdp/optimal.ts";
import { type CountedModel, countModel } from "./counted_model.ts";

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
 * N∧ of SPIBB: pairs seen less often are left to the behaviour policy. Of 1, 2, 3, 5, 7, 10,
 * 15, 20 and 30, it has the lowest median hazard probability on seeds 100 to 119 of the
 * default environment and data.
 */
export const SPIBB_THRESHOLD: number = 7;

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
  const { counts, model } = counted;
  const { stateCount, actionCount } = model;
  const worst = worstValue(model, gamma);
  const q = discountedActionValues(model, gamma, (q, s) => {
    const best = bestSupported(q, counts, s, actionCount, 1);
    return best < 0 ? worst : q[s * actionCount + best];
  });
  return Int32Array.from(
    { length: stateCount },
    (_, s) => {
      const best = bestSupported(q, counts, s, actionCount, 1);
      return best < 0 ? lowestAllowed(model, s) : best;
    },
  );
}

/**
 * SPIBB, safe policy improvement with baseline bootstrapping, Πb: pairs seen less than N∧
 * times keep the baseline's probability, and the rest goes to the best of the other actions
 * in the counted model (Laroche, Trichelair and Tachet des Combes 2019, algorithm 1). The
 * baseline is counted too, N(s, a) / N(s), as for an unknown behaviour policy (Simão, Laroche
 * and Tachet des Combes 2020).
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
  const { counts, model } = counted;
  const { stateCount, actionCount } = model;
  const worst = worstValue(model, gamma);
  const policy = new Float64Array(stateCount * actionCount);
  // Writes the improved policy at s and returns its value.
  const improve = (q: Float64Array, s: number): number => {
    const row = s * actionCount;
    let visits = 0;
    for (let a = 0; a < actionCount; a++) visits += counts[row + a];
    if (visits === 0) {
      policy[row + lowestAllowed(model, s)] = 1;
      return worst;
    }
    const best = bestSupported(q, counts, s, actionCount, threshold);
    let free = 0;
    for (let a = 0; a < actionCount; a++) {
      const bootstrapped = counts[row + a] < threshold;
      policy[row + a] = bootstrapped ? counts[row + a] / visits : 0;
      if (!bootstrapped) free += counts[row + a];
    }
    if (best >= 0) policy[row + best] = free / visits;
    let value = 0;
    for (let a = 0; a < actionCount; a++) value += policy[row + a] * q[row + a];
    return value;
  };
  discountedActionValues(model, gamma, improve);
  return policy;
}

/** The lowest action that is allowed in a state. */
function lowestAllowed(
  { allowed, actionCount }: FiniteMdp,
  state: number,
): number {
  const row = state * actionCount;
  const first = allowed?.subarray(row, row + actionCount).indexOf(1) ?? 0;
  return Math.max(0, first);
}

/** The best action of those seen at least `min` times; -1 if there is none. */
function bestSupported(
  q: Float64Array,
  counts: Uint32Array,
  s: number,
  actionCount: number,
  min: number,
): number {
  let best = -1;
  for (let a = s * actionCount; a < (s + 1) * actionCount; a++) {
    if (counts[a] >= min && (best < 0 || q[a] > q[best])) best = a;
  }
  return best < 0 ? -1 : best - s * actionCount;
}

function worstValue(model: FiniteMdp, gamma: number): number {
  return model.reward.reduce((min, r) => Math.min(min, r), 0) / (1 - gamma);
}

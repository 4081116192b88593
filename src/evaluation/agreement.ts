/**
 * Whether rollouts agree with the exact values: a check of the environment, the rollouts and
 * the dynamic programming against each other.
 *
 * @module
 */

import type { ReturnDistribution } from "../mdp/distribution.ts";
import type { ExactEvaluation } from "../mdp/exact.ts";
import type { RolloutResult } from "./rollout.ts";

/** How well rollouts fit the exact distribution. */
export interface Agreement {
  /** Largest difference between the two distribution functions of the return; null where the exact one is not known. */
  readonly distance: number | null;
  /** Bound on `distance` that right code exceeds with probability at most 1e-6. */
  readonly distanceLimit: number;
  /** Probability of a hazard count at least as far out, on its side, as the rollouts' one. */
  readonly unsafeTail: number;
  /** True if the distance keeps its limit and the tail is at least 1e-6. */
  readonly agrees: boolean;
}

/** Probability that right code is called wrong, by each of the two checks. */
const falseALARM = 1e-6;
/** sqrt(ln(2 / falseALARM) / 2) */
const DISTANCE_FACTOR = 2.6933861344527097;

/**
 * Compares rollouts with the exact evaluation of the same policy, at any number of episodes.
 * The return is checked by the Dvoretzky-Kiefer-Wolfowitz inequality (Massart 1990, corollary
 * 1), which asks nothing of the distribution; the number of unsafe episodes by its binomial tail, as
 * a normal approximation fails for rare events.
 *
 * @param rollouts Rollouts of a policy.
 * @param exact The same policy, evaluated exactly.
 *
 * @example Rollouts and the truth
 * ```ts
 * import {
 *   checkAgreement,
 *   evaluateExactly,
 *   makeEnvironment,
 *   optimalStationaryActions,
 *   rollOut,
 * } from "@holdfast/offline-rl";
 * import { ok } from "node:assert/strict";
 *
 * const { mdp } = makeEnvironment("cliffWalking", { slipProbability: 0.2 });
 * const actions = optimalStationaryActions(mdp, 0.9);
 * const exact = evaluateExactly(mdp, actions);
 * ok(checkAgreement(rollOut(mdp, actions, 100, 42), exact).agrees);
 * ```
 */
export function checkAgreement(
  rollouts: RolloutResult,
  exact: ExactEvaluation,
): Agreement {
  const { distribution } = exact;
  const distance = distribution === null
    ? null
    : distributionDistance(rollouts.returns, distribution);
  const distanceLimit = DISTANCE_FACTOR / Math.sqrt(rollouts.episodes);
  const unsafeTail = binomialTail(
    rollouts.episodes,
    exact.unsafeProbability,
    Math.round(rollouts.unsafeRate * rollouts.episodes),
  );
  const agrees = (distance === null || distance <= distanceLimit) &&
    unsafeTail >= falseALARM;
  return { distance, distanceLimit, unsafeTail, agrees };
}

/** Largest |F_n - F| over all values, those that cannot happen but did included. */
function distributionDistance(
  returns: Float64Array,
  exact: ReturnDistribution,
): number {
  const sorted = returns.slice().sort();
  const values = Float64Array.from(new Set([...exact.returns, ...sorted]))
    .sort();
  let distance = 0;
  let atom = 0;
  let expected = 0;
  let seen = 0;
  for (const value of values) {
    while (atom < exact.returns.length && exact.returns[atom] <= value) {
      expected += exact.probabilities[atom++];
    }
    while (seen < sorted.length && sorted[seen] <= value) seen++;
    distance = Math.max(distance, Math.abs(seen / sorted.length - expected));
  }
  return distance;
}

/**
 * The smaller of P(X <= count) and P(X >= count) for X binomial, from below and from above
 * by the recurrence of neighbouring terms. Terms below 1e-300 count as 0.
 */
export function binomialTail(n: number, p: number, count: number): number {
  if (p <= 0 || p >= 1) return count === (p <= 0 ? 0 : n) ? 1 : 0;
  // The start is the most probable count, so that the unnormalised terms only fall from 1.
  const mode = Math.min(n, Math.floor((n + 1) * p));
  const odds = p / (1 - p);
  let total = 0;
  let below = 0;
  let above = 0;
  const add = (k: number, term: number) => {
    total += term;
    if (k <= count) below += term;
    if (k >= count) above += term;
  };
  for (let k = mode, term = 1; k <= n && term > 1e-300; k++) {
    add(k, term);
    term *= (n - k) / (k + 1) * odds;
  }
  for (
    let k = mode - 1, term = mode / (n - mode + 1) / odds;
    k >= 0 && term > 1e-300;
    k--
  ) {
    add(k, term);
    term *= k / (n - k + 1) / odds;
  }
  return Math.min(below, above) / total;
}

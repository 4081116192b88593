/**
 * Policies with a share of uniform actions.
 *
 * @module
 */
import { wholeRows } from "../numerics/arrays.ts";
import type { FiniteMdp } from "./mdp.ts";

/** What of a world says which actions there are. */
export type ActionTable = Pick<
  FiniteMdp,
  "stateCount" | "actionCount" | "allowed"
>;

/**
 * The policy that takes every allowed action alike.
 *
 * @returns [S, A]
 *
 * @example Four actions
 * ```ts
 * import { makeEnvironment, uniformPolicy } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * equal(uniformPolicy(makeEnvironment("cliffWalking").mdp)[0], 0.25);
 * ```
 */
export function uniformPolicy(
  { stateCount, actionCount, allowed }: ActionTable,
): Float64Array {
  const policy = new Float64Array(stateCount * actionCount);
  for (let s = 0; s < stateCount; s++) {
    const row = policy.subarray(s * actionCount, (s + 1) * actionCount);
    row.forEach((_, a) => row[a] = allowed?.[s * actionCount + a] ?? 1);
    const count = row.reduce((sum, flag) => sum + flag, 0);
    if (count > 0) row.forEach((flag, a) => row[a] = flag / count);
  }
  return policy;
}

/**
 * A policy that takes, at every step anew, a uniform one of the allowed actions with probability
 * epsilon.
 *
 * @param mdp Says which actions are allowed.
 * @param policy [S, A] or [T, S, A] what it does otherwise.
 * @param epsilon In [0, 1]; 0 gives the policy as it is.
 * @returns Of the policy's shape.
 * @throws InputError if the policy is of another world.
 *
 * @example Half of the actions
 * ```ts
 * import { greedyPolicy, makeEnvironment, mixedWithUniform } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp } = makeEnvironment("cliffWalking");
 * const up = greedyPolicy(new Int32Array(mdp.stateCount), mdp.actionCount);
 * equal(mixedWithUniform(mdp, up, 0.5)[0], 0.625);
 * ```
 */
export function mixedWithUniform(
  mdp: ActionTable,
  policy: Float64Array,
  epsilon: number,
): Float64Array {
  const uniform = uniformPolicy(mdp);
  const { length } = uniform;
  wholeRows(policy.length, length, "the policy");
  if (epsilon === 0) return policy;
  return policy.map((p, i) =>
    (1 - epsilon) * p + epsilon * uniform[i % length]
  );
}

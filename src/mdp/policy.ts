/**
 * Policies of a finite MDP as tables of action probabilities.
 *
 * A stationary policy is a `Float64Array` of shape [S, A]; one that depends on the step is
 * [T, S, A] with T the MDP's `horizon`. Each row sums to 1.
 *
 * @module
 */

import { requireActions } from "../numerics/arrays.ts";

/**
 * What is done in each state, or at each step in each state: a `Float64Array` [S, A] or [T, S, A] of
 * action probabilities, or an `Int32Array` [S] or [T, S] of actions that are taken for certain. What
 * it says of a state that is never acted in counts for nothing.
 */
export type Policy = Float64Array | Int32Array;

/**
 * The policy that takes these actions for certain.
 *
 * @param actions [S] or [T, S] the action in each state (at each step).
 * @param actionCount A
 * @returns [S, A] or [T, S, A]
 * @throws InputError if an action is outside 0 … A - 1.
 *
 * @example Two states, three actions
 * ```ts
 * import { greedyPolicy } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(greedyPolicy(Int32Array.of(2, 0), 3), Float64Array.of(0, 0, 1, 1, 0, 0));
 * ```
 */
export function greedyPolicy(
  actions: Int32Array,
  actionCount: number,
): Float64Array {
  requireActions(actions, actionCount);
  const policy = new Float64Array(actions.length * actionCount);
  for (let row = 0; row < actions.length; row++) {
    policy[row * actionCount + actions[row]] = 1;
  }
  return policy;
}

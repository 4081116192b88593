/**
 * Policies of a finite MDP as tables of action probabilities.
 *
 * A stationary policy is a `Float64Array` of shape [S, A]; one that depends on the step is
 * [T, S, A] with T the MDP's `maxSteps`. Each row sums to 1.
 *
 * @module
 */

/**
 * The policy that takes these actions for certain.
 *
 * @param actions [S] or [T, S] the action in each state (at each step).
 * @param actionCount A
 * @returns [S, A] or [T, S, A]
 */
export function greedyPolicy(
  actions: Int32Array,
  actionCount: number,
): Float64Array {
  const policy = new Float64Array(actions.length * actionCount);
  for (let row = 0; row < actions.length; row++) {
    policy[row * actionCount + actions[row]] = 1;
  }
  return policy;
}

/**
 * The best that can be done in a finite MDP.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { endingOutcomes, type FiniteMdp, requireHorizon } from "./mdp.ts";

/**
 * The policy of the highest undiscounted return within the horizon, by backward induction
 * (Puterman 1994, section 4.5). It may depend on the step. Lowest action index on ties.
 *
 * @returns [T, S] the action at each step in each state.
 *
 * @example The best return
 * ```ts
 * import { evaluateExactly, greedyPolicy, makeEnvironment, optimalActions } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp } = makeEnvironment("cliffWalking");
 * const optimal = greedyPolicy(optimalActions(mdp), mdp.actionCount);
 * equal(evaluateExactly(mdp, optimal).returnMean, -13);
 * ```
 */
export function optimalActions(mdp: FiniteMdp): Int32Array {
  const { stateCount, actionCount } = mdp;
  const horizon = requireHorizon(mdp);
  const actions = new Int32Array(horizon * stateCount);
  const values = new Float64Array(stateCount);
  const q = new Float64Array(stateCount * actionCount);
  for (let step = horizon - 1; step >= 0; step--) {
    backUp(mdp, values, 1, q);
    for (let s = 0; s < stateCount; s++) {
      const best = bestAction(q, s, actionCount);
      actions[step * stateCount + s] = best;
      values[s] = q[s * actionCount + best];
    }
  }
  return actions;
}

/**
 * The stationary policy of the highest discounted return without a horizon, by value
 * iteration. Lowest action index on ties.
 *
 * @param mdp The environment.
 * @param gamma Discount, in [0, 1).
 * @returns [S] the action in each state.
 *
 * @example Up from the start
 * ```ts
 * import { makeEnvironment, optimalStationaryActions, startStates } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp } = makeEnvironment("cliffWalking");
 * equal(optimalStationaryActions(mdp, 0.9)[startStates(mdp)[0]], 0);
 * ```
 */
export function optimalStationaryActions(
  mdp: FiniteMdp,
  gamma: number,
): Int32Array {
  const { stateCount, actionCount } = mdp;
  const q = discountedActionValues(
    mdp,
    gamma,
    (values, s) => values[s * actionCount + bestAction(values, s, actionCount)],
  );
  return Int32Array.from(
    { length: stateCount },
    (_, s) => bestAction(q, s, actionCount),
  );
}

/**
 * Action values of the fixed point of V(s) = value(Q, s), Q(s, a) the expectation of
 * r + gamma V(next), without V where the outcome ends the episode. Iterates until no value
 * changes by more than 1e-13 of the largest.
 *
 * @param mdp The environment or a model of it.
 * @param gamma Discount, in [0, 1).
 * @param value Value of state s from Q, [S, A]; must not move further than Q does.
 * @returns [S, A] Q
 * @throws {InputError} If gamma is not in [0, 1).
 */
export function discountedActionValues(
  mdp: FiniteMdp,
  gamma: number,
  value: (q: Float64Array, s: number) => number,
): Float64Array {
  if (!(gamma >= 0 && gamma < 1)) {
    throw new InputError(
      `gamma is ${gamma}: value iteration needs a discount in [0, 1)`,
    );
  }
  const { stateCount, actionCount } = mdp;
  const q = new Float64Array(stateCount * actionCount);
  const values = new Float64Array(stateCount);
  let change = Infinity;
  let largest = 0;
  while (change > 1e-13 * largest) {
    backUp(mdp, values, gamma, q);
    change = 0;
    largest = 0;
    for (let s = 0; s < stateCount; s++) {
      const v = value(q, s);
      change = Math.max(change, Math.abs(v - values[s]));
      largest = Math.max(largest, Math.abs(v));
      values[s] = v;
    }
  }
  return q;
}

/** q[s, a] = expectation of reward + gamma · values[next], without the latter at an ending. */
function backUp(
  mdp: FiniteMdp,
  values: Float64Array,
  gamma: number,
  q: Float64Array,
): void {
  const { outcomeOffsets, probability, nextState, reward, outcome } = mdp;
  const ends = endingOutcomes(mdp);
  for (let row = 0; row < q.length; row++) {
    let sum = 0;
    for (let i = outcomeOffsets[row]; i < outcomeOffsets[row + 1]; i++) {
      const after = ends[outcome[i]] === 0 ? gamma * values[nextState[i]] : 0;
      sum += probability[i] * (reward[i] + after);
    }
    q[row] = sum;
  }
}

/** Index of the largest of the A values of state s, the lowest on ties. */
function bestAction(q: Float64Array, s: number, actionCount: number): number {
  let best = 0;
  for (let a = 1; a < actionCount; a++) {
    if (q[s * actionCount + a] > q[s * actionCount + best]) best = a;
  }
  return best;
}

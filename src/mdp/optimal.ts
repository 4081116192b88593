/**
 * The best that can be done in a finite MDP.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { policyChain } from "./chain.ts";
import { type EvaluationOptions, requireHorizonOrNone } from "./exact.ts";
import { defined, endingPlan } from "./ending_plan.ts";
import { canTake, endingOutcomes, type FiniteMdp, startStates } from "./mdp.ts";
import { chainSystem } from "./solve.ts";

/** Most entries, steps times states, of a policy that depends on the step: 200 MB. */
const MOST_ENTRIES = 50_000_000;
/** A better action is better by more than this share of the largest value: the rest may be rounding. */
const TIE = 1e-12;
/** Actions are equally good whose values differ by this share or less. */
const EQUAL = 1e-13;
/** Sweeps of value iteration before the first exact evaluation of a discounted policy. */
const FIRST_SWEEPS = 200;
/** Policy iteration takes a few rounds; these are a guard against one that rounding keeps alive. */
const MOST_ROUNDS = 1000;

/** What is maximised, where it is not what the world comes with. */
export type OptimalityOptions = Pick<EvaluationOptions, "discount" | "horizon">;

/**
 * The policy of the highest expected return. Actions that cannot be taken or are not allowed are never
 * chosen; a state in which nothing can be done has action 0.
 *
 * With a horizon by backward induction (Puterman 1994, section 4.5): it may depend on the step, and
 * the lowest of equally good actions is taken. Without, {@link optimalStationaryActions}.
 *
 * @returns [T, S] the action at each step in each state; without a horizon [S].
 * @throws InputError if the table would be too large or, without a horizon, no finite optimum exists.
 *
 * @example The best return
 * ```ts
 * import { evaluateExactly, makeEnvironment, optimalActions } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp } = makeEnvironment("cliffWalking");
 * equal(evaluateExactly(mdp, optimalActions(mdp)).returnMean, -13);
 * const options = { horizon: null };
 * equal(evaluateExactly(mdp, optimalActions(mdp, options), options).returnMean, -13);
 * ```
 */
export function optimalActions(
  mdp: FiniteMdp,
  options: OptimalityOptions = {},
): Int32Array {
  const { horizon = mdp.horizon, discount = mdp.discount } = options;
  requireHorizonOrNone(horizon);
  if (horizon === null) return optimalStationaryActions(mdp, discount);
  requireDiscount(discount);
  const { stateCount, actionCount } = mdp;
  if (horizon * stateCount > MOST_ENTRIES) {
    throw new InputError(
      `an optimal policy of ${horizon} steps in ${stateCount} states is too large: ` +
        `keep their product to ${MOST_ENTRIES}, or ask for none: --horizon none`,
    );
  }
  const actions = new Int32Array(horizon * stateCount);
  const values = new Float64Array(stateCount);
  const q = new Float64Array(stateCount * actionCount);
  for (let step = horizon - 1; step >= 0; step--) {
    backUp(mdp, values, discount, q);
    for (let s = 0; s < stateCount; s++) {
      const best = bestAction(mdp, q, s);
      actions[step * stateCount + s] = best;
      values[s] = q[s * actionCount + best];
    }
  }
  return actions;
}

/**
 * The stationary policy of the highest expected return without a horizon, by policy iteration with
 * exact evaluation (Puterman 1994, section 6.4). With a discount below 1 the lowest of equally good
 * actions is taken.
 *
 * With discount 1 the episodes of the first policy end, or come to rest where nothing is paid for
 * ever, and an action is only changed for a better one. Then those of every later policy do as well
 * (Bertsekas and Tsitsiklis 1991, "An analysis of stochastic shortest path problems"), and of equally
 * good actions the one remains that gets there: the lowest may lead round in a circle.
 *
 * @param mdp The environment.
 * @param discount In [0, 1]; that of the world if not given.
 * @returns [S] the action in each state.
 * @throws InputError if the discount is 1 and there is no finite optimum.
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
  discount: number = mdp.discount,
): Int32Array {
  requireDiscount(discount);
  const { stateCount, actionCount } = mdp;
  const q = new Float64Array(stateCount * actionCount);
  const plan = discount < 1
    ? discountedPlan(mdp, discount, q)
    : plannedOrRefused(mdp);
  const { actions, usable, states } = plan;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const values = stationaryValues(mdp, actions, states, discount);
    backUp(mdp, values, discount, q);
    const tie = TIE *
      values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    let changed = false;
    for (const s of states) {
      const best = bestAction(mdp, q, s, usable);
      // The row's own backup and not its value: they differ by rounding alone.
      if (q[s * actionCount + best] > q[s * actionCount + actions[s]] + tie) {
        actions[s] = best;
        changed = true;
      }
    }
    if (changed) continue;
    if (discount < 1) {
      for (const s of states) {
        actions[s] = lowestOfBest(mdp, q, s, usable);
      }
    }
    return actions;
  }
  throw new InputError(
    `no optimal policy after ${MOST_ROUNDS} rounds: the rewards differ too much in size; give a horizon`,
  );
}

/** A stationary policy to begin with, and what may be chosen instead. */
interface Plan {
  readonly actions: Int32Array;
  /** [S, A] 1 where the pair may be chosen. */
  readonly usable: Uint8Array;
  /** Where something is chosen. */
  readonly states: readonly number[];
}

/** The greedy policy after some sweeps of value iteration. */
function discountedPlan(
  mdp: FiniteMdp,
  discount: number,
  q: Float64Array,
): Plan {
  const { stateCount, actionCount } = mdp;
  const { inside, usable } = defined(mdp);
  const values = new Float64Array(stateCount);
  const actions = new Int32Array(stateCount);
  for (let sweep = 0; sweep < FIRST_SWEEPS; sweep++) {
    backUp(mdp, values, discount, q);
    let changed = false;
    for (let s = 0; s < stateCount; s++) {
      const best = bestAction(mdp, q, s, usable);
      const value = q[s * actionCount + best];
      changed ||= value !== values[s];
      actions[s] = best;
      values[s] = value;
    }
    if (!changed) break;
  }
  return { actions, usable, states: indicesOf(inside) };
}

/** Where the flags are 1. */
function indicesOf(flags: Uint8Array): number[] {
  return Array.from(flags.keys()).filter((i) => flags[i] === 1);
}

/** @throws InputError if the start leads where no finite optimum is. */
function plannedOrRefused(mdp: FiniteMdp): Plan {
  const plan = endingPlan(mdp);
  const lost = startStates(mdp).find((s) => plan.inside[s] === 0);
  if (lost !== undefined) {
    throw new InputError(
      `there is no finite optimum with discount 1 and no horizon: from state ${lost} no policy is sure ` +
        "to end or to come to rest; give a horizon or a discount below 1",
    );
  }
  if (plan.gainsOutside !== null) throw noFiniteOptimum(plan.gainsOutside);
  return {
    actions: plan.actions,
    usable: plan.usable,
    states: indicesOf(plan.inside),
  };
}

function noFiniteOptimum(state: number): InputError {
  return new InputError(
    `there is no finite optimum with discount 1 and no horizon: rewards can be collected for ever from ` +
      `state ${state}; give a horizon or a discount below 1`,
  );
}

/** [S] values of a stationary policy in some states, which it does not leave. */
function stationaryValues(
  mdp: FiniteMdp,
  actions: Int32Array,
  states: readonly number[],
  discount: number,
): Float64Array {
  const chain = policyChain(mdp, actions, null);
  const system = chainSystem(chain, endingOutcomes(mdp), states, discount);
  const { first, probability, reward } = chain;
  const expected = new Float64Array(mdp.stateCount);
  for (const s of states) {
    for (let i = first[s]; i < first[s + 1]; i++) {
      expected[s] += probability[i] * reward[i];
      // A part that is not left and pays was entered for a gain: it can be had again and again.
      if (system.closed[s] === 1 && reward[i] !== 0) throw noFiniteOptimum(s);
    }
  }
  return system.solve(expected);
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

/**
 * The best action in state s, the lowest on ties.
 *
 * @param usable Those to choose from; absent, or where there is none in the state: all that can be taken.
 * @returns 0 if nothing can be done.
 */
function bestAction(
  mdp: FiniteMdp,
  q: Float64Array,
  s: number,
  usable?: Uint8Array,
): number {
  const row = s * mdp.actionCount;
  const chooses = usable?.subarray(row, row + mdp.actionCount).includes(1);
  let best = -1;
  for (let pair = row; pair < row + mdp.actionCount; pair++) {
    const may = usable !== undefined && chooses
      ? usable[pair] === 1
      : canTake(mdp, pair);
    if (may && (best < 0 || q[pair] > q[best])) best = pair;
  }
  return best < 0 ? 0 : best - row;
}

/** The lowest of the actions that are as good as the best one but for rounding. */
function lowestOfBest(
  mdp: FiniteMdp,
  q: Float64Array,
  s: number,
  usable?: Uint8Array,
): number {
  const best = bestAction(mdp, q, s, usable);
  const row = s * mdp.actionCount;
  const least = q[row + best] - EQUAL * Math.abs(q[row + best]);
  for (let a = 0; a < best; a++) {
    const may = usable === undefined
      ? canTake(mdp, row + a)
      : usable[row + a] === 1;
    if (may && q[row + a] >= least) return a;
  }
  return best;
}

function requireDiscount(discount: number): void {
  if (discount >= 0 && discount <= 1) return;
  throw new InputError(
    `the discount is ${discount}: give a number from 0 to 1`,
  );
}

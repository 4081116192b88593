/**
 * Behaviour policies that several environments share.
 *
 * @module
 */

import type { FiniteMdp } from "../mdp/mdp.ts";
import { mixedWithUniform, uniformPolicy } from "../mdp/mix.ts";
import { optimalStationaryActions } from "../mdp/optimal.ts";
import { greedyPolicy } from "../mdp/policy.ts";

/** The behaviour policies that every environment has. */
export const COMMON_BEHAVIOURS = {
  /** Uniform over the allowed actions. */
  uniform: (mdp: FiniteMdp) => uniformPolicy(mdp),
  /** The best policy for the world's discount that does not depend on the step. */
  optimal: (mdp: FiniteMdp, epsilon: number) => {
    const actions = optimalStationaryActions(mdp);
    return mixedWithUniform(
      mdp,
      greedyPolicy(actions, mdp.actionCount),
      epsilon,
    );
  },
};

/** Name of one of them. */
export type CommonBehaviour = keyof typeof COMMON_BEHAVIOURS;

/**
 * A policy that chooses uniformly among some actions of each state, with a share of actions that
 * are uniform over all that are allowed.
 *
 * @param stateCount S
 * @param actionCount A
 * @param epsilon The share, in [0, 1].
 * @param chosenIn The actions to choose among; at least one, and allowed.
 * @param allowed [S, A] 1 where the action is allowed; without it all are.
 * @returns [S, A] action probabilities.
 */
export function choosingAmong(
  stateCount: number,
  actionCount: number,
  epsilon: number,
  chosenIn: (state: number) => readonly number[],
  allowed?: Uint8Array,
): Float64Array {
  const policy = new Float64Array(stateCount * actionCount);
  for (let state = 0; state < stateCount; state++) {
    const chosen = chosenIn(state);
    for (const action of chosen) {
      policy[state * actionCount + action] = 1 / chosen.length;
    }
  }
  const world = { stateCount, actionCount, allowed };
  return mixedWithUniform(world, policy, epsilon);
}

/** The actions that are allowed in a state. */
export function allowedActions(
  state: number,
  actionCount: number,
  allowed?: Uint8Array,
): number[] {
  return Array.from({ length: actionCount }, (_, action) => action)
    .filter((action) => allowed?.[state * actionCount + action] !== 0);
}

/** What an action intends: the next state, or null where it leads to what is to be avoided. */
type Intended = (state: number, action: number) => number | null;

/**
 * The actions that lie on a shortest way to a goal if every action does what it intends.
 *
 * @param stateCount S
 * @param actionCount A
 * @param intended Where an action leads; null where the way must not go.
 * @param isGoal Whether the way ends there.
 * @returns [S] the actions; all of them at a goal and where no way leads to one.
 */
export function shortestWays(
  stateCount: number,
  actionCount: number,
  intended: Intended,
  isGoal: (state: number) => boolean,
): number[][] {
  const actions = allowedActions(0, actionCount);
  const from: number[][] = Array.from({ length: stateCount }, () => []);
  for (let state = 0; state < stateCount; state++) {
    for (const action of actions) {
      const next = intended(state, action);
      if (next !== null) from[next].push(state);
    }
  }
  const steps = new Array<number>(stateCount).fill(Infinity);
  let reached = Array.from(steps.keys()).filter(isGoal);
  for (let distance = 0; reached.length > 0; distance++) {
    for (const state of reached) steps[state] = distance;
    reached = [...new Set(reached.flatMap((state) => from[state]))]
      .filter((state) => steps[state] === Infinity);
  }
  return steps.map((distance, state) => {
    const nearer = actions.filter((action) => {
      const next = intended(state, action);
      return next !== null && steps[next] < distance;
    });
    return nearer.length > 0 ? nearer : actions;
  });
}

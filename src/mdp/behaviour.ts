/**
 * The policy that collects the data: it heads for the goal, looks one cell ahead for
 * hazards, and now and then does anything.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import {
  cellState,
  type Gridworld,
  GRIDWORLD_ACTIONS,
  isHazard,
  MOVE_X,
  MOVE_Y,
} from "./gridworld.ts";

/**
 * Exact action probabilities of the behaviour policy. The preferred actions are those that
 * bring x, then y, nearer to the goal (at the goal: one uniform action). With probability
 * epsilon it takes a uniform action; otherwise a uniform one of the preferred actions whose
 * intended cell is no hazard; if none is left, the first preferred action.
 *
 * @param world The gridworld.
 * @param epsilon Probability of a uniform action.
 * @returns [S, A] probabilities, S = size · size with state x · size + y.
 * @throws {InputError} If epsilon is no probability.
 */
export function behaviourPolicy(
  world: Gridworld,
  epsilon: number,
): Float64Array {
  if (!(epsilon >= 0 && epsilon <= 1)) {
    throw new InputError(
      `dataset.epsilon is ${epsilon}: give a probability from 0 to 1`,
    );
  }
  const { size } = world;
  const policy = new Float64Array(size * size * GRIDWORLD_ACTIONS);
  for (let x = 0; x < size; x++) {
    for (let y = 0; y < size; y++) {
      const row = cellState(size, x, y) * GRIDWORLD_ACTIONS;
      const chosen = chosenActions(world, x, y);
      for (let action = 0; action < GRIDWORLD_ACTIONS; action++) {
        const share = chosen.includes(action)
          ? (1 - epsilon) / chosen.length
          : 0;
        policy[row + action] = share + epsilon / GRIDWORLD_ACTIONS;
      }
    }
  }
  return policy;
}

/** The actions among which the policy chooses uniformly when it does not explore. */
function chosenActions(world: Gridworld, x: number, y: number): number[] {
  const preferred: number[] = [];
  const towardsX = Math.sign(world.goal[0] - x);
  const towardsY = Math.sign(world.goal[1] - y);
  if (towardsX !== 0) preferred.push(MOVE_X.indexOf(towardsX));
  if (towardsY !== 0) preferred.push(MOVE_Y.indexOf(towardsY));
  // One uniform action is taken whether or not it leads into a hazard.
  if (preferred.length === 0) return [0, 1, 2, 3];
  const clear = preferred.filter((a) =>
    !isHazard(world, x + MOVE_X[a], y + MOVE_Y[a])
  );
  return clear.length > 0 ? clear : [preferred[0]];
}

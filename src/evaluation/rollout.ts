/**
 * Rollouts: episodes of a greedy policy in the true environment.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { sampleIndex } from "../mdp/sampling.ts";
import { requireActions, requireLength } from "../numerics/arrays.ts";
import { meanAndStd } from "../numerics/moments.ts";
import { randomStream } from "../numerics/random.ts";

/** What a number of rollouts gave. */
export interface RolloutResult {
  /** Number of episodes. */
  readonly episodes: number;
  /** Mean of the undiscounted return. */
  readonly returnMean: number;
  /** Standard deviation of the return (population: divided by n, not n - 1). */
  readonly returnStd: number;
  /** Mean number of steps. */
  readonly lengthMean: number;
  /** Share of the episodes that end in a hazard. */
  readonly hazardRate: number;
  /** Share of the episodes that end at the goal. */
  readonly goalRate: number;
  /** [episodes] undiscounted return of each episode. */
  readonly returns: Float64Array;
}

/**
 * Rolls a greedy policy out. Episode i has its own stream "rollout/i", so that two policies
 * with the same seed meet the same luck.
 *
 * @param mdp The true environment.
 * @param actions [S] the action in each state.
 * @param episodes Number of episodes, at least 1.
 * @param seed The run's seed.
 * @param heed Called before each episode; what it throws ends the rollouts.
 * @throws {InputError} If the number of episodes is no whole number of at least 1, or the actions
 *   are not one of the environment's for each state.
 */
export function rollOut(
  mdp: FiniteMdp,
  actions: Int32Array,
  episodes: number,
  seed: number,
  heed?: () => void,
): RolloutResult {
  if (!Number.isInteger(episodes) || episodes < 1) {
    throw new InputError(
      `evaluation.episodes is ${episodes}: give a whole number of at least 1`,
    );
  }
  const { actionCount, outcomeCount, maxSteps } = mdp;
  requireLength(actions.length, mdp.stateCount, "actions");
  requireActions(actions, actionCount);
  const returns = new Float64Array(episodes);
  const ended = [0, 0, 0];
  let steps = 0;
  for (let episode = 0; episode < episodes; episode++) {
    heed?.();
    const stream = randomStream(seed, `rollout/${episode}`);
    let state = mdp.startState;
    let ending = 0;
    let total = 0;
    for (let step = 0; step < maxSteps && ending === 0; step++) {
      const row = (state * actionCount + actions[state]) * outcomeCount;
      const i = row + sampleIndex(mdp.probability, row, outcomeCount, stream);
      state = mdp.nextState[i];
      ending = mdp.ending[i];
      total += mdp.reward[i];
      steps++;
    }
    returns[episode] = total;
    ended[ending]++;
  }
  const { mean, std } = meanAndStd(returns);
  return {
    episodes,
    returnMean: mean,
    returnStd: std,
    lengthMean: steps / episodes,
    hazardRate: ended[2] / episodes,
    goalRate: ended[1] / episodes,
    returns,
  };
}

/**
 * Rollouts: episodes of a policy in the true environment.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { type FiniteMdp, unsafeOutcomes } from "../mdp/mdp.ts";
import { sampleIndex } from "../mdp/sampling.ts";
import { type Episode, startEpisode } from "../mdp/stepping.ts";
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
  /** Share of the episodes in which each named outcome happens. */
  readonly outcomeRates: Readonly<Record<string, number>>;
  /** Share of the episodes in which anything unsafe happens. */
  readonly unsafeRate: number;
  /** [episodes] undiscounted return of each episode. */
  readonly returns: Float64Array;
}

/**
 * Rolls a policy out. Episode i has its own stream "rollout/i", so that two policies
 * with the same seed meet the same luck; actions that are drawn come from "rollout/i/actions".
 *
 * @param mdp The true environment.
 * @param policy [S] the action in each state, or [S, A] probabilities.
 * @param episodes Number of episodes, at least 1.
 * @param seed The run's seed.
 * @param heed Called before each episode; what it throws ends the rollouts.
 * @throws {InputError} If the number of episodes is not a whole number of at least 1, or the policy
 *   is none of the environment's.
 *
 * @example Thirty episodes
 * ```ts
 * import { makeEnvironment, optimalStationaryActions, rollOut } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp } = makeEnvironment("cliffWalking");
 * equal(rollOut(mdp, optimalStationaryActions(mdp, 0.9), 30, 42).returnMean, -13);
 * ```
 */
export function rollOut(
  mdp: FiniteMdp,
  policy: Int32Array | Float64Array,
  episodes: number,
  seed: number,
  heed?: () => void,
): RolloutResult {
  if (!Number.isInteger(episodes) || episodes < 1) {
    throw new InputError(
      `evaluation.episodes is ${episodes}: give a whole number of at least 1`,
    );
  }
  const { stateCount, actionCount } = mdp;
  if (policy instanceof Int32Array) {
    requireLength(policy.length, stateCount, "actions");
    requireActions(policy, actionCount);
  } else requireLength(policy.length, stateCount * actionCount, "the policy");
  const returns = new Float64Array(episodes);
  const unsafe = unsafeOutcomes(mdp);
  const counts = new Uint32Array(unsafe.length);
  let unsafeEpisodes = 0;
  let steps = 0;
  for (let episode = 0; episode < episodes; episode++) {
    heed?.();
    const happened = new Uint8Array(counts.length);
    let total = 0;
    const walk = followRollout(mdp, policy, seed, episode, (i) => {
      total += mdp.reward[i];
      happened[mdp.outcome[i]] = 1;
    });
    steps += walk.steps;
    returns[episode] = total;
    happened.forEach((flag, n) => counts[n] += flag);
    if (happened.some((flag, n) => flag && unsafe[n])) unsafeEpisodes++;
  }
  const { mean, std } = meanAndStd(returns);
  return {
    episodes,
    returnMean: mean,
    returnStd: std,
    lengthMean: steps / episodes,
    outcomeRates: Object.fromEntries(
      mdp.outcomes.map(({ name }, n) => [name, counts[n + 1] / episodes]),
    ),
    unsafeRate: unsafeEpisodes / episodes,
    returns,
  };
}

/**
 * One of the episodes of {@link rollOut}, step by step.
 *
 * @param policy As there, and one of the environment's.
 * @param episode 0, 1 …
 * @param onStep Called with the index of what happened in the tables of the MDP, and the state in which.
 * @returns The episode at its end.
 */
export function followRollout(
  mdp: FiniteMdp,
  policy: Int32Array | Float64Array,
  seed: number,
  episode: number,
  onStep: (i: number, state: number) => void,
): Episode {
  const { actionCount } = mdp;
  const walk = startEpisode(mdp, randomStream(seed, `rollout/${episode}`));
  const stream = randomStream(seed, `rollout/${episode}/actions`);
  const actionIn = (state: number) =>
    policy instanceof Int32Array
      ? policy[state]
      : sampleIndex(policy, state * actionCount, actionCount, stream);
  while (!walk.terminated && !walk.truncated) {
    const { state } = walk;
    onStep(walk.step(actionIn(state)), state);
  }
  return walk;
}

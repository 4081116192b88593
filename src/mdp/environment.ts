/**
 * Episodes of a finite MDP, in Gymnasium's terms (Towers et al. 2024, "Gymnasium: A Standard
 * Interface for Reinforcement Learning Environments", section 3).
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { type RandomStream, randomStream } from "../numerics/random.ts";
import type { FiniteMdp } from "./mdp.ts";
import { sampleIndex } from "./sampling.ts";

/** What a step gives back. */
export interface StepResult {
  /** [D] the observation after the step; the caller's to keep. */
  readonly observation: Float32Array;
  /** Reward of the step. */
  readonly reward: number;
  /** The environment ended the episode: goal or hazard. */
  readonly terminated: boolean;
  /** The time limit cut the episode, and nothing else ended it. */
  readonly truncated: boolean;
}

/** One episode at a time. */
export interface Environment {
  /**
   * Starts an episode on the stream "environment" of that seed, so that equal seeds and
   * actions give equal episodes. Returns the first observation, [D].
   */
  reset(seed: number): Float32Array;
  /**
   * Carries out an action.
   * @throws {InputError} If no episode is under way or there is no such action.
   */
  step(action: number): StepResult;
}

/** Opens an episode interface on the tables. */
export function openEnvironment(mdp: FiniteMdp): Environment {
  const { actionCount, outcomeCount, observationSize } = mdp;
  let stream: RandomStream | null = null;
  let state = 0;
  let steps = 0;
  const observe = () =>
    mdp.observations.slice(
      state * observationSize,
      (state + 1) * observationSize,
    );
  return {
    reset(seed) {
      stream = randomStream(seed, "environment");
      state = mdp.startState;
      steps = 0;
      return observe();
    },
    step(action) {
      if (stream === null) {
        throw new InputError(
          "no episode is under way: call reset(seed) before step(action)",
        );
      }
      if (!Number.isInteger(action) || action < 0 || action >= actionCount) {
        throw new InputError(
          `there is no action ${action}: give a whole number from 0 to ${
            actionCount - 1
          }`,
        );
      }
      const row = (state * actionCount + action) * outcomeCount;
      const i = row + sampleIndex(mdp.probability, row, outcomeCount, stream);
      state = mdp.nextState[i];
      steps++;
      const terminated = mdp.ending[i] !== 0;
      const truncated = !terminated && steps === mdp.maxSteps;
      if (terminated || truncated) stream = null;
      return {
        observation: observe(),
        reward: mdp.reward[i],
        terminated,
        truncated,
      };
    },
  };
}

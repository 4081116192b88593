/**
 * Episodes of a finite MDP, step by step: for collecting data, for rollouts and, in Gymnasium's
 * terms, for anyone (Towers et al. 2024, "Gymnasium: A Standard Interface for Reinforcement
 * Learning Environments", section 3).
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { type RandomStream, randomStream } from "../numerics/random.ts";
import { endingOutcomes, type FiniteMdp, startStates } from "./mdp.ts";
import { sampleIndex } from "./sampling.ts";

/**
 * Steps after which an episode is truncated where the world has no horizon: it has to end, whatever
 * the policy.
 */
export const LONGEST_EPISODE: number = 100_000;

/** An episode under way. */
export interface Episode {
  /** Where it is. */
  readonly state: number;
  /** Steps made. */
  readonly steps: number;
  /** Whether an outcome has ended it. */
  readonly terminated: boolean;
  /** Whether the horizon, or else {@link LONGEST_EPISODE}, has cut it, and nothing else ended it. */
  readonly truncated: boolean;
  /**
   * Carries out an action: draws one number from the stream.
   *
   * @param action 0 … A - 1; the episode is neither terminated nor truncated.
   * @returns Index of what happened in the tables of the MDP.
   * @throws InputError if it cannot be taken there.
   */
  step(action: number): number;
}

/**
 * Starts an episode.
 *
 * @param mdp The environment.
 * @param stream Decides what happens.
 */
export function startEpisode(mdp: FiniteMdp, stream: RandomStream): Episode {
  const { actionCount, outcomeOffsets, horizon } = mdp;
  const last = horizon ?? LONGEST_EPISODE;
  const ends = endingOutcomes(mdp);
  const episode = {
    state: drawStart(mdp, stream),
    steps: 0,
    terminated: false,
    truncated: false,
    step(action: number): number {
      const pair = episode.state * actionCount + action;
      const first = outcomeOffsets[pair];
      const count = outcomeOffsets[pair + 1] - first;
      if (count === 0) {
        throw new InputError(
          `state ${episode.state}: action ${action} cannot be taken there`,
        );
      }
      const i = first + sampleIndex(mdp.probability, first, count, stream);
      episode.state = mdp.nextState[i];
      episode.steps++;
      episode.terminated = ends[mdp.outcome[i]] === 1;
      episode.truncated = !episode.terminated && episode.steps === last;
      return i;
    },
  };
  return episode;
}

/** Found once for all episodes of a world. */
const possibleStarts = new WeakMap<Float64Array, number[]>();

/** Where an episode starts; a single possible state takes no number from the stream. */
function drawStart(mdp: FiniteMdp, stream: RandomStream): number {
  const states = possibleStarts.get(mdp.start) ?? startStates(mdp);
  possibleStarts.set(mdp.start, states);
  return states.length === 1
    ? states[0]
    : sampleIndex(mdp.start, 0, mdp.stateCount, stream);
}

/** What a step gives back. */
export interface StepResult {
  /** [D] the observation after the step; the caller's to keep. */
  readonly observation: Float32Array;
  /** Reward of the step. */
  readonly reward: number;
  /** An outcome ended the episode. */
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

/**
 * Opens an episode interface on the tables.
 *
 * @example As in Gymnasium
 * ```ts
 * import { makeEnvironment, openEnvironment } from "@holdfast/offline-rl";
 * import { deepEqual, equal } from "node:assert/strict";
 *
 * const environment = openEnvironment(makeEnvironment("cliffWalking").mdp);
 * deepEqual(environment.reset(42), Float32Array.of(0, 3));
 * const { reward, terminated } = environment.step(0);
 * equal(reward, -1);
 * equal(terminated, false);
 * ```
 */
export function openEnvironment(mdp: FiniteMdp): Environment {
  const { actionCount, observationSize } = mdp;
  let episode: Episode | null = null;
  const observe = ({ state }: Episode) =>
    mdp.observations.slice(
      state * observationSize,
      (state + 1) * observationSize,
    );
  return {
    reset(seed) {
      episode = startEpisode(mdp, randomStream(seed, "environment"));
      return observe(episode);
    },
    step(action) {
      if (episode === null || episode.terminated || episode.truncated) {
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
      const reward = mdp.reward[episode.step(action)];
      const { terminated, truncated } = episode;
      return { observation: observe(episode), reward, terminated, truncated };
    },
  };
}

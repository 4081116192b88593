/**
 * The offline data set: columns in typed arrays, in the order of time, with
 * episode offsets.
 *
 * @module
 */

import type { EpisodeOutcomes } from "./episode_outcomes.ts";

/**
 * Transitions of whole episodes, as columns. N transitions, E episodes, D numbers per
 * observation.
 *
 * Each episode of length T has T + 1 observations: its final observation is kept, so that
 * a truncated episode can bootstrap. Observation rows are therefore episode by episode,
 * T + 1 rows each: the observation of transition i in episode e is row `i + e`, its next
 * observation is row `i + e + 1`.
 */
export interface Dataset {
  /** D. */
  readonly observationSize: number;
  /**
   * [D] what the source calls each number of an observation, such as "age". Absent where they are
   * called observation_0 … observation_(D - 1).
   */
  readonly observationNames?: readonly string[];
  /** A, the number of discrete actions; actions lie in 0 … A - 1. */
  readonly actionCount: number;
  /**
   * [A] what the source calls each action, in its own words ("-3", "10", "left"): all integers
   * or none. Absent where they are called 0 … A - 1.
   */
  readonly actionNames?: readonly string[];
  /**
   * [D] where observations are names and not quantities (the index of a state), how many names each
   * column has: its numbers are whole, from 0 to that minus 1. Absent where the source says nothing.
   */
  readonly observationCategories?: readonly number[];
  /** [N + E, D] row-major. */
  readonly observations: Float32Array;
  /** [N] */
  readonly actions: Int32Array;
  /** [N] */
  readonly rewards: Float32Array;
  /** [N] 1 where the environment ended the episode (goal, hazard), else 0. */
  readonly terminated: Uint8Array;
  /** [N] 1 where a time limit cut the episode, else 0. An episode with neither flag was cut by the log. */
  readonly truncated: Uint8Array;
  /** [N] with which probability each action was taken, in (0, 1], where the source says so. */
  readonly propensities?: Float64Array;
  /** How each episode ended, where the source has words for it. */
  readonly outcomes?: EpisodeOutcomes;
  /** [E + 1] first transition of each episode; the last entry is N. */
  readonly episodeOffsets: Uint32Array;
  /**
   * [N + E, A] 1 where the action was allowed in the observation, else 0. Absent where all always
   * were. Only the observation that a terminated episode ended in may allow nothing.
   */
  readonly allowed?: Uint8Array;
}

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
  /**
   * Where the data stay in their file because they are larger than memory: what reads them. Then the
   * columns above, but for `episodeOffsets` and `outcomes`, cannot be had: they throw an `InputError`.
   */
  readonly stored?: StoredColumns;
}

/** Columns that stay in their file. Reading throws an `InputError` where the file was changed. */
export interface StoredColumns {
  /** The file. */
  readonly path: string;
  /** SHA-256 of the whole file. */
  readonly sha256: string;
  /** Its size. */
  readonly bytes: number;
  /** [E] 1 where the environment ended the episode. */
  readonly terminated: Uint8Array;
  /** Whether the data say which actions are allowed. */
  readonly hasAllowed: boolean;
  /** What was found when all rows were read. */
  readonly survey: DataSurvey;
  /** All data in the order of time, some whole episodes at a time, in memory that is used again. */
  pieces(): Iterable<DataPiece>;
  /** All rewards in the order of time, some at a time. */
  rewards(): Iterator<Float32Array>;
  /** Some transitions, in the order in which they are asked for. */
  transitions(indices: Uint32Array): StoredTransitions;
  /** Some episodes, which stay in the file. */
  part(episodes: Uint32Array): Dataset;
  /** Some episodes, in memory. */
  take(episodes: Uint32Array): Dataset;
}

/** Consecutive episodes of a stored data set. */
export interface DataPiece {
  /** In memory. */
  readonly dataset: Dataset;
  /** The first one's index. */
  readonly firstEpisode: number;
}

/** Transitions read from a file. */
export interface StoredTransitions {
  /** [n, 2, D] the observation and the next one of each. */
  readonly observations: Float32Array;
  /** [n] */
  readonly actions: Int32Array;
  /** [n] */
  readonly rewards: Float32Array;
  /** [n, 2, A] 1 where the action is allowed. */
  readonly allowed?: Uint8Array;
  /** [n] 1 where it is its episode's last. */
  readonly isLast: Uint8Array;
  /** [n] 1 where the environment ended the episode with it. */
  readonly isTerminated: Uint8Array;
}

/** The smallest and the largest. */
export interface Extremes {
  /** The smallest. */
  readonly min: number;
  /** The largest. */
  readonly max: number;
}

/** What is known of data after all rows were read once. */
export interface DataSurvey {
  /** [D] over all rows. */
  readonly observations: readonly Extremes[];
  /** [D] over the observations that learning looks at; see `learntRange`. */
  readonly learnt: { readonly min: Float32Array; readonly max: Float32Array };
  /** The rewards. */
  readonly reward: Extremes;
  /** [E] undiscounted return. */
  readonly returns: Float64Array;
  /** [A] transitions with each action. */
  readonly actionCounts: readonly number[];
  /** Episodes that end terminated alone, truncated alone, both, with neither. */
  readonly ends: {
    readonly terminated: number;
    readonly truncated: number;
    readonly both: number;
    readonly none: number;
  };
  /** See `mayBeNames`. */
  readonly mayBeNames: boolean;
  /**
   * Episodes in which the smallest and the largest reward are, of steps that end an episode and of others,
   * and where returns differ two of different return: which returns can be follows from these.
   */
  readonly telling: readonly number[];
}

/**
 * What a run is made of: every number that decides its result, and nothing else.
 *
 * @module
 */

import type { AlgorithmName, AlgorithmSettings } from "../algorithms/index.ts";
import type { EnvironmentConfig } from "../environments/index.ts";
import type { EncoderName } from "../network/encoder.ts";

/** The offline data set, and how it is read as a learning problem. */
export interface DatasetConfig {
  /** Episodes to collect. */
  readonly episodes: number;
  /** Name of the behaviour policy; without one, the environment's first is meant. */
  readonly behaviour?: string;
  /** Probability of a uniform action of the behaviour policy. */
  readonly epsilon: number;
  /**
   * Whether learning looks beyond the last step of an episode that a limit or the log cut; otherwise
   * that step counts as terminal. Without the key, a preset's choice for data that the suite
   * collects, true for a file.
   */
  readonly bootstrapOnTruncation: boolean;
  /**
   * SHA-256 of `dataset.safetensors` when the data come from a file (`episodes` and `epsilon` then
   * mean nothing), or null: collected in the environment.
   */
  readonly sha256: string | null;
  /**
   * Share of the episodes that nothing is learnt from: policies are evaluated on them, off-policy. Without
   * the key, 0.2 where the environment is not known, else 0.
   */
  readonly heldOut: number;
  /** Names the stream that draws which these are: other seeds of a run learn from the same episodes. */
  readonly splitSeed: number;
  /** Whether learning takes, in place of the other episodes, as many drawn from them with replacement. */
  readonly resample: boolean;
}

/** The network of every learner. */
export interface NetworkConfig {
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  /**
   * `"none"`: numbers as they are; `"minmax"`: scaled to [-1, 1] by the range of what is learnt from;
   * `"oneHot"`: names, each with an input of its own. Without the key, the last where the world or the
   * data say that observations are names, else the preset's.
   */
  readonly encoder: EncoderName;
}

/** How a policy is measured by sampling. */
export interface EvaluationConfig {
  /** Rollouts of each policy. */
  readonly episodes: number;
  /** Transitions (at most) on which the policy's action is compared with the data's. */
  readonly mismatchSamples: number;
  /**
   * What is asked of each policy on the episodes that are held out, such as `hazard<=0.01,return>=0.3`.
   * Without the key, nothing is.
   */
  readonly require?: string;
}

/** A whole run, resolved: nothing is left to a default. */
export interface Config {
  /** Names every random stream of the run. */
  readonly seed: number;
  /**
   * Names the streams of the initial networks and of the minibatches in place of the seed, so that training
   * varies on the same data. Without the key it is the seed.
   */
  readonly trainingSeed?: number;
  /** Where the data are from, or null: data from a file whose environment is not known. */
  readonly environment: EnvironmentConfig | null;
  /** The offline data set. */
  readonly dataset: DatasetConfig;
  /** The network of every learner. */
  readonly network: NetworkConfig;
  /** The learners of the run, by name. */
  readonly algorithms: Partial<AlgorithmSettings>;
  /** Learners of the preset that are left out; absent where there are none. */
  readonly without?: readonly AlgorithmName[];
  /** Sampling evaluation. */
  readonly evaluation: EvaluationConfig;
}

/** An environment's name and some of its settings. */
export type EnvironmentOverrides = Partial<EnvironmentConfig>;

/** The shape of a {@link Config} with every key optional, to lay over a preset. */
export interface ConfigOverrides {
  /** Names every random stream of the run. */
  readonly seed?: number;
  /** Names the streams of the initial networks and of the minibatches; null is the seed. */
  readonly trainingSeed?: number | null;
  /** The environment; its name, if it has none, is that of the preset's. */
  readonly environment?: EnvironmentOverrides | null;
  /** The offline data set. */
  readonly dataset?: Partial<DatasetConfig>;
  /** The network of every learner. */
  readonly network?: Partial<NetworkConfig>;
  /** The learners; naming one, even with `{}`, adds it to the run. */
  readonly algorithms?: {
    readonly [Name in keyof AlgorithmSettings]?: Partial<
      AlgorithmSettings[Name]
    >;
  };
  /** Learners of the preset that are left out. */
  readonly without?: readonly AlgorithmName[];
  /** Sampling evaluation. */
  readonly evaluation?: Partial<EvaluationConfig>;
}

/**
 * The algorithms by name, with the hyper-parameters of each: what a configuration states and a
 * Program is built from.
 *
 * @module
 */
import { behaviourCloning, CLONING_LOSS_TERMS } from "./behaviour_cloning.ts";
import type { Program } from "./program.ts";
import { Q_LOSS_TERMS, qLearning } from "./q_learning.ts";

/** What every learner has. */
export interface LearnerSettings {
  /** Updates of the parameters. */
  readonly steps: number;
  /** Adam's step size. */
  readonly learningRate: number;
  /** `"constant"`, or `"linear"`: from `learningRate` at the first step to 0 after the last. */
  readonly learningRateSchedule: "constant" | "linear";
  /** Transitions of a minibatch, drawn uniformly with replacement. */
  readonly batchSize: number;
  /** Steps that one row of `training.csv` averages. */
  readonly logInterval: number;
  /** Networks trained side by side, from their own initial parameters and minibatches; the policy is their mean. */
  readonly members: number;
}

/** Behaviour cloning. */
export interface BcSettings extends LearnerSettings {
  /** Weight of the mean squared normalised logit. */
  readonly beta: number;
}

/** Deep Q-learning, plain or double. */
export interface DqnSettings extends LearnerSettings {
  /** Discount. */
  readonly gamma: number;
  /** Steps between hard copies to the target network. */
  readonly targetUpdateInterval: number;
  /** Rewards are multiplied by it; action values are in its units. */
  readonly rewardScale: number;
  /** How often the target takes the next action to be replaced by a uniform one: a margin of safety. */
  readonly actionNoise: number;
  /**
   * Which policy training leaves: `"last"`, or `"model"`: of the logging intervals in the second half,
   * the one worth most in a pessimistic model counted from the data.
   */
  readonly checkpointChoice: "last" | "model";
}

/** Discrete conservative Q-learning: Double DQN with the conservative term. */
export interface CqlSettings extends DqnSettings {
  /** Weight of the conservative term. */
  readonly alpha: number;
  /** Temperature of its logsumexp: differences of action values far above it count in full. */
  readonly temperature: number;
}

/** The learners of a run, by name. */
export interface AlgorithmSettings {
  /** Behaviour cloning. */
  readonly bc: BcSettings;
  /** Conservative Q-learning. */
  readonly cql: CqlSettings;
  /** Q-learning with the target network's own maximum. */
  readonly dqn: DqnSettings;
  /** Q-learning with the online network's choice and the target network's value. */
  readonly doubleDqn: DqnSettings;
}

/** Name of an algorithm. */
export type AlgorithmName = keyof AlgorithmSettings;

/** An algorithm and its settings. */
export type Algorithm = {
  readonly [Name in AlgorithmName]: {
    readonly name: Name;
    readonly settings: AlgorithmSettings[Name];
  };
}[AlgorithmName];

/**
 * The algorithm's Program.
 *
 * @param sizes Layer widths: observation size, hidden layers, actions.
 * @param tableRows Rows of the observation table.
 */
export function buildProgram(
  algorithm: Algorithm,
  sizes: readonly number[],
  tableRows: number,
): Program {
  const { batchSize } = algorithm.settings;
  const common = { sizes, batchSize, tableRows };
  if (algorithm.name === "bc") {
    return behaviourCloning({ ...common, beta: algorithm.settings.beta });
  }
  return qLearning({
    ...common,
    alpha: algorithm.name === "cql" ? algorithm.settings.alpha : 0,
    temperature: algorithm.name === "cql" ? algorithm.settings.temperature : 1,
    actionNoise: algorithm.settings.actionNoise,
    doubleQ: algorithm.name !== "dqn",
    targetUpdateInterval: algorithm.settings.targetUpdateInterval,
  });
}

/** γ, or 0 for an algorithm that looks at no next observation. */
export function discountOf(algorithm: Algorithm): number {
  return algorithm.name === "bc" ? 0 : algorithm.settings.gamma;
}

/** What rewards are multiplied by before they are learnt from. */
export function rewardScaleOf(algorithm: Algorithm): number {
  return algorithm.name === "bc" ? 1 : algorithm.settings.rewardScale;
}

/** What the network's outputs mean. */
export function outputsOf(algorithm: AlgorithmName): "logits" | "qValues" {
  return algorithm === "bc" ? "logits" : "qValues";
}

/** Names of an algorithm's loss terms, in the order of its program's. */
export function lossTermsOf(algorithm: AlgorithmName): readonly string[] {
  return algorithm === "bc" ? CLONING_LOSS_TERMS : Q_LOSS_TERMS;
}

/**
 * The whole loss from its terms' means.
 *
 * @param terms In the order of the program's `lossTerms`.
 */
export function totalLoss(
  algorithm: Algorithm,
  terms: readonly number[],
): number {
  if (algorithm.name === "bc") return terms[0] + terms[1];
  const alpha = algorithm.name === "cql" ? algorithm.settings.alpha : 0;
  return terms[0] + alpha * terms[1];
}

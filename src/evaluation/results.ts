/**
 * What a run found, as `metrics.json` has it: numbers by the names that the environment gives.
 *
 * @module
 */
import type { Config } from "../config/config.ts";
import type { DatasetSummary, OutcomeRate } from "../dataset/summary.ts";
import type { ExactEvaluation } from "../mdp/exact.ts";
import { type FiniteMdp, type NamedOutcome, unsafeName } from "../mdp/mdp.ts";
import type { Alarms } from "./alarms.ts";
import type { OffPolicyEvaluation } from "./off_policy/evaluate.ts";
import type { ReferencePolicies } from "./references.ts";
import type { RolloutResult } from "./rollout.ts";

/**
 * A policy's exact values, without the distribution behind them; null where one is not defined or only
 * bounds are known.
 */
export interface ExactMetrics extends
  Pick<
    ExactEvaluation,
    "returnMean" | "returnStd" | "cvar10" | "cvar1" | "lengthMean"
  >,
  Partial<
    Pick<ExactEvaluation, "discountedReturnMean" | "discountedReturnStd">
  > {
  /**
   * Of each outcome that the environment names; `unsafeProbability` of any that is unsafe, where there
   * are several; `timeoutProbability` in a world with a horizon, else `neverEndsProbability`.
   */
  readonly [outcome: OutcomeProbability]: number;
}

/** An outcome's name and `Probability`. */
export type OutcomeProbability = `${string}Probability`;

/** Sampled episodes in a few numbers. */
export interface RolloutMetrics
  extends Omit<RolloutResult, "returns" | "outcomeRates" | "unsafeRate"> {
  /** Of each outcome that the environment names. */
  readonly [outcome: OutcomeRate]: number;
}

/** One learnt policy in `metrics.json`; without a known environment only the last four entries. */
export interface PolicyMetrics {
  /** Sampled episodes. */
  readonly rollout?: RolloutMetrics;
  /** Exact values by dynamic programming. */
  readonly exact?: ExactMetrics;
  /** The optimal policy's exact return, discounted where the world is, minus this one's. */
  readonly regret?: number;
  /** Whether the rollouts could have come from the exact distribution; see `checkAgreement`. */
  readonly rolloutAgrees?: boolean;
  /** Of a network, its action in each state, in order; of a grid, a list for each of its columns or rows. */
  readonly greedyActions?: readonly (readonly number[])[];
  /** Of a table, in each state in order, the probability of each action. */
  readonly probabilities?: readonly (readonly number[])[];
  /** What the episodes that are held out say of it, where there are any. */
  readonly offPolicy?: OffPolicyEvaluation;
  /** Share of sampled transitions, of the episodes held out where there are any, whose action is not the policy's. */
  readonly actionMismatchRate: number;
  /** What the data say against it; absent for tables. */
  readonly alarms?: Alarms;
  /** SHA-256 of the policy file. */
  readonly sha256: string;
}

/** The optimal policy in `metrics.json`. */
export type OptimalMetrics = Omit<
  ExactMetrics,
  | "returnStd"
  | "discountedReturnStd"
  | "cvar10"
  | "cvar1"
  | "timeoutProbability"
>;

/** `metrics.json`. */
export interface Metrics {
  /** Name and version of this shape. */
  readonly schema: "holdfast/metrics/1";
  /** The whole configuration. */
  readonly config: Config;
  /** Where the environment is known. */
  readonly environment?: {
    /** In words. */
    readonly title: string;
    /** What can happen that has a name. */
    readonly outcomes: readonly NamedOutcome[];
    /** Steps after which episodes are truncated; null where nothing truncates them. */
    readonly horizon: number | null;
    /** The discount that the world comes with; 1 where it has none. */
    readonly discount: number;
    /** The best that can be done. */
    readonly optimal: OptimalMetrics;
    /** What the environment says of itself. */
    readonly [fact: string]: unknown;
  };
  /** What was learnt from in a few numbers. */
  readonly dataset: DatasetSummary;
  /** The episodes that are held out, where there are any. */
  readonly heldOut?: DatasetSummary;
  /** What looks wrong in data from a file, one line each; see `inspectDataset`. */
  readonly suspicious?: readonly string[];
  /**
   * Why displacements that all places share do not explain the data, as the end of a sentence; null where they do,
   * and alarms and choices rest on that.
   */
  readonly displacementMisfit: string | null;
  /** Learnt policies by algorithm. */
  readonly policies: Readonly<Record<string, PolicyMetrics>>;
  /** Policies that need no training, from the same data; see `referencePolicies`. */
  readonly references?: Readonly<Record<keyof ReferencePolicies, ExactMetrics>>;
}

/** What a world's metrics depend on. */
export type DescribedWorld = Pick<
  FiniteMdp,
  "outcomes" | "horizon" | "discount"
>;

/** Leaves out the distribution, and what says nothing in such a world. */
export function exactMetrics(
  evaluation: ExactEvaluation,
  world: DescribedWorld,
): ExactMetrics {
  const { returnMean, returnStd, cvar10, cvar1 } = evaluation;
  const { discountedReturnMean, discountedReturnStd } = evaluation;
  const { unsafeProbability, lengthMean } = evaluation;
  const { timeoutProbability, neverEndsProbability } = evaluation;
  const named = Object.entries(evaluation.outcomes).map((
    [name, value],
  ): [OutcomeProbability, number] => [`${name}Probability`, value]);
  return {
    ...(world.discount < 1 && { discountedReturnMean, discountedReturnStd }),
    returnMean,
    returnStd,
    cvar10,
    cvar1,
    ...Object.fromEntries(named),
    ...(unsafeName(world) === "unsafe" && { unsafeProbability }),
    ...(world.horizon === null
      ? { neverEndsProbability }
      : { timeoutProbability }),
    lengthMean,
  };
}

/** What becomes of episodes that nothing ends: they run out of time, or never end. */
export function unendedName(
  { horizon }: Pick<DescribedWorld, "horizon">,
): "timeout" | "neverEnds" {
  return horizon === null ? "neverEnds" : "timeout";
}

/** Leaves out the single episodes. */
export function rolloutMetrics(
  rollouts: RolloutResult,
  world: DescribedWorld,
): RolloutMetrics {
  const { episodes, returnMean, returnStd, lengthMean } = rollouts;
  const named = Object.entries(rollouts.outcomeRates).map((
    [name, value],
  ): [OutcomeRate, number] => [`${name}Rate`, value]);
  const { unsafeRate } = rollouts;
  return {
    episodes,
    returnMean,
    returnStd,
    lengthMean,
    ...Object.fromEntries(named),
    ...(unsafeName(world) === "unsafe" && { unsafeRate }),
  };
}

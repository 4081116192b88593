/**
 * Everything that a log says about a policy: support, estimates with intervals, a decision.
 *
 * @module
 */
import type { Dataset } from "../../dataset/dataset.ts";
import { InputError } from "../../errors.ts";
import { randomStream } from "../../numerics/random.ts";
import {
  boundOf,
  decide,
  type Decision,
  type Requirement,
} from "./decision.ts";
import {
  type Estimand,
  estimateAll,
  type QuantityEstimates,
} from "./estimates.ts";
import type { Interval } from "./intervals.ts";
import { episodeCount, type Log } from "./log.ts";
import { actionDependence, outcomeDependence } from "./markov.ts";
import { type Pairs, pairsOf } from "./pairs.ts";
import {
  episodeReturns,
  lengthQuantity,
  outcomeQuantity,
  returnQuantity,
} from "./quantity.ts";
import { allowedReturns } from "./range.ts";
import {
  doubts,
  isCalibrated,
  type PropensitySource,
  type Support,
  supportOf,
  unsupported,
} from "./support.ts";
import { importanceWeights } from "./weights.ts";

/** An outcome and the episodes that have it. */
export interface EpisodeOutcome {
  /** Its name. */
  readonly name: string;
  /** [E] 1 where the episode ended so. */
  readonly ends: Uint8Array;
}

/** How to evaluate. */
export interface OffPolicyOptions {
  /** [N] with which probability each action was taken. */
  readonly propensities: Float64Array;
  /** Where they come from. */
  readonly source: PropensitySource;
  /** γ of the discounted return, in [0, 1]. */
  readonly discount: number;
  /** Steps after which an episode ends in any case; by default those of the longest in the data. */
  readonly horizon?: number;
  /** Returns that can be, beyond those that the rewards in the data allow. */
  readonly returnRange?: Interval;
  /** Data of the same world whose rewards say which returns can be; by default those that are evaluated on. */
  readonly known?: KnownRewards;
  /** Of intervals and bounds, in (0, 1). */
  readonly confidence: number;
  /** Parts of the episodes of which each is estimated with a model of the others; 1: one model of all. */
  readonly folds: number;
  /** Named outcomes. */
  readonly outcomes: readonly EpisodeOutcome[];
  /** What is asked of the policy. */
  readonly requirements: readonly Requirement[];
  /** The largest action value of the policy in the data's observations, if it has action values. */
  readonly largestActionValue: number | null;
  /** Discount with which the action values were learnt; by default `discount`. */
  readonly actionValueDiscount?: number;
  /** Names the streams. */
  readonly seed: number;
}

/** Data whose rewards tell which returns can be. */
export type KnownRewards = Pick<
  Dataset,
  "rewards" | "terminated" | "episodeOffsets"
>;

/** What a log says about a policy. */
export interface OffPolicyEvaluation {
  /** Comes first. */
  readonly decision: Decision;
  /** Of how many episodes of its own the weighted episodes are worth. */
  readonly effectiveSampleSize: number;
  /** How far the policy stays where the data are. */
  readonly support: Support;
  /** What makes the figures doubtful, one line each. */
  readonly doubts: readonly string[];
  /** The estimates. */
  readonly estimates: {
    readonly return: QuantityEstimates;
    readonly discountedReturn: QuantityEstimates;
    readonly length: QuantityEstimates;
    readonly outcomes: Readonly<Record<string, QuantityEstimates>>;
  };
  /** What was assumed. */
  readonly settings: {
    readonly episodes: number;
    readonly transitions: number;
    readonly horizon: number;
    readonly discount: number;
    /** The lowest and the largest return that can be: null where all episodes have the same and nobody knows; bounds and the interval of `is` take it for granted. */
    readonly returnRange: Interval | null;
    readonly confidence: number;
    readonly folds: number;
    readonly propensities: PropensitySource;
    readonly seed: number;
  };
}

/** Exchanges of a test of the past. */
const PERMUTATIONS = 199;
/** What the tests of the past say; the same for every policy. */
export type PastTests = Pick<Support, "outcomeDependence" | "actionDependence">;

/**
 * Tests whether the step before still tells what the present does not.
 *
 * @param seed Names the streams.
 */
export function pastTests(
  dataset: Dataset,
  log: Log,
  pairs: Pairs,
  seed: number,
): PastTests {
  return {
    outcomeDependence: outcomeDependence(
      log,
      pairs,
      dataset.rewards,
      PERMUTATIONS,
      randomStream(seed, "off-policy/outcomes"),
    ),
    actionDependence: actionDependence(
      log,
      pairs,
      PERMUTATIONS,
      randomStream(seed, "off-policy/actions"),
    ),
  };
}

/**
 * Evaluates a policy on the log of another. Time is linear in transitions, times the horizon for models and
 * the number of draws for intervals.
 *
 * @param dataset A valid data set.
 * @param log Its log.
 * @param target [U, A] the policy's probabilities in the log's states.
 * @throws InputError if an episode is longer than the horizon.
 */
export function evaluateOffPolicy(
  dataset: Dataset,
  log: Log,
  target: Float64Array,
  options: OffPolicyOptions,
): OffPolicyEvaluation {
  const { confidence, discount, folds, seed, source } = options;
  const horizon = options.horizon ?? log.longest;
  if (horizon < log.longest) {
    throw new InputError(
      `the horizon is ${horizon} steps, but an episode of the data has ${log.longest}: give at least as many`,
    );
  }
  const pairs = pairsOf(log);
  const weights = importanceWeights(log, target, options.propensities);
  const estimands = estimandsOf(dataset, log, horizon, discount, options);
  const support = supportOf(
    log,
    pairs,
    target,
    weights,
    horizon,
    allowedReturns(
      options.known ?? dataset,
      options.actionValueDiscount ?? discount,
      horizon,
    ),
    {
      largestActionValue: options.largestActionValue,
      ...pastTests(dataset, log, pairs, seed),
    },
  );
  const found = estimateAll(estimands, log, pairs, target, weights, horizon, {
    confidence,
    folds,
    parts: foldsOf(episodeCount(log), folds, seed),
    seed,
  });
  const estimates = new Map(estimands.map(({ name }, k) => [name, found[k]]));
  const byName = new Map(
    estimands.map((estimand) => [estimand.name, estimand]),
  );
  return {
    decision: decide(
      options.requirements,
      unsupported(support, source),
      confidence,
      ({ name, side }, delta) => {
        if (!isCalibrated(source)) return side === "<=" ? Infinity : -Infinity;
        const { quantity, allowed } = byName.get(name)!;
        const sums = episodeReturns(log, quantity);
        return boundOf(weights.last, sums, allowed, side, delta);
      },
    ),
    effectiveSampleSize: support.effectiveSampleSize,
    support,
    doubts: doubts(support, source),
    estimates: {
      return: estimates.get("return")!,
      discountedReturn: estimates.get("discountedReturn")!,
      length: estimates.get("length")!,
      outcomes: Object.fromEntries(
        options.outcomes.map(({ name }) => [name, estimates.get(name)!]),
      ),
    },
    settings: {
      episodes: episodeCount(log),
      transitions: log.actions.length,
      horizon,
      discount,
      returnRange: estimands[0].allowed.every(Number.isFinite)
        ? estimands[0].allowed
        : null,
      confidence,
      folds,
      propensities: source,
      seed,
    },
  };
}

/** Whether two episodes of the data have different returns. */
function returnsVary(
  { rewards, episodeOffsets: offsets }: KnownRewards,
): boolean {
  const sumOf = (e: number) =>
    rewards.subarray(offsets[e], offsets[e + 1])
      .reduce((sum, r) => sum + r, 0);
  for (let e = 1; e + 1 < offsets.length; e++) {
    if (sumOf(e) !== sumOf(0)) return true;
  }
  return false;
}

/** Return, discounted return, length and each outcome. */
export function estimandsOf(
  dataset: Dataset,
  log: Log,
  horizon: number,
  discount: number,
  { outcomes, returnRange: given, known = dataset }: Pick<
    OffPolicyOptions,
    "outcomes" | "returnRange" | "known"
  >,
): Estimand[] {
  const constant = (value: number) => new Float64Array(horizon + 1).fill(value);
  const lowest = known.rewards.reduce((low, r) => Math.min(low, r), Infinity);
  const returns = episodeReturns(log, returnQuantity(dataset, 1));
  // Where all are equal, nobody knows which others can be: a lake of which all episodes end in a hole has a goal.
  const isKnown = given !== undefined || returnsVary(known);
  const ofReturn = (name: string, discount: number): Estimand => {
    const quantity = returnQuantity(dataset, discount);
    const [low, high] = isKnown
      ? allowedReturns(known, discount, horizon)
      : [-Infinity, Infinity];
    const [least, most] = given ?? [low, high];
    return {
      name,
      quantity,
      pessimistic: constant(lowest),
      allowed: [Math.min(low, least), Math.max(high, most)],
    };
  };
  const mean = (of: (e: number) => boolean) => {
    const chosen = returns.filter((_, e) => of(e));
    return chosen.reduce((sum, g) => sum + g, 0) / chosen.length;
  };
  return [
    ofReturn("return", 1),
    ofReturn("discountedReturn", discount),
    {
      name: "length",
      quantity: lengthQuantity(log),
      pessimistic: Float64Array.from({ length: horizon + 1 }, (_, h) => h),
      allowed: [1, horizon],
    },
    ...outcomes.map(({ name, ends }): Estimand => {
      const isBad = mean((e) => ends[e] === 1) < mean(() => true);
      return {
        name,
        quantity: outcomeQuantity(log, ends),
        pessimistic: constant(isBad ? 1 : 0),
        allowed: [0, 1],
      };
    }),
  ];
}

/** [E] the part of each episode: equal parts, drawn. */
export function foldsOf(
  episodes: number,
  folds: number,
  seed: number,
): Uint32Array {
  const parts = Uint32Array.from({ length: episodes }, (_, e) => e % folds);
  const stream = randomStream(seed, "off-policy/folds");
  for (let e = episodes - 1; e > 0; e--) {
    const other = stream.integer(e + 1);
    [parts[e], parts[other]] = [parts[other], parts[e]];
  }
  return parts;
}

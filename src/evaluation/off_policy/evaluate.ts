/**
 * Everything that a log says about a policy: support, estimates with intervals, a decision.
 *
 * @module
 */
import type { Dataset } from "../../dataset/dataset.ts";
import { InputError } from "../../errors.ts";
import { randomStream } from "../../numerics/random.ts";
import { bcaInterval, percentileInterval, resample } from "./bootstrap.ts";
import {
  boundOf,
  decide,
  type Decision,
  type Requirement,
} from "./decision.ts";
import {
  type Baseline,
  baseline,
  doublyRobustTerms,
  weightedDoublyRobust,
} from "./doubly_robust.ts";
import {
  type Estimator,
  meanOf,
  perDecisionTerms,
  trajectoryTerms,
  weightedDecisions,
  weightedTrajectories,
} from "./importance.ts";
import type { Interval } from "./intervals.ts";
import { episodeCount, type Log } from "./log.ts";
import { actionDependence, outcomeDependence } from "./markov.ts";
import { type Pairs, pairsOf } from "./pairs.ts";
import {
  countedModel,
  plugInValue,
  targetOnPairs,
  type Unseen,
} from "./plug_in.ts";
import {
  episodeReturns,
  lengthQuantity,
  outcomeQuantity,
  type Quantity,
  returnQuantity,
} from "./quantity.ts";
import { allowedReturns } from "./range.ts";
import {
  doubts,
  type PropensitySource,
  type Support,
  supportOf,
  unsupported,
} from "./support.ts";
import { importanceWeights, type Weights } from "./weights.ts";

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
  readonly known?: Pick<Dataset, "rewards" | "terminated">;
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

/** An estimate. */
export interface OffPolicyEstimate {
  /** Null where it is not defined: no episode has weight. */
  readonly value: number | null;
  /** Null where there is none. */
  readonly interval: Interval | null;
  /** How the interval was made. */
  readonly method: string;
}

/** The estimators by their names. */
export type EstimatorName =
  | "is"
  | "wis"
  | "pdis"
  | "wpdis"
  | "pluginPessimistic"
  | "plugin"
  | "fqe"
  | "dr"
  | "wdr";

/** All estimates of one quantity. */
export type QuantityEstimates = Readonly<
  Record<EstimatorName, OffPolicyEstimate>
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
    /** The lowest and the largest return that can be: bounds and the interval of `is` take it for granted. */
    readonly returnRange: Interval;
    readonly confidence: number;
    readonly folds: number;
    readonly propensities: PropensitySource;
    readonly seed: number;
  };
}

/** Exchanges of a test of the past. */
const PERMUTATIONS = 999;
/** Draws of a bootstrap where they cost little, and where the data are large. */
const MOST_DRAWS = 1000;
const FEWEST_DRAWS = 100;
/** Additions that one bootstrap may take. */
const MOST_WORK = 3e7;

/** A quantity and what is pessimistic of it. */
interface Estimand {
  readonly name: string;
  readonly quantity: Quantity;
  /** What a pair never seen is worth, at each number of steps to go. */
  readonly pessimistic: Float64Array;
  /** The lowest and the largest sum that can be. */
  readonly allowed: Interval;
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
    },
  );
  const parts = foldsOf(episodeCount(log), folds, seed);
  const estimates = new Map(
    estimands.map((estimand) => [
      estimand.name,
      estimate(estimand, log, pairs, target, weights, horizon, parts, options),
    ]),
  );
  const byName = new Map(
    estimands.map((estimand) => [estimand.name, estimand]),
  );
  return {
    decision: decide(
      options.requirements,
      unsupported(support, source),
      confidence,
      ({ name, side }, delta) => {
        const { quantity, allowed } = byName.get(name)!;
        const sums = episodeReturns(log, quantity);
        return boundOf(weights.last, sums, allowed, side, delta);
      },
    ),
    effectiveSampleSize: support.effectiveSampleSize,
    support,
    doubts: doubts(support),
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
      returnRange: estimands[0].allowed,
      confidence,
      folds,
      propensities: source,
      seed,
    },
  };
}

/** Return, discounted return, length and each outcome. */
function estimandsOf(
  dataset: Dataset,
  log: Log,
  horizon: number,
  discount: number,
  {
    outcomes,
    returnRange = [Infinity, -Infinity],
    known = dataset,
  }: OffPolicyOptions,
): Estimand[] {
  const constant = (value: number) => new Float64Array(horizon + 1).fill(value);
  const lowest = known.rewards.reduce((low, r) => Math.min(low, r), Infinity);
  const ofReturn = (name: string, discount: number): Estimand => {
    const quantity = returnQuantity(dataset, discount);
    const [low, high] = allowedReturns(known, discount, horizon);
    return {
      name,
      quantity,
      pessimistic: constant(lowest),
      allowed: [Math.min(low, returnRange[0]), Math.max(high, returnRange[1])],
    };
  };
  const returns = episodeReturns(log, returnQuantity(dataset, 1));
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

/** Every estimate of a quantity. */
function estimate(
  { name, quantity, pessimistic, allowed }: Estimand,
  log: Log,
  pairs: Pairs,
  target: Float64Array,
  weights: Weights,
  horizon: number,
  parts: Uint32Array,
  { folds, confidence, seed }: OffPolicyOptions,
): QuantityEstimates {
  const zero = new Float64Array(horizon + 1);
  const model = (unseen: Unseen): Estimator => (multiplicity) => {
    const fit = countedModel(log, pairs, quantity, multiplicity);
    const policy = targetOnPairs(log, pairs, fit, target);
    const { discount } = quantity;
    return plugInValue(log, pairs, fit, policy, discount, horizon, unseen);
  };
  const values = crossFitted(
    log,
    pairs,
    quantity,
    target,
    horizon,
    zero,
    folds,
    parts,
  );
  const light: [EstimatorName, Estimator][] = [
    ["wis", weightedTrajectories(log, quantity, weights)],
    ["pdis", meanOf(perDecisionTerms(log, quantity, weights))],
    ["wpdis", weightedDecisions(log, quantity, weights)],
    ["dr", meanOf(doublyRobustTerms(log, quantity, weights, values))],
    ["wdr", weightedDoublyRobust(log, quantity, weights, values)],
  ];
  const heavy: [EstimatorName, Estimator][] = [
    ["pluginPessimistic", model(pessimistic)],
    ["plugin", model(zero)],
  ];
  const episodes = episodeCount(log);
  const once = new Float64Array(episodes).fill(1);
  const delta = 1 - confidence;
  const found: Partial<Record<EstimatorName, OffPolicyEstimate>> = {};
  for (
    const [group, work] of [
      [light, log.actions.length],
      [heavy, log.actions.length + horizon * pairs.next.length],
    ] as const
  ) {
    const draws = Math.max(
      FEWEST_DRAWS,
      Math.min(MOST_DRAWS, Math.floor(MOST_WORK / work)),
    );
    const drawn = resample(
      group.map(([, estimator]) => estimator),
      episodes,
      draws,
      randomStream(seed, `off-policy/bootstrap/${name}`),
    );
    group.forEach(([key, estimator], k) => {
      // Resamples lack pairs that the data hold, which BCa would take for a bias of models.
      found[key] = group === light
        ? {
          value: estimator(once),
          interval: bcaInterval(estimator, episodes, drawn[k], delta),
          method: `BCa bootstrap over episodes, ${draws} draws`,
        }
        : {
          value: estimator(once),
          interval: percentileInterval(drawn[k], delta),
          method:
            `percentile bootstrap over episodes, ${draws} draws, the model counted anew in each`,
        };
    });
  }
  const sums = episodeReturns(log, quantity);
  const side = (side: "<=" | ">=") =>
    boundOf(weights.last, sums, allowed, side, delta / 2);
  return {
    is: {
      value: meanOf(trajectoryTerms(log, quantity, weights))(once),
      interval: [side(">="), side("<=")],
      method: "betting, valid for any number of episodes",
    },
    ...found,
    fqe: found.plugin,
  } as QuantityEstimates;
}

/** Values at the log's steps, each from a model of the other parts; with one part, from a model of all. */
function crossFitted(
  log: Log,
  pairs: Pairs,
  quantity: Quantity,
  target: Float64Array,
  horizon: number,
  unseen: Float64Array,
  folds: number,
  parts: Uint32Array,
): Baseline {
  const values = {
    actionValues: new Float64Array(log.actions.length),
    values: new Float64Array(log.actions.length),
  };
  for (let fold = 0; fold < folds; fold++) {
    const isIn = Uint8Array.from(parts, (part) => part === fold ? 1 : 0);
    const counted = Float64Array.from(isIn, (own) => folds === 1 ? 1 : 1 - own);
    const model = countedModel(log, pairs, quantity, counted);
    baseline(
      log,
      pairs,
      model,
      targetOnPairs(log, pairs, model, target),
      quantity.discount,
      horizon,
      unseen,
      values,
      isIn,
    );
  }
  return values;
}

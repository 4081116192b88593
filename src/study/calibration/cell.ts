/**
 * One data set of a calibration: drawn, and every policy evaluated on it.
 *
 * @module
 */
import { collectDataset } from "../../dataset/collect.ts";
import type { Dataset } from "../../dataset/dataset.ts";
import { boundOf } from "../../evaluation/off_policy/decision.ts";
import {
  type Estimand,
  estimateAll,
  type EstimatorName,
} from "../../evaluation/off_policy/estimates.ts";
import {
  estimandsOf,
  foldsOf,
  pastTests,
} from "../../evaluation/off_policy/evaluate.ts";
import type { Interval } from "../../evaluation/off_policy/intervals.ts";
import {
  episodeCount,
  type Log,
  logOf,
} from "../../evaluation/off_policy/log.ts";
import { pairsOf } from "../../evaluation/off_policy/pairs.ts";
import { countedPropensities } from "../../evaluation/off_policy/propensities.ts";
import { episodeReturns } from "../../evaluation/off_policy/quantity.ts";
import { supportOf, unsupported } from "../../evaluation/off_policy/support.ts";
import { importanceWeights } from "../../evaluation/off_policy/weights.ts";
import type { FiniteMdp } from "../../mdp/mdp.ts";
import { requireHorizon } from "../../mdp/mdp.ts";
import { uniformPolicy } from "../../mdp/mix.ts";
import { asObserved, type ObservedWorld, observedWorld } from "./observed.ts";
import {
  fixedTargets,
  inLog,
  learntPolicy,
  seedOf,
  type Truth,
  truthOf,
  unsafeEnd,
} from "./targets.ts";

/** Estimators of the tables; `fqe` is `plugin` there. */
export const ESTIMATORS = [
  "is",
  "wis",
  "pdis",
  "wpdis",
  "dr",
  "wdr",
  "pluginPessimistic",
  "plugin",
] as const satisfies readonly EstimatorName[];

/** What a calibration is of. */
export interface CalibrationWorld {
  /** In words. */
  readonly title: string;
  /** The world; it has a horizon. */
  readonly mdp: FiniteMdp;
  /** [S, A] who acts. */
  readonly behaviour: Float64Array;
  /** Whether the log says how likely its actions were, or they are counted. */
  readonly propensities: "column" | "counts";
  /** Draws everything. */
  readonly seed: number;
}

/** Confidence of every interval and bound. */
export const CONFIDENCE = 0.95;
/** Parts for cross-fitting. */
const FOLDS = 5;

/** What was found of a quantity. */
export interface FoundQuantity {
  /** By {@link ESTIMATORS}; null where it is not defined. */
  readonly values: readonly (number | null)[];
  /** By {@link ESTIMATORS}. */
  readonly intervals: readonly (Interval | null)[];
  /** The one-sided bound, from below of the value and from above of what is unsafe; null where there is none. */
  readonly bound: number | null;
  /** The same where two conditions share the confidence. */
  readonly sharedBound: number | null;
}

/** What was found of a policy in a data set. */
export interface FoundPolicy {
  /** Exact values. */
  readonly truth: Truth;
  /** Of the value and, where the world has it, of what is unsafe. */
  readonly quantities: readonly FoundQuantity[];
  /** Effective sample size. */
  readonly episodes: number;
  /** Whether the data support it. */
  readonly isSupported: boolean;
}

/** A world with what all its data sets share. */
export interface PreparedWorld extends CalibrationWorld {
  /** What a log shows. */
  readonly observed: ObservedWorld;
  /** [C, A] each, of {@link TARGETS} but the last. */
  readonly fixed: readonly Float64Array[];
  /** Their exact values. */
  readonly truths: readonly Truth[];
}

/**
 * Finds what all data sets share.
 *
 * @throws InputError if the world has no horizon.
 */
export function prepareWorld(world: CalibrationWorld): PreparedWorld {
  const { mdp, behaviour, seed } = world;
  const observed = observedWorld(mdp, behaviour);
  const fixed = fixedTargets(mdp, observed, behaviour, seed);
  const truths = fixed.map((policy) => truthOf(mdp, observed, policy));
  return { ...world, observed, fixed, truths };
}

/**
 * Draws a data set and evaluates every policy on it.
 *
 * @param index Names the data set; those of different sizes begin with the same episodes.
 * @returns In the order of {@link TARGETS}.
 */
export function evaluateDataset(
  world: PreparedWorld,
  episodes: number,
  index: number,
): FoundPolicy[] {
  const { mdp, behaviour, seed, observed, fixed, truths } = world;
  const dataset = collectDataset(
    mdp,
    behaviour,
    episodes,
    seedOf(seed, `data/${index}`),
    undefined,
    true,
  );
  const log = logOf(dataset);
  const uniform = asObserved(observed, uniformPolicy(mdp), mdp.actionCount);
  const here = learntPolicy(dataset, log, observed, uniform);
  const evaluate = evaluator(world, dataset, log);
  return [...fixed, here].map((policy, k) => ({
    truth: truths[k] ?? truthOf(mdp, observed, here),
    ...evaluate(inLog(log, observed, policy)),
  }));
}

/** Evaluates policies on one log: [U, A] each. */
function evaluator(
  { mdp, propensities: source, seed }: CalibrationWorld,
  dataset: Dataset,
  log: Log,
): (target: Float64Array) => Omit<FoundPolicy, "truth"> {
  const pairs = pairsOf(log);
  const horizon = requireHorizon(mdp);
  const end = unsafeEnd(mdp);
  const own = (dataset.outcomes?.names ?? []).indexOf(end ?? "") + 1;
  const outcomes = end === null ? [] : [{
    name: end,
    ends: Uint8Array.from(
      { length: episodeCount(log) },
      (_, e) => own > 0 && dataset.outcomes!.ofEpisode[e] === own ? 1 : 0,
    ),
  }];
  const wanted = mdp.discount < 1 ? "discountedReturn" : "return";
  const estimands = estimandsOf(dataset, log, horizon, mdp.discount, {
    outcomes,
  }).filter(({ name }) => name === wanted || name === end);
  const propensities = source === "column"
    ? dataset.propensities!
    : countedPropensities(log, pairs);
  const past = pastTests(dataset, log, pairs, seed);
  const parts = foldsOf(episodeCount(log), FOLDS, seed);
  return (target) => {
    const weights = importanceWeights(log, target, propensities);
    const support = supportOf(
      log,
      pairs,
      target,
      weights,
      horizon,
      estimands[0].allowed,
      { largestActionValue: null, ...past },
    );
    const found = estimateAll(estimands, log, pairs, target, weights, horizon, {
      confidence: CONFIDENCE,
      folds: FOLDS,
      parts,
      seed,
    });
    const bound = ({ quantity, allowed, name }: Estimand, delta: number) => {
      const side = name === end ? "<=" : ">=";
      const sums = episodeReturns(log, quantity);
      const found = boundOf(weights.last, sums, allowed, side, delta);
      return Number.isFinite(found) ? found : null;
    };
    return {
      quantities: estimands.map((estimand, q) => ({
        values: ESTIMATORS.map((name) => found[q][name].value),
        intervals: ESTIMATORS.map((name) => found[q][name].interval),
        bound: bound(estimand, 1 - CONFIDENCE),
        sharedBound: bound(estimand, (1 - CONFIDENCE) / estimands.length),
      })),
      episodes: support.effectiveSampleSize,
      isSupported: unsupported(support, source).length === 0,
    };
  };
}

/**
 * Every estimate of some quantities, with its interval.
 *
 * @module
 */
import { randomStream } from "../../numerics/random.ts";
import { bcaInterval, percentileInterval, resample } from "./bootstrap.ts";
import { boundOf } from "./decision.ts";
import { type Baseline, baseline } from "./doubly_robust.ts";
import type { Interval } from "./intervals.ts";
import { episodeCount, type Log } from "./log.ts";
import type { Pairs } from "./pairs.ts";
import {
  countedModel,
  countedTransitions,
  expectedVisits,
  meanRewards,
  plugInValue,
  targetOnPairs,
} from "./plug_in.ts";
import { episodeReturns, type Quantity } from "./quantity.ts";
import { episodeSums, estimatesOf, jackknife, WEIGHTED } from "./sums.ts";
import type { Weights } from "./weights.ts";

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
  | "dr"
  | "wdr"
  | "pluginPessimistic"
  | "plugin"
  | "fqe";

/** All estimates of one quantity. */
export type QuantityEstimates = Readonly<
  Record<EstimatorName, OffPolicyEstimate>
>;

/** A quantity and what is pessimistic of it. */
export interface Estimand {
  /** For messages. */
  readonly name: string;
  /** What is estimated. */
  readonly quantity: Quantity;
  /** What a pair never seen is worth, at each number of steps to go. */
  readonly pessimistic: Float64Array;
  /** The lowest and the largest sum that can be. */
  readonly allowed: Interval;
}

/** How to estimate. */
export interface EstimateOptions {
  /** Of intervals, in (0, 1). */
  readonly confidence: number;
  /** Parts of the episodes of which each is estimated with a model of the others; 1: one model of all. */
  readonly folds: number;
  /** [E] the part of each episode. */
  readonly parts: Uint32Array;
  /** Names the streams. */
  readonly seed: number;
}

/** Draws of a bootstrap where they cost little, and where the data are large. */
const MOST_DRAWS = 1000;
const FEWEST_DRAWS = 200;
/** The same where each draw counts a model anew; its intervals are no better for more. */
const MODEL_DRAWS = 100;
/** Additions that one bootstrap may take. */
const MOST_WORK = 1e7;

/**
 * Estimates. Time is linear in transitions, times the horizon for models and the number of draws for intervals.
 *
 * @param target [U, A]
 * @param horizon H
 * @returns One for each estimand.
 */
export function estimateAll(
  estimands: readonly Estimand[],
  log: Log,
  pairs: Pairs,
  target: Float64Array,
  weights: Weights,
  horizon: number,
  options: EstimateOptions,
): QuantityEstimates[] {
  const delta = 1 - options.confidence;
  const weighted = weightedEstimates(
    estimands,
    log,
    pairs,
    target,
    weights,
    horizon,
    options,
  );
  const models = modelEstimates(
    estimands,
    log,
    pairs,
    target,
    horizon,
    options,
  );
  return estimands.map(({ quantity, allowed }, q) => {
    const sums = episodeReturns(log, quantity);
    const side = (side: "<=" | ">=") =>
      boundOf(weights.last, sums, allowed, side, delta / 2);
    const [pluginPessimistic, plugin] = models[q];
    return {
      ...weighted[q],
      is: {
        value: weighted[q].is.value,
        ...(allowed.every(Number.isFinite)
          ? {
            interval: between(side(">="), side("<=")),
            method: "betting, valid for any number of episodes",
          }
          : {
            interval: null,
            method:
              "none: every episode has the same return, and the data do not tell which others can be (--return-range does)",
          }),
      },
      pluginPessimistic,
      plugin,
      fqe: plugin,
    };
  });
}

function weightedEstimates(
  estimands: readonly Estimand[],
  log: Log,
  pairs: Pairs,
  target: Float64Array,
  weights: Weights,
  horizon: number,
  options: EstimateOptions,
): Record<typeof WEIGHTED[number], OffPolicyEstimate>[] {
  const episodes = episodeCount(log);
  const cases = estimands.map(({ quantity }) => ({
    quantity,
    values: crossFitted(log, pairs, quantity, target, horizon, options),
  }));
  const sums = episodeSums(log, weights, cases);
  const drawn = new Float64Array(sums.size);
  const draws = drawsFor(log.actions.length);
  const resampled = resample(
    (multiplicity, into) => {
      drawn.fill(0);
      for (let e = 0; e < episodes; e++) {
        if (multiplicity[e] > 0) sums.add(e, multiplicity[e], drawn);
      }
      sums.finish(drawn, into);
    },
    sums.count,
    episodes,
    draws,
    randomStream(options.seed, "off-policy/bootstrap"),
  );
  const values = estimatesOf(sums, episodes);
  const without = jackknife(sums, episodes);
  const delta = 1 - options.confidence;
  return estimands.map((_, q) =>
    Object.fromEntries(WEIGHTED.map((key, j) => {
      const k = q * WEIGHTED.length + j;
      return [key, {
        value: Number.isNaN(values[k]) ? null : values[k],
        interval: bcaInterval(values[k], without[k], resampled[k], delta),
        method: `BCa bootstrap over episodes, ${draws} draws`,
      }];
    })) as Record<typeof WEIGHTED[number], OffPolicyEstimate>
  );
}

/** Of each estimand the pessimistic plug-in estimate and the plain one. */
function modelEstimates(
  estimands: readonly Estimand[],
  log: Log,
  pairs: Pairs,
  target: Float64Array,
  horizon: number,
  options: EstimateOptions,
): OffPolicyEstimate[][] {
  const episodes = episodeCount(log);
  const estimate = modelSums(estimands, log, pairs, target, horizon);
  const resampled = resample(
    estimate,
    2 * estimands.length,
    episodes,
    MODEL_DRAWS,
    randomStream(options.seed, "off-policy/bootstrap/models"),
  );
  const once = new Float64Array(episodes).fill(1);
  const zero = new Float64Array(horizon + 1);
  return estimands.map(({ quantity, pessimistic }, q) => {
    const model = countedModel(log, pairs, quantity, once);
    const policy = targetOnPairs(log, pairs, model, target);
    return [pessimistic, zero].map((unseen, k) => ({
      value: plugInValue(
        log,
        pairs,
        model,
        policy,
        quantity.discount,
        horizon,
        unseen,
      ),
      // Resamples lack pairs that the data hold, which BCa would take for a bias.
      interval: percentileInterval(
        resampled[2 * q + k],
        1 - options.confidence,
      ),
      method:
        `percentile bootstrap over episodes, ${MODEL_DRAWS} draws, the model counted anew in each`,
    }));
  });
}

/**
 * The plug-in estimates of all quantities as a function of the episodes' multiplicities, from one recursion a
 * discount.
 */
function modelSums(
  estimands: readonly Estimand[],
  log: Log,
  pairs: Pairs,
  target: Float64Array,
  horizon: number,
) {
  const discounts = new Set(estimands.map(({ quantity }) => quantity.discount));
  return (multiplicity: Float64Array, into: Float64Array) => {
    const counted = countedTransitions(log, pairs, multiplicity);
    const model = { ...counted, reward: new Float64Array(0) };
    const policy = targetOnPairs(log, pairs, model, target);
    for (const discount of discounts) {
      const expected = expectedVisits(
        log,
        pairs,
        model,
        policy,
        discount,
        horizon,
      );
      estimands.forEach(({ quantity, pessimistic }, q) => {
        if (quantity.discount !== discount) return;
        const { rewards } = quantity;
        const mean = meanRewards(
          log,
          pairs,
          model.visits,
          rewards,
          multiplicity,
        );
        let plain = 0;
        for (let k = 0; k < mean.length; k++) {
          plain += expected.pairs[k] * mean[k];
        }
        let worst = plain;
        for (let h = 1; h <= horizon; h++) {
          worst += expected.unseen[h] * pessimistic[h];
        }
        into[2 * q] = worst;
        into[2 * q + 1] = plain;
      });
    }
  };
}

function drawsFor(work: number): number {
  const draws = Math.floor(MOST_WORK / work);
  return Math.max(FEWEST_DRAWS, Math.min(MOST_DRAWS, draws));
}

/** Values at the log's steps, each from a model of the other parts; with one part, from a model of all. */
function crossFitted(
  log: Log,
  pairs: Pairs,
  quantity: Quantity,
  target: Float64Array,
  horizon: number,
  { folds, parts }: EstimateOptions,
): Baseline {
  const unseen = new Float64Array(horizon + 1);
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

/** Null where an end is none: the weights are wrong. */
function between(low: number, high: number): Interval | null {
  return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : null;
}

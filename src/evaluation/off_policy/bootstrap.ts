/**
 * Bootstrap over episodes: they are independent, their steps are not.
 *
 * @module
 */
import { normalProbability, normalQuantile } from "../../numerics/normal.ts";
import type { RandomStream } from "../../numerics/random.ts";
import { percentile } from "../statistics.ts";
import type { Estimator } from "./importance.ts";
import type { Interval } from "./intervals.ts";

/** Estimates of resampled episodes. */
export interface Resampled {
  /** In growing order; those that are not defined are left out. */
  readonly sorted: Float64Array;
  /** Draws in which the estimate is not defined. */
  readonly undefined: number;
}

/**
 * Draws as many episodes with replacement and estimates again.
 *
 * @param estimators Each is computed of the same draws.
 * @param episodes E
 * @param draws How often.
 * @returns One for each estimator.
 */
export function resample(
  estimators: readonly Estimator[],
  episodes: number,
  draws: number,
  stream: RandomStream,
): Resampled[] {
  const values = estimators.map(() => new Float64Array(draws));
  const counts = estimators.map(() => 0);
  const multiplicity = new Float64Array(episodes);
  for (let draw = 0; draw < draws; draw++) {
    multiplicity.fill(0);
    for (let e = 0; e < episodes; e++) multiplicity[stream.integer(episodes)]++;
    estimators.forEach((estimate, k) => {
      const value = estimate(multiplicity);
      if (value !== null) values[k][counts[k]++] = value;
    });
  }
  return values.map((all, k) => ({
    sorted: all.slice(0, counts[k]).sort(),
    undefined: draws - counts[k],
  }));
}

/** The percentile interval; null where no draw is defined. */
export function percentileInterval(
  { sorted }: Resampled,
  delta: number,
): Interval | null {
  if (sorted.length === 0) return null;
  return [percentile(sorted, delta / 2), percentile(sorted, 1 - delta / 2)];
}

/** Groups of episodes that are left out in turn: more cost time and change little. */
const GROUPS = 200;

/**
 * The bias-corrected and accelerated interval, BCa (Efron 1987, "Better bootstrap confidence intervals"):
 * percentiles moved for the bias of the median and for a spread that changes with the value. The acceleration
 * is the jackknife's, over groups of episodes where there are many.
 *
 * @returns Null where the estimate is not defined, in itself or in a part of the episodes.
 */
export function bcaInterval(
  estimate: Estimator,
  episodes: number,
  { sorted }: Resampled,
  delta: number,
): Interval | null {
  const multiplicity = new Float64Array(episodes).fill(1);
  const value = estimate(multiplicity);
  if (value === null || sorted.length === 0) return null;
  if (sorted[0] === sorted[sorted.length - 1]) return [value, value];
  const groups = Math.min(episodes, GROUPS);
  const without: number[] = [];
  for (let g = 0; g < groups; g++) {
    for (let e = g; e < episodes; e += groups) multiplicity[e] = 0;
    const left = estimate(multiplicity);
    for (let e = g; e < episodes; e += groups) multiplicity[e] = 1;
    if (left === null) return null;
    without.push(left);
  }
  const mean = without.reduce((sum, x) => sum + x, 0) / groups;
  let squares = 0;
  let cubes = 0;
  for (const x of without) {
    squares += (mean - x) ** 2;
    cubes += (mean - x) ** 3;
  }
  const acceleration = squares === 0
    ? 0
    : cubes / (6 * squares * Math.sqrt(squares));
  let below = 0;
  let equal = 0;
  for (const x of sorted) {
    if (x < value) below++;
    if (x === value) equal++;
  }
  const bias = normalQuantile((below + equal / 2) / sorted.length);
  const end = (p: number) => {
    const z = bias + normalQuantile(p);
    const share = normalProbability(bias + z / (1 - acceleration * z));
    return percentile(sorted, share);
  };
  return [end(delta / 2), end(1 - delta / 2)];
}

/**
 * Bootstrap over episodes: they are independent, their steps are not.
 *
 * @module
 */
import { normalProbability, normalQuantile } from "../../numerics/normal.ts";
import type { RandomStream } from "../../numerics/random.ts";
import { percentile } from "../statistics.ts";
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
 * @param estimate Writes the estimates, given how often each episode counts, [E]; NaN where one is not defined.
 * @param count How many estimates there are.
 * @param episodes E
 * @param draws How often.
 * @returns One for each estimate.
 */
export function resample(
  estimate: (multiplicity: Float64Array, into: Float64Array) => void,
  count: number,
  episodes: number,
  draws: number,
  stream: RandomStream,
): Resampled[] {
  const values = new Float64Array(count * draws);
  const multiplicity = new Float64Array(episodes);
  const found = new Float64Array(count);
  for (let draw = 0; draw < draws; draw++) {
    multiplicity.fill(0);
    for (let e = 0; e < episodes; e++) multiplicity[stream.integer(episodes)]++;
    estimate(multiplicity, found);
    for (let k = 0; k < count; k++) values[k * draws + draw] = found[k];
  }
  return Array.from({ length: count }, (_, k) => {
    const sorted = values.slice(k * draws, (k + 1) * draws)
      .filter((x) => !Number.isNaN(x)).sort();
    return { sorted, undefined: draws - sorted.length };
  });
}

/** The percentile interval; null where no draw is defined. */
export function percentileInterval(
  { sorted }: Resampled,
  delta: number,
): Interval | null {
  if (sorted.length === 0) return null;
  return [percentile(sorted, delta / 2), percentile(sorted, 1 - delta / 2)];
}

/**
 * The bias-corrected and accelerated interval, BCa (Efron 1987, "Better bootstrap confidence intervals"):
 * percentiles moved for the bias of the median and for a spread that changes with the value. The acceleration
 * is the jackknife's.
 *
 * @param value The estimate; NaN where it is not defined.
 * @param without The estimates without each group of episodes.
 * @returns Null where the estimate is not defined, in itself or in a part of the episodes, or is too large
 *   to be squared.
 */
export function bcaInterval(
  value: number,
  without: Float64Array,
  { sorted }: Resampled,
  delta: number,
): Interval | null {
  if (Number.isNaN(value) || sorted.length === 0) return null;
  if (sorted[0] === sorted[sorted.length - 1]) return [value, value];
  if (without.some(Number.isNaN)) return null;
  const mean = without.reduce((sum, x) => sum + x, 0) / without.length;
  let squares = 0;
  let cubes = 0;
  for (const x of without) {
    squares += (mean - x) ** 2;
    cubes += (mean - x) ** 3;
  }
  const acceleration = squares === 0
    ? 0
    : cubes / (6 * squares * Math.sqrt(squares));
  // Weights beyond all measure: their squares are too large for a number.
  if (!Number.isFinite(acceleration)) return null;
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

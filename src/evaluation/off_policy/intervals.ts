/**
 * Intervals for the mean of independent terms, one an episode.
 *
 * @module
 */
import { studentQuantile } from "../../numerics/normal.ts";

/** Lower and upper end. */
export type Interval = readonly [low: number, high: number];

/** Terms cut to a range, which moves their mean, and how many were. */
export function clipped(
  terms: Float64Array,
  low: number,
  high: number,
): { terms: Float64Array; count: number } {
  const count = terms.filter((x) => x < low || x > high).length;
  return { terms: terms.map((x) => Math.min(high, Math.max(low, x))), count };
}

/** Mean and standard deviation with n - 1, in two passes. */
export function sampleMoments(
  terms: Float64Array,
): { mean: number; std: number } {
  const n = terms.length;
  const mean = terms.reduce((sum, x) => sum + x, 0) / n;
  const squares = terms.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  return { mean, std: Math.sqrt(squares / (n - 1)) };
}

/**
 * Student's t: m ± t s / √n. Right for many terms without heavy tails; importance weights have them.
 *
 * @param terms At least two.
 * @param delta 1 less the confidence.
 */
export function studentInterval(terms: Float64Array, delta: number): Interval {
  const { mean, std } = sampleMoments(terms);
  const n = terms.length;
  return around(
    mean,
    studentQuantile(1 - delta / 2, n - 1) * std / Math.sqrt(n),
  );
}

/**
 * Hoeffding (1963): valid for every distribution on [low, high], at (high - low) √(ln(1/δ) / 2n) a side.
 *
 * @param delta 1 less the confidence: of both ends together, or of each where `sides` is 1.
 */
export function hoeffdingInterval(
  terms: Float64Array,
  range: Interval,
  delta: number,
  sides: 1 | 2,
): Interval {
  const { mean } = sampleMoments(terms);
  const width = range[1] - range[0];
  return around(
    mean,
    width * Math.sqrt(Math.log(sides / delta) / (2 * terms.length)),
  );
}

/**
 * Empirical Bernstein (Maurer and Pontil 2009, theorem 4): valid for every distribution on [low, high], and
 * narrower than Hoeffding's where the spread is small.
 *
 * @param delta As for {@link hoeffdingInterval}.
 */
export function bernsteinInterval(
  terms: Float64Array,
  range: Interval,
  delta: number,
  sides: 1 | 2,
): Interval {
  const n = terms.length;
  const { mean, std } = sampleMoments(terms);
  const log = Math.log(2 * sides / delta);
  return around(
    mean,
    Math.sqrt(2 * std * std * log / n) +
      7 * (range[1] - range[0]) * log / (3 * (n - 1)),
  );
}

function around(middle: number, half: number): Interval {
  return [middle - half, middle + half];
}

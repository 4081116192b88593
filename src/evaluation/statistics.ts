/**
 * Statistics over seeds, as rliable defines them (Agarwal, Schwarzer, Castro, Courville and
 * Bellemare 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice"):
 * with few runs a mean hides its uncertainty and one bad run moves it; the interquartile
 * mean with a bootstrap interval does better on both counts.
 *
 * All functions are pure. Only +, -, *, / and comparisons are used.
 *
 * @module
 */

import type { RandomStream } from "../numerics/random.ts";

/** Scores of one algorithm: higher is better. */
export interface ScoreMatrix {
  /** Number of runs (seeds) of each task. */
  readonly runs: number;
  /** Number of tasks (environments); the strata of the bootstrap. */
  readonly tasks: number;
  /** [runs, tasks] row-major. */
  readonly scores: Float64Array;
}

/** Mean of all scores. */
export function meanScore({ scores }: ScoreMatrix): number {
  return mean(scores, 0, scores.length);
}

/**
 * Interquartile mean (IQM): the mean of the scores, of all tasks together, that are left when
 * the lowest and the highest floor(n / 4) are discarded (section 4.3; `aggregate_iqm`).
 */
export function interquartileMean({ scores }: ScoreMatrix): number {
  const sorted = scores.slice().sort();
  const cut = Math.floor(sorted.length / 4);
  return mean(sorted, cut, sorted.length - cut);
}

/**
 * Median of the scores of all tasks together. (rliable's `aggregate_median` is the median
 * over tasks of each task's mean, which for a single task is the mean.)
 */
export function medianScore({ scores }: ScoreMatrix): number {
  return percentile(scores.slice().sort(), 0.5);
}

/**
 * By how much each score falls short of its optimum, 0 where it does not. The mean of these
 * is the optimality gap (section 4.3; `aggregate_optimality_gap` with gamma the optimum),
 * here with an optimum for each run, as each seed has its own environment.
 *
 * @param matrix Scores.
 * @param optima [runs, tasks] the best possible score of each.
 * @returns Gaps: lower is better.
 */
export function optimalityGaps(
  matrix: ScoreMatrix,
  optima: Float64Array,
): ScoreMatrix {
  return {
    ...matrix,
    scores: matrix.scores.map((score, i) => Math.max(0, optima[i] - score)),
  };
}

/**
 * Probability that a run of x scores higher than a run of y on the same task, ties counted
 * half, averaged over tasks (section 4.3; `probability_of_improvement`).
 *
 * @param x Scores of one algorithm.
 * @param y Scores of another on the same tasks; the number of runs may differ.
 */
export function probabilityOfImprovement(
  x: ScoreMatrix,
  y: ScoreMatrix,
): number {
  let sum = 0;
  for (let task = 0; task < x.tasks; task++) {
    let wins = 0;
    for (let i = 0; i < x.runs; i++) {
      for (let j = 0; j < y.runs; j++) {
        const a = x.scores[i * x.tasks + task];
        const b = y.scores[j * y.tasks + task];
        wins += a > b ? 1 : a === b ? 0.5 : 0;
      }
    }
    sum += wins / (x.runs * y.runs);
  }
  return sum / x.tasks;
}

/**
 * Performance profile: for each threshold the share of all scores above it (section 4.2, the
 * run-score distribution).
 *
 * @param matrix Scores.
 * @param thresholds [n]
 * @returns [n]
 */
export function performanceProfile(
  { scores }: ScoreMatrix,
  thresholds: Float64Array,
): Float64Array {
  return thresholds.map((threshold) => {
    let above = 0;
    for (const score of scores) if (score > threshold) above++;
    return above / scores.length;
  });
}

/**
 * Percentile intervals of 95 % by the stratified bootstrap (section 4.1): in each replicate
 * the runs of every matrix and task are drawn again with replacement, independently, and the
 * statistics are computed anew; the interval goes from the 2.5th to the 97.5th percentile.
 *
 * @param matrices What the statistics are computed of: one matrix, or two to compare.
 * @param statistics Statistics of the resampled matrices, n numbers.
 * @param replicates How often to draw; 2,000 and more for figures that are published.
 * @param stream Where the draws come from.
 * @returns [n] lower and upper bound of each statistic.
 */
export function bootstrapIntervals(
  matrices: readonly ScoreMatrix[],
  statistics: (resampled: readonly ScoreMatrix[]) => ArrayLike<number>,
  replicates: number,
  stream: RandomStream,
): [number, number][] {
  const resampled = matrices.map((m) => ({ ...m, scores: m.scores.slice() }));
  const drawn: Float64Array[] = [];
  for (let replicate = 0; replicate < replicates; replicate++) {
    matrices.forEach(({ runs, tasks, scores }, m) => {
      for (let i = 0; i < scores.length; i++) {
        resampled[m].scores[i] =
          scores[stream.integer(runs) * tasks + i % tasks];
      }
    });
    drawn.push(Float64Array.from(statistics(resampled)));
  }
  return Array.from(drawn[0], (_, k) => {
    const sorted = Float64Array.from(drawn, (values) => values[k]).sort();
    return [percentile(sorted, 0.025), percentile(sorted, 0.975)];
  });
}

/** Linear interpolation between order statistics, as `numpy.percentile` does. */
function percentile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

function mean(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  return sum / (to - from);
}

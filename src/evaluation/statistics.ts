/**
 * Statistics over seeds, as rliable defines them (Agarwal, Schwarzer, Castro, Courville and
 * Bellemare 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice"):
 * with few runs a mean hides its uncertainty and one bad run moves it; the interquartile
 * mean with a bootstrap interval does better on both counts.
 *
 * Where there is one, an interval is exact for any distribution of the scores: that of a share of
 * runs by Clopper and Pearson, that of a median by order statistics. There is none for a mean: of
 * few runs from a distribution with rare disasters no method holds what it claims.
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
  /**
   * How many runs, one after the other, have something in common, such as the data: the bootstrap draws
   * them together. Without it, 1.
   */
  readonly together?: number;
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
  return interquartileMeanOf(scores.slice().sort());
}

/** The same of ascending scores. */
export function interquartileMeanOf(sorted: Float64Array): number {
  const cut = Math.floor(sorted.length / 4);
  return mean(sorted, cut, sorted.length - cut);
}

/**
 * Median of the scores of all tasks together. (rliable's `aggregate_median` is the median
 * over tasks of each task's mean, which for a single task is the mean.)
 */
export function medianScore({ scores }: ScoreMatrix): number {
  return medianOf(scores.slice().sort());
}

/** The same of ascending scores. */
export function medianOf(sorted: Float64Array): number {
  return percentile(sorted, 0.5);
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
    const others = sortedScores(y, task);
    let wins = 0;
    for (const score of sortedScores(x, task)) {
      const below = countBelow(others, score);
      const equal = countAtMost(others, score) - below;
      wins += below + equal / 2;
    }
    sum += wins / (x.runs * y.runs);
  }
  return sum / x.tasks;
}

/** Scores of one task, ascending. */
function sortedScores(
  { scores, runs, tasks }: ScoreMatrix,
  task: number,
): Float64Array {
  return Float64Array.from({ length: runs }, (_, i) => scores[i * tasks + task])
    .sort();
}

/** How many of some ascending numbers are smaller than one. */
function countBelow(sorted: Float64Array, value: number): number {
  return firstWhere(sorted, (other) => other >= value);
}

/** How many are not larger. */
function countAtMost(sorted: Float64Array, value: number): number {
  return firstWhere(sorted, (other) => other > value);
}

/** Index of the first for which a condition holds that holds for all after it; the length if for none. */
function firstWhere(
  sorted: Float64Array,
  holds: (value: number) => boolean,
): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
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
  const sorted = scores.slice().sort();
  return thresholds.map((threshold) =>
    (sorted.length - countAtMost(sorted, threshold)) / sorted.length
  );
}

/**
 * Percentile intervals of 95 % by the stratified bootstrap (section 4.1): in each replicate
 * the runs of every matrix and task are drawn again with replacement, independently, and the
 * statistics are computed again; the interval goes from the 2.5th to the 97.5th percentile. Runs
 * that have something in common are drawn together (the cluster bootstrap: Davison and Hinkley
 * 1997, "Bootstrap Methods and their Application", section 3.8, strategy 1).
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
    matrices.forEach(({ runs, tasks, scores, together = 1 }, m) => {
      const groups = runs / together;
      const length = together * tasks;
      for (let i = 0; i < groups * tasks; i++) {
        const [to, from] = [Math.floor(i / tasks), stream.integer(groups)]
          .map((group) => group * length + i % tasks);
        for (let j = 0; j < length; j += tasks) {
          resampled[m].scores[to + j] = scores[from + j];
        }
      }
    });
    drawn.push(Float64Array.from(statistics(resampled)));
  }
  return Array.from(drawn[0], (_, k) => {
    const sorted = Float64Array.from(drawn, (values) => values[k]).sort();
    return [percentile(sorted, 0.025), percentile(sorted, 0.975)];
  });
}

/**
 * The interval of {@link bootstrapIntervals} for one matrix and a statistic that depends on nothing but the
 * scores in ascending order, from the same draws: they are counted and never sorted again, so that a large
 * study is drawn from in linear time.
 *
 * @param statistic Of ascending scores.
 */
export function bootstrapInterval(
  { runs, tasks, scores, together = 1 }: ScoreMatrix,
  statistic: (sorted: Float64Array) => number,
  replicates: number,
  stream: RandomStream,
): [number, number] {
  const order = Uint32Array.from(scores.keys())
    .sort((a, b) => scores[a] - scores[b]);
  const groups = runs / together;
  const length = together * tasks;
  const counts = new Uint32Array(scores.length);
  const sorted = new Float64Array(scores.length);
  const drawn = Float64Array.from({ length: replicates }, () => {
    counts.fill(0);
    for (let i = 0; i < groups * tasks; i++) {
      const from = stream.integer(groups) * length + i % tasks;
      for (let j = 0; j < length; j += tasks) counts[from + j]++;
    }
    let n = 0;
    for (const i of order) {
      for (let c = counts[i]; c > 0; c--) sorted[n++] = scores[i];
    }
    return statistic(sorted);
  }).sort();
  return [percentile(drawn, 0.025), percentile(drawn, 0.975)];
}

/** Two variances of scores that come in groups. */
export interface Variances {
  /** Between what groups have in common; null with fewer than two groups or one score in each. */
  readonly between: number | null;
  /** Between the scores of a group; null with one score in each. */
  readonly within: number | null;
}

/**
 * Variance components of the one-way random-effects model, score ij = mean + group i + rest ij, by
 * the analysis of variance for groups of one size (Searle, Casella and McCulloch 1992, "Variance
 * Components", chapter 3): with n groups of k scores,
 *
 *     MSA = k · Σi (mean of group i − mean)² / (n − 1)
 *     MSE = Σij (score ij − mean of group i)² / (n · (k − 1))
 *     within = MSE,  between = max(0, (MSA − MSE) / k)
 *
 * The estimate of the first is unbiased but for the cut at 0.
 *
 * @param scores [n, k] group by group.
 * @param size Scores of a group, k.
 *
 * @example Groups that differ by more than their scores do
 * ```ts
 * import { groupVariances } from "@holdfast/offline-rl/statistics";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(groupVariances(Float64Array.of(1, 3, 6, 8), 2), { between: 11.5, within: 2 });
 * ```
 */
export function groupVariances(scores: Float64Array, size: number): Variances {
  const groups = scores.length / size;
  const means = groupMeans(scores, size);
  const squares = (values: Float64Array, around: (i: number) => number) =>
    values.reduce((sum, value, i) => {
      const difference = value - around(i);
      return sum + difference * difference;
    }, 0);
  if (size < 2) return { between: null, within: null };
  const within = squares(scores, (i) => means[Math.floor(i / size)]) /
    (groups * (size - 1));
  if (groups < 2) return { between: null, within };
  const centre = mean(means, 0, groups);
  const among = size * squares(means, () => centre) / (groups - 1);
  return { between: Math.max(0, (among - within) / size), within };
}

/** [n] mean of each group of scores, [n, size]. */
export function groupMeans(scores: Float64Array, size: number): Float64Array {
  return Float64Array.from(
    { length: scores.length / size },
    (_, i) => mean(scores, i * size, (i + 1) * size),
  );
}

/**
 * Interval of at least 95 % for the share of successes in a population, from independent trials
 * (Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of
 * the binomial"). All successes in few trials are no certainty: of 5 in 5 it is [0.478, 1].
 *
 * @param successes At least 0, at most `trials`. Where it is not an integer it is rounded outwards for
 *   each limit, so that a share of pairs of runs, which is known better than that of as many single
 *   runs, has a limit on the safe side.
 * @param trials At least 1.
 */
export function shareInterval(
  successes: number,
  trials: number,
): [low: number, high: number] {
  const atLeast = Math.floor(successes);
  const failures = Math.floor(trials - successes);
  return [lowestShare(atLeast, trials), 1 - lowestShare(failures, trials)];
}

/** The share at which this many successes or more have probability 2.5 %. */
function lowestShare(successes: number, trials: number): number {
  let [low, high] = [0, successes / trials];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (binomialTail(trials, successes, middle) < 0.025) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Interval of at least 95 % for the median of the distribution that values are drawn from
 * independently, whatever it is: from the k-th lowest to the k-th highest value (David and Nagaraja
 * 2003, "Order Statistics", section 7.1). Null for fewer than six values, of which even the lowest
 * and the highest do not hold it.
 */
export function medianInterval(
  values: Float64Array,
): [low: number, high: number] | null {
  const n = values.length;
  let k = 0;
  while (k < n && binomialTail(n, n - k, 0.5) <= 0.025) k++;
  if (k === 0) return null;
  const sorted = values.slice().sort();
  return [sorted[k - 1], sorted[n - k]];
}

/**
 * Probability of at least k successes in n trials of probability p. Terms are taken relative to the
 * largest, so that none is too small for the sum.
 */
function binomialTail(n: number, k: number, p: number): number {
  if (k <= 0) return 1;
  const odds = p / (1 - p);
  const mode = Math.min(n, Math.floor((n + 1) * p));
  let tail = 0;
  let all = 0;
  const add = (j: number, term: number) => {
    all += term;
    if (j >= k) tail += term;
  };
  for (let j = mode, term = 1; term > 1e-20; j++) {
    add(j, term);
    term *= odds * (n - j) / (j + 1);
  }
  for (let j = mode, term = 1; j > 0;) {
    term *= j / ((n - j + 1) * odds);
    if (term < 1e-20) break;
    add(--j, term);
  }
  return tail / all;
}

/** Linear interpolation between order statistics, as `numpy.percentile` does. */
export function percentile(sorted: Float64Array, share: number): number {
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

/**
 * What a study's series show: aggregates, comparisons and profiles, with intervals of 95 % where
 * there is one that holds it.
 *
 * Every seed is one run of one task, so the bootstrap draws seeds, each with all its training seeds. Each
 * interval has a random stream of its own: it depends on what it is of and not on what else is in the study.
 *
 * @module
 */
import type {
  Aggregates,
  ByQuantity,
  Centre,
  Comparison,
  Estimate,
  PairedComparison,
  Profiles,
  Quantity,
  SeedValue,
  SeriesProfile,
  StudyCurve,
} from "../evaluation/study_results.ts";
import {
  bootstrapInterval,
  groupMeans,
  groupVariances,
  interquartileMeanOf,
  meanScore,
  medianInterval,
  medianOf,
  medianScore,
  optimalityGaps,
  performanceProfile,
  probabilityOfImprovement,
  type ScoreMatrix,
  shareInterval,
} from "../evaluation/statistics.ts";
import type { OutcomeProbability } from "../evaluation/results.ts";
import { randomStream } from "../numerics/random.ts";
import type { StudyCell } from "./config.ts";
import { columnOf, optimalOf, type PolicySeries } from "./series.ts";
import type { PolicyName } from "../evaluation/study_results.ts";

/** Draws of each bootstrap. */
export const REPLICATES = 2_000;

/** With fewer seeds the bootstrap's intervals hold too much less than 95 %; see docs/studies.md. */
export const FEWEST_SEEDS = 10;

/** Names the bootstrap's random streams. */
const BOOTSTRAP_SEED = 0;

/** Statistics of a series, by quantity. */
export function aggregateSeries(
  series: PolicySeries,
): ByQuantity<Aggregates> {
  return perQuantity(series.quantities, (quantity) => {
    const scores = valuesOf(series, quantity);
    const sign = signOf(quantity);
    const optima = optimalOf(series, quantity);
    const gaps = optima && optimalityGaps(
      scaled(scores, sign),
      optima.map((optimum) => sign * optimum),
    );
    const worst = scores.scores.reduce(
      (worst, value, i) =>
        sign * value < sign * scores.scores[worst] ? i : worst,
      0,
    );
    return {
      ...centreOf(scores, `aggregates/${quantity}/${nameOf(series)}`),
      optimalityGap: gaps && meanScore(gaps),
      worst: { value: scores.scores[worst], ...seedsOf(series.cells[worst]) },
      ...(series.variesTraining && {
        // What is one draw, where all have the same data, is a training.
        variances: groupVariances(
          scores.scores,
          series.together === 1 ? scores.runs : series.together,
        ),
      }),
    };
  });
}

/** What names a cell among those of its policy. */
function seedsOf({ seed, trainingSeed }: StudyCell): Omit<SeedValue, "value"> {
  return { seed, ...(trainingSeed !== undefined && { trainingSeed }) };
}

/** Medians over the seeds of how often what is not unsafe happens, and of how often nothing ends an episode. */
export function medianEnds(
  { values, outcomes, unended }: PolicySeries,
): Readonly<Record<OutcomeProbability, number>> {
  if (unended === null) return {};
  const harmless = outcomes.filter(({ unsafe }) => !unsafe);
  const names = [...harmless.map(({ name }) => name), unended];
  return Object.fromEntries(names.map((name) => {
    const key: OutcomeProbability = `${name}Probability`;
    return [key, medianScore(matrixOf(columnOf(values, key)))];
  }));
}

/**
 * Compares each pair of series.
 *
 * @param group PolicySeries of the same environment and data.
 */
export function compareSeries(group: readonly PolicySeries[]): Comparison[] {
  return group.flatMap((x, i) =>
    group.slice(i + 1).map((y): Comparison => ({
      better: { preset: x.preset, policy: x.policy },
      than: { preset: y.preset, policy: y.policy },
      probability: perQuantity(x.quantities, (quantity) => {
        const [a, b] = [x, y].map((series) =>
          scaled(valuesOf(series, quantity), signOf(quantity))
        );
        const draws = Math.max(drawsOf(a), drawsOf(b));
        return shareEstimate(probabilityOfImprovement(a, b) * draws, draws);
      }),
      paired: perQuantity(
        x.quantities,
        (quantity) => pairedComparison(x, y, quantity),
      ),
    }))
  );
}

function pairedComparison(
  x: PolicySeries,
  y: PolicySeries,
  quantity: Quantity,
): PairedComparison {
  // By seed; where that is one, by training seed, and what is not trained has one value for all.
  const [a, b] = [x, y].map((series) => {
    const { scores, together = 1 } = valuesOf(series, quantity);
    return groupMeans(scores, together);
  });
  const scores = Float64Array.from(
    { length: Math.max(a.length, b.length) },
    (_, i) => a[a.length > 1 ? i : 0] - b[b.length > 1 ? i : 0],
  );
  const sign = signOf(quantity);
  const betterOn = scores.filter((value) => sign * value > 0).length;
  const worseOn = scores.filter((value) => sign * value < 0).length;
  return {
    betterOn,
    worseOn,
    share: shareEstimate(betterOn, scores.length),
    difference: centreOf(
      { runs: scores.length, tasks: 1, scores },
      `difference/${quantity}/${nameOf(x)}/${nameOf(y)}`,
    ),
  };
}

/**
 * Performance profiles of series, by quantity.
 *
 * @param group PolicySeries of the same environment and data.
 */
export function profileSeries(
  group: readonly PolicySeries[],
): ByQuantity<Profiles> {
  return perQuantity(group[0].quantities, (quantity) => {
    const thresholds = thinned(
      ascending(group.map((series) => valuesOf(series, quantity).scores)),
    );
    const sign = signOf(quantity);
    const signed = thresholds.map((threshold) => sign * threshold);
    const policies = group.map((series): SeriesProfile => {
      const scores = scaled(valuesOf(series, quantity), sign);
      const shares = performanceProfile(scores, signed);
      return {
        preset: series.preset,
        policy: series.policy,
        shares: Array.from(
          shares,
          (share) =>
            shareEstimate(
              Math.round(share * scores.runs) / (scores.together ?? 1),
              drawsOf(scores),
            ),
        ),
      };
    });
    return { thresholds: [...thresholds], policies };
  });
}

/**
 * The learning curve of a learner.
 */
export function learningCurve(
  { preset, policy, cells, learnt, unsafe, together, quantities: [value] }:
    PolicySeries,
): StudyCurve {
  if (learnt === null) throw new Error(`${policy} is not a learner`);
  const { steps, columns, values } = learnt.curve!;
  const size = steps.length * columns.length;
  const at = (row: number, name: string): Estimate => {
    const place = row * columns.length + columns.indexOf(name);
    return interquartileEstimate(
      matrixOf(
        Float64Array.from(cells, (_, cell) => values[cell * size + place]),
        together,
      ),
      `curve/${name}/${preset}/${policy}/${steps[row]}`,
    );
  };
  const points = steps.map((step, row) => ({
    step,
    value: at(row, value),
    unsafe: unsafe && at(row, unsafe),
  }));
  const quantities = unsafe ? [value, unsafe] as const : [value] as const;
  return { preset, policy, quantities, points };
}

/** Each number that occurs in some lists, ascending. */
function ascending(lists: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(lists.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  // Of the two zeros, the one without a sign.
  return all.sort().filter((value, i) => i === 0 || value !== all[i - 1])
    .map((value) => value + 0);
}

/** Steps that a profile has at most: more are not to be told apart. */
const MOST_THRESHOLDS = 1_000;

/** As many of some ascending numbers, evenly by rank, the first and the last among them. */
function thinned(sorted: Float64Array): Float64Array {
  if (sorted.length <= MOST_THRESHOLDS) return sorted;
  return Float64Array.from(
    { length: MOST_THRESHOLDS },
    (_, i) =>
      sorted[Math.round(i * (sorted.length - 1) / (MOST_THRESHOLDS - 1))],
  );
}

function perQuantity<T>(
  quantities: readonly Quantity[],
  of: (quantity: Quantity) => T,
): ByQuantity<T> {
  return Object.fromEntries(
    quantities.map((quantity) => [quantity, of(quantity)]),
  ) as ByQuantity<T>;
}

/** 1 where more of a quantity is better, else -1. */
function signOf(quantity: Quantity): number {
  return quantity.endsWith("Probability") ? -1 : 1;
}

/** @param name Of the bootstrap's random stream. */
function centreOf(matrix: ScoreMatrix, name: string): Centre {
  const { together = 1, scores } = matrix;
  return {
    interquartileMean: interquartileEstimate(matrix, name),
    // Order statistics are of values that have nothing in common.
    median: together > 1
      ? bootstrapEstimate(matrix, medianOf, `median/${name}`)
      : estimate(medianScore(matrix), medianInterval(scores)),
    mean: meanScore(matrix),
  };
}

function interquartileEstimate(matrix: ScoreMatrix, name: string): Estimate {
  return bootstrapEstimate(matrix, interquartileMeanOf, name);
}

function bootstrapEstimate(
  matrix: ScoreMatrix,
  statistic: (sorted: Float64Array) => number,
  name: string,
): Estimate {
  const value = statistic(matrix.scores.slice().sort());
  if (drawsOf(matrix) < FEWEST_SEEDS) return estimate(value, null);
  const interval = bootstrapInterval(
    matrix,
    statistic,
    REPLICATES,
    randomStream(BOOTSTRAP_SEED, `bootstrap/${name}`),
  );
  // Draws that are all equal say nothing of values that the seeds do not have.
  return estimate(value, interval[0] === interval[1] ? null : interval);
}

function shareEstimate(successes: number, trials: number): Estimate {
  return estimate(successes / trials, shareInterval(successes, trials));
}

function estimate(
  value: number,
  interval: readonly [number, number] | null,
): Estimate {
  const [low, high] = interval ?? [null, null];
  return { value, low, high };
}

function valuesOf(
  { values, together }: PolicySeries,
  quantity: Quantity,
): ScoreMatrix {
  return matrixOf(columnOf(values, quantity), together);
}

function matrixOf(scores: Float64Array, together = 1): ScoreMatrix {
  return { runs: scores.length, tasks: 1, scores, together };
}

/** How many values were drawn independently. */
function drawsOf({ runs, together = 1 }: ScoreMatrix): number {
  return runs / together;
}

function scaled(matrix: ScoreMatrix, factor: number): ScoreMatrix {
  return { ...matrix, scores: matrix.scores.map((score) => factor * score) };
}

function nameOf({ preset, policy }: PolicyName): string {
  return `${preset}/${policy}`;
}

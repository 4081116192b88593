/**
 * What a study's series tell: aggregates, comparisons and profiles, each with a 95 % interval.
 *
 * Every seed is one run of one task, so the bootstrap draws seeds. Each interval has a random
 * stream of its own: it depends on what it is of and not on what else is in the study.
 *
 * @module
 */
import {
  bootstrapIntervals,
  interquartileMean,
  meanScore,
  medianScore,
  optimalityGaps,
  performanceProfile,
  probabilityOfImprovement,
  type ScoreMatrix,
} from "../evaluation/statistics.ts";
import { randomStream } from "../numerics/random.ts";
import type { PolicyName, PolicySeries } from "./study_series.ts";

/** What is measured of a policy, and whether more of it is better. */
export const QUANTITIES = {
  returnMean: { higherIsBetter: true },
  hazardProbability: { higherIsBetter: false },
  cvar10: { higherIsBetter: true },
} as const;

/** A key of {@link QUANTITIES}. */
export type Quantity = keyof typeof QUANTITIES;

/** All of {@link QUANTITIES}. */
export const QUANTITY_NAMES = Object.keys(QUANTITIES) as Quantity[];

/** A statistic and its 95 % interval by the percentile bootstrap. */
export interface Estimate {
  /** The statistic. */
  readonly value: number;
  /** Lower limit. */
  readonly low: number;
  /** Upper limit. */
  readonly high: number;
}

/** Statistics of one quantity over the seeds. */
export interface Aggregates {
  /** Mean of the middle half of the seeds. */
  readonly interquartileMean: Estimate;
  /** Median. */
  readonly median: Estimate;
  /** Mean. */
  readonly mean: Estimate;
  /**
   * Mean shortfall from the optimal policy of the same seed, 0 where there is none. The optimal
   * policy is that of the highest expected return, also for hazards and CVaR.
   */
  readonly optimalityGap: Estimate;
  /** The worst seed's. */
  readonly worst: number;
}

/** Draws of each bootstrap. */
export const REPLICATES = 2_000;

/** Names the bootstrap's random streams. */
const BOOTSTRAP_SEED = 0;

/** Statistics of a series, by quantity. */
export function aggregateSeries(
  series: PolicySeries,
): Record<Quantity, Aggregates> {
  return perQuantity((quantity) => {
    const scores = valuesOf(series, quantity);
    const name = `aggregates/${quantity}/${nameOf(series)}`;
    const [iqm, median, mean] = estimates(
      [scores],
      ([drawn]) => [
        interquartileMean(drawn),
        medianScore(drawn),
        meanScore(drawn),
      ],
      name,
    );
    const sign = QUANTITIES[quantity].higherIsBetter ? 1 : -1;
    const gaps = optimalityGaps(
      scaled(scores, sign),
      Float64Array.from(series.optimal, (exact) => sign * exact[quantity]),
    );
    const [optimalityGap] = estimates(
      [gaps],
      ([drawn]) => [meanScore(drawn)],
      `gap/${quantity}/${nameOf(series)}`,
    );
    const worst = scores.scores.reduce((a, b) => sign * b < sign * a ? b : a);
    return { interquartileMean: iqm, median, mean, optimalityGap, worst };
  });
}

/** How likely a run of one policy is to do better than a run of another. */
export interface Comparison {
  /** The first policy. */
  readonly better: PolicyName;
  /** The second. */
  readonly than: PolicyName;
  /** By quantity; ties are counted half. */
  readonly probability: Readonly<Record<Quantity, Estimate>>;
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
      probability: perQuantity((quantity) => {
        const sign = QUANTITIES[quantity].higherIsBetter ? 1 : -1;
        const matrices = [x, y].map((s) => scaled(valuesOf(s, quantity), sign));
        const [probability] = estimates(
          matrices,
          ([a, b]) => [probabilityOfImprovement(a, b)],
          `improvement/${quantity}/${nameOf(x)}/${nameOf(y)}`,
        );
        return probability;
      }),
    }))
  );
}

/** Performance profile of one policy and quantity. */
export interface SeriesProfile extends PolicyName {
  /** [thresholds] share of seeds above the threshold or, where less is better, below it. */
  readonly shares: readonly Estimate[];
}

/** Performance profiles of one quantity. */
export interface Profiles {
  /** Ascending: every value that a seed of some series has, so that nothing lies between. */
  readonly thresholds: readonly number[];
  /** One a series. */
  readonly policies: readonly SeriesProfile[];
}

/**
 * Performance profiles of series, by quantity.
 *
 * @param group PolicySeries of the same environment and data.
 */
export function profileSeries(
  group: readonly PolicySeries[],
): Record<Quantity, Profiles> {
  return perQuantity((quantity) => {
    const all = group.flatMap((s) => [...valuesOf(s, quantity).scores]);
    const thresholds = Float64Array.from(new Set(all)).sort();
    const sign = QUANTITIES[quantity].higherIsBetter ? 1 : -1;
    const signed = thresholds.map((threshold) => sign * threshold);
    const policies = group.map((series): SeriesProfile => ({
      preset: series.preset,
      policy: series.policy,
      shares: estimates(
        [scaled(valuesOf(series, quantity), sign)],
        ([drawn]) => performanceProfile(drawn, signed),
        `profile/${quantity}/${nameOf(series)}`,
      ),
    }));
    return { thresholds: [...thresholds], policies };
  });
}

/** Interquartile mean over the seeds after each logging interval of a learner. */
export interface StudyCurve extends PolicyName {
  /** One a logging interval. */
  readonly points: readonly {
    readonly step: number;
    readonly returnMean: Estimate;
    readonly hazardProbability: Estimate;
  }[];
}

/**
 * The learning curve of a learner.
 *
 * @throws Error if the seeds were not evaluated at the same steps.
 */
export function learningCurve(
  { preset, policy, learnt }: PolicySeries,
): StudyCurve {
  if (learnt === null) throw new Error(`${policy} is no learner`);
  const [{ curve: { columns, rows } }] = learnt;
  const column = (name: string) => columns.indexOf(name);
  const at = (row: number, name: string): Estimate => {
    const values = learnt.map(({ curve }) => curve.rows[row][column(name)]);
    const [estimate] = estimates(
      [matrixOf(values)],
      ([drawn]) => [interquartileMean(drawn)],
      `curve/${name}/${preset}/${policy}/${rows[row][column("step")]}`,
    );
    return estimate;
  };
  const points = rows.map((row, i) => ({
    step: row[column("step")],
    returnMean: at(i, "returnMean"),
    hazardProbability: at(i, "hazardProbability"),
  }));
  return { preset, policy, points };
}

function perQuantity<T>(of: (quantity: Quantity) => T): Record<Quantity, T> {
  return Object.fromEntries(
    QUANTITY_NAMES.map((quantity) => [quantity, of(quantity)]),
  ) as Record<Quantity, T>;
}

/** Statistics of the matrices, each with its interval. */
function estimates(
  matrices: readonly ScoreMatrix[],
  statistics: (drawn: readonly ScoreMatrix[]) => ArrayLike<number>,
  name: string,
): Estimate[] {
  const stream = randomStream(BOOTSTRAP_SEED, `bootstrap/${name}`);
  const values = Array.from(statistics(matrices));
  return bootstrapIntervals(matrices, statistics, REPLICATES, stream)
    .map(([low, high], i) => ({ value: values[i], low, high }));
}

function valuesOf({ exact }: PolicySeries, quantity: Quantity): ScoreMatrix {
  return matrixOf(exact.map((values) => values[quantity]));
}

function matrixOf(values: readonly number[]): ScoreMatrix {
  return { runs: values.length, tasks: 1, scores: Float64Array.from(values) };
}

function scaled(matrix: ScoreMatrix, factor: number): ScoreMatrix {
  return { ...matrix, scores: matrix.scores.map((score) => factor * score) };
}

function nameOf({ preset, policy }: PolicyName): string {
  return `${preset}/${policy}`;
}

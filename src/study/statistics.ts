/**
 * What a study's series tell: aggregates, comparisons and profiles, with intervals of 95 % where
 * there is one that holds it.
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
  medianInterval,
  medianScore,
  optimalityGaps,
  performanceProfile,
  probabilityOfImprovement,
  type ScoreMatrix,
  shareInterval,
} from "../evaluation/statistics.ts";
import type { OutcomeProbability } from "../evaluation/results.ts";
import { randomStream } from "../numerics/random.ts";
import type { PolicyName, PolicySeries } from "./series.ts";

/** What is measured of a policy; more of a probability, which is of something unsafe, is worse. */
export type Quantity = "returnMean" | "cvar10" | OutcomeProbability;

/** One of something for each quantity. */
export type ByQuantity<T> = Readonly<Record<Quantity, T>>;

/**
 * The quantities of a study.
 *
 * @param unsafe What the environment calls unsafe.
 */
export function quantitiesOf(unsafe: string): Quantity[] {
  return ["returnMean", `${unsafe}Probability`, "cvar10"];
}

/** A statistic and its 95 % interval; both limits are null where no interval can be given. */
export interface Estimate {
  /** The statistic. */
  readonly value: number;
  /** Lower limit. */
  readonly low: number | null;
  /** Upper limit. */
  readonly high: number | null;
}

/** Where the values of the seeds lie. */
export interface Centre {
  /**
   * Mean of the middle half of the seeds. Its interval is by the percentile bootstrap; there is none
   * for fewer than {@link FEWEST_SEEDS} seeds and where all draws give the same.
   */
  readonly interquartileMean: Estimate;
  /** Median. Its interval is exact, by order statistics; there is none for fewer than six seeds. */
  readonly median: Estimate;
  /** Mean, without an interval: a rare disaster moves it, and few seeds do not show how rare. */
  readonly mean: number;
}

/** A seed and what it gives. */
export interface SeedValue {
  /** What it gives. */
  readonly value: number;
  /** The seed. */
  readonly seed: number;
}

/** Statistics of one quantity over the seeds. */
export interface Aggregates extends Centre {
  /**
   * Mean shortfall from the optimal policy of the same seed, 0 where there is none. The optimal
   * policy is that of the highest expected return, also for hazards and CVaR.
   */
  readonly optimalityGap: number;
  /** The worst seed, the first of equal ones. */
  readonly worst: SeedValue;
}

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
  return perQuantity(series.unsafe, (quantity) => {
    const scores = valuesOf(series, quantity);
    const sign = signOf(quantity);
    const gaps = optimalityGaps(
      scaled(scores, sign),
      Float64Array.from(series.optimal, (exact) => sign * exact[quantity]),
    );
    const worst = scores.scores.reduce(
      (worst, value, i) =>
        sign * value < sign * scores.scores[worst] ? i : worst,
      0,
    );
    return {
      ...centreOf(scores, `aggregates/${quantity}/${nameOf(series)}`),
      optimalityGap: meanScore(gaps),
      worst: { value: scores.scores[worst], seed: series.seeds[worst] },
    };
  });
}

/** Medians over the seeds of how often what is not unsafe happens, and of how often time runs out. */
export function medianEnds(
  { exact, outcomes }: PolicySeries,
): Readonly<Record<OutcomeProbability, number>> {
  const harmless = outcomes.filter(({ unsafe }) => !unsafe);
  const names = [...harmless.map(({ name }) => name), "timeout"];
  return Object.fromEntries(names.map((name) => {
    const key: OutcomeProbability = `${name}Probability`;
    return [key, medianScore(matrixOf(exact.map((values) => values[key])))];
  }));
}

/** Two policies on the same seeds: the same hazards and data. */
export interface PairedComparison {
  /** Seeds on which the first does better. */
  readonly betterOn: number;
  /** Seeds on which the second does better. */
  readonly worseOn: number;
  /** Share of the seeds on which the first does better; exact (Clopper and Pearson). */
  readonly share: Estimate;
  /** The first's value minus the second's, seed by seed. */
  readonly difference: Centre;
}

/** How two policies compare. */
export interface Comparison {
  /** The first policy. */
  readonly better: PolicyName;
  /** The second. */
  readonly than: PolicyName;
  /**
   * How likely a run of the first does better than a run of the second on another seed, by quantity;
   * ties are counted half. The interval is that of a share of as many runs as there are seeds, which
   * holds more than 95 %.
   */
  readonly probability: ByQuantity<Estimate>;
  /** Seed by seed, by quantity. */
  readonly paired: ByQuantity<PairedComparison>;
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
      probability: perQuantity(x.unsafe, (quantity) => {
        const [a, b] = [x, y].map((series) =>
          scaled(valuesOf(series, quantity), signOf(quantity))
        );
        return shareEstimate(probabilityOfImprovement(a, b) * a.runs, a.runs);
      }),
      paired: perQuantity(
        x.unsafe,
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
  const [a, b] = [valuesOf(x, quantity), valuesOf(y, quantity)];
  const scores = a.scores.map((value, i) => value - b.scores[i]);
  const sign = signOf(quantity);
  const betterOn = scores.filter((value) => sign * value > 0).length;
  const worseOn = scores.filter((value) => sign * value < 0).length;
  return {
    betterOn,
    worseOn,
    share: shareEstimate(betterOn, scores.length),
    difference: centreOf(
      { ...a, scores },
      `difference/${quantity}/${nameOf(x)}/${nameOf(y)}`,
    ),
  };
}

/** Performance profile of one policy and quantity. */
export interface SeriesProfile extends PolicyName {
  /**
   * [thresholds] share of seeds above the threshold or, where less is better, below it; intervals
   * are exact (Clopper and Pearson), each alone.
   */
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
): ByQuantity<Profiles> {
  return perQuantity(group[0].unsafe, (quantity) => {
    const all = group.flatMap((s) => [...valuesOf(s, quantity).scores]);
    const thresholds = Float64Array.from(new Set(all)).sort();
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
            shareEstimate(Math.round(share * scores.runs), scores.runs),
        ),
      };
    });
    return { thresholds: [...thresholds], policies };
  });
}

/** Interquartile mean over the seeds after each logging interval of a learner. */
export interface StudyCurve extends PolicyName {
  /** What the environment calls unsafe. */
  readonly unsafe: string;
  /** One a logging interval. */
  readonly points: readonly {
    readonly step: number;
    readonly returnMean: Estimate;
    readonly unsafeProbability: Estimate;
  }[];
}

/**
 * The learning curve of a learner.
 *
 * @throws Error if the seeds were not evaluated at the same steps.
 */
export function learningCurve(
  { preset, policy, learnt, unsafe }: PolicySeries,
): StudyCurve {
  if (learnt === null) throw new Error(`${policy} is no learner`);
  const [{ curve: { columns, rows } }] = learnt;
  const column = (name: string) => columns.indexOf(name);
  const at = (row: number, name: string): Estimate => {
    const values = learnt.map(({ curve }) => curve.rows[row][column(name)]);
    return interquartileEstimate(
      matrixOf(values),
      `curve/${name}/${preset}/${policy}/${rows[row][column("step")]}`,
    );
  };
  const points = rows.map((row, i) => ({
    step: row[column("step")],
    returnMean: at(i, "returnMean"),
    unsafeProbability: at(i, `${unsafe}Probability`),
  }));
  return { preset, policy, unsafe, points };
}

function perQuantity<T>(
  unsafe: string,
  of: (quantity: Quantity) => T,
): ByQuantity<T> {
  return Object.fromEntries(
    quantitiesOf(unsafe).map((quantity) => [quantity, of(quantity)]),
  ) as ByQuantity<T>;
}

/** 1 where more of a quantity is better, else -1. */
function signOf(quantity: Quantity): number {
  return quantity.endsWith("Probability") ? -1 : 1;
}

/** @param name Of the bootstrap's random stream. */
function centreOf(matrix: ScoreMatrix, name: string): Centre {
  const interval = medianInterval(matrix.scores);
  return {
    interquartileMean: interquartileEstimate(matrix, name),
    median: estimate(medianScore(matrix), interval),
    mean: meanScore(matrix),
  };
}

function interquartileEstimate(matrix: ScoreMatrix, name: string): Estimate {
  const value = interquartileMean(matrix);
  if (matrix.runs < FEWEST_SEEDS) return estimate(value, null);
  const [interval] = bootstrapIntervals(
    [matrix],
    ([drawn]) => [interquartileMean(drawn)],
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

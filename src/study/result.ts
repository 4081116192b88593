/**
 * What a study found, as `study.json`, `study.csv`, `aggregates.csv` and `curves.csv`.
 *
 * @module
 */
import type { StudyResult } from "../evaluation/study_results.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";
import { comparableSeries, optimalOf, type PolicySeries } from "./series.ts";
import {
  aggregateSeries,
  compareSeries,
  learningCurve,
  medianEnds,
  profileSeries,
  REPLICATES,
} from "./statistics.ts";
import type {
  Aggregates,
  Estimate,
  PolicyAggregates,
  StudyCurve,
} from "../evaluation/study_results.ts";

/** What a study's tables and plots are made of. */
export interface StudyFindings {
  /** `study.json` */
  readonly result: StudyResult;
  /** Exact values over the seeds. */
  readonly series: readonly PolicySeries[];
  /** Of each learner. */
  readonly curves: readonly StudyCurve[];
}

/**
 * Derives everything from the cells.
 *
 * @param series See `collectSeries`.
 */
export function studyFindings(
  study: StudyConfig,
  series: readonly PolicySeries[],
): StudyFindings {
  const result: StudyResult = {
    schema: "holdfast/study/2",
    study,
    outcomes: series[0].outcomes,
    quantities: series[0].quantities,
    bootstrapReplicates: REPLICATES,
    policies: series.map((entry) => ({
      preset: entry.preset,
      policy: entry.policy,
      kind: entry.kind,
      aggregates: aggregateSeries(entry),
      ends: medianEnds(entry),
      ...supportOf(entry),
    })),
    groups: comparableSeries(study, series).map((group) => ({
      presets: [...new Set(group.map(({ preset }) => preset))],
      comparisons: compareSeries(group),
      profiles: profileSeries(group),
    })),
  };
  // Where no world is known, nothing is measured while policies learn.
  const learners = series.filter(({ learnt }) => learnt?.curve);
  return { result, series, curves: learners.map(learningCurve) };
}

/** On how many trainings the data support the policy, of a study on a log, and raise alarms, of a network. */
function supportOf(
  { learnt }: PolicySeries,
): Pick<PolicyAggregates, "supportedOn" | "alarms"> {
  const { supportedOn = null, alarms = null } = learnt ?? {};
  return {
    ...supportedOn !== null && { supportedOn },
    ...alarms !== null && { alarms },
  };
}

/**
 * `study.csv`: the values of each policy, seed and training seed.
 *
 * @param say Called with each line.
 */
export function sayStudyCsv(
  series: readonly PolicySeries[],
  say: (line: string) => void,
): void {
  const isTrainedAgain = series.some(({ cells: [{ trainingSeed }] }) =>
    trainingSeed !== undefined
  );
  const line = (cells: readonly (string | number)[]) =>
    say(`${cells.join(",")}\n`);
  const [{ values: { columns }, quantities: [value] }] = series;
  const seeds = isTrainedAgain ? ["seed", "trainingSeed"] : ["seed"];
  const names = ["preset", "policy", "kind", ...seeds, ...columns];
  line([...names, "regret", "policySha256"]);
  for (const one of series) {
    const { preset, policy, kind, values, cells, learnt } = one;
    const optima = optimalOf(one, value);
    const places = columns.map((name) => values.columns.indexOf(name));
    const valuePlace = values.columns.indexOf(value);
    const numberAt = (i: number, place: number) =>
      values.numbers[i * values.columns.length + place];
    cells.forEach(({ seed, trainingSeed }, i) =>
      line([
        preset,
        policy,
        kind,
        seed,
        ...isTrainedAgain ? [trainingSeed ?? ""] : [],
        ...places.map((place) => {
          const number = place < 0 ? NaN : numberAt(i, place);
          return Number.isNaN(number) ? "" : number;
        }),
        optima ? optima[i] - numberAt(i, valuePlace) : "",
        learnt?.policySha256[i] ?? "",
      ])
    );
  }
}

/** `aggregates.csv`: each statistic of each policy with its interval. */
export function aggregatesCsv(result: StudyResult): string {
  const { policies } = result;
  const head = [
    "preset",
    "policy",
    "kind",
    "quantity",
    "statistic",
    "value",
    "low",
    "high",
  ];
  const rows = policies.flatMap(({ preset, policy, kind, aggregates }) =>
    result.quantities.flatMap((quantity) =>
      statisticsOf(aggregates[quantity]).map(([statistic, of]) => [
        preset,
        policy,
        kind,
        quantity,
        statistic,
        ...typeof of === "number" ? [of, "", ""] : cells(of),
      ])
    )
  );
  return csv(head, rows);
}

function statisticsOf(
  { worst, optimalityGap, variances, ...statistics }: Aggregates,
): [name: string, of: number | Estimate][] {
  return [
    ...Object.entries(statistics),
    ...(optimalityGap === null
      ? []
      : [["optimalityGap", optimalityGap] as [string, number]]),
    ["worst", worst.value],
    ["worstSeed", worst.seed],
    ...Object.entries({
      worstTrainingSeed: worst.trainingSeed,
      seedVariance: variances?.between,
      trainingVariance: variances?.within,
    }).flatMap(([name, of]) =>
      of == null ? [] : [[name, of] as [string, number]]
    ),
  ];
}

/** `curves.csv`: what the learners were worth after each logging interval. */
export function curvesCsv(curves: readonly StudyCurve[]): string {
  const quantities = curves[0]?.quantities ?? ["returnMean"];
  const head = [
    "preset",
    "policy",
    "step",
    ...quantities.flatMap((quantity) => [
      `${quantity}`,
      `${quantity}Low`,
      `${quantity}High`,
    ]),
  ];
  const rows = curves.flatMap(({ preset, policy, points }) =>
    points.map(({ step, value, unsafe }) => [
      preset,
      policy,
      step,
      ...cells(value),
      ...unsafe ? cells(unsafe) : [],
    ])
  );
  return csv(head, rows);
}

function cells({ value, low, high }: Estimate): (number | string)[] {
  return [value, low ?? "", high ?? ""];
}

function csv(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  return [head, ...rows].map((row) => `${row.join(",")}\n`).join("");
}

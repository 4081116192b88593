/**
 * The cells of a study as one series a policy: its exact values over seeds and training seeds.
 *
 * @module
 */
import {
  LOG_QUANTITIES,
  type MeasuredValues,
  type PolicyName,
  type Quantity,
} from "../evaluation/study_results.ts";
import {
  type ExactMetrics,
  type OutcomeProbability,
  unendedName,
} from "../evaluation/results.ts";
import type { ReferencePolicies } from "../evaluation/references.ts";
import type { CellResult, LearnerResult } from "./cell.ts";
import type { NamedOutcome } from "../mdp/mdp.ts";
import {
  unsafeMeasure,
  type ValueName,
  valueName,
} from "../evaluation/measures.ts";
import type { WorldFile } from "../environments/world_file.ts";
import { knownEnvironment } from "../run/problem.ts";
import type { AlgorithmName } from "../algorithms/index.ts";
import { cellFile } from "./cell_file.ts";
import {
  hasSameData,
  policyCells,
  seedConfig,
  studyAlgorithms,
  type StudyCell,
} from "./config.ts";
import { referenceLabel } from "../evaluation/study_results.ts";
import type { AlarmName } from "../evaluation/alarms.ts";
import type { AlarmCounts, StudyConfig } from "../evaluation/study_results.ts";

/** One policy's values over seeds and training seeds. */
export interface PolicySeries extends PolicyName {
  /** Whether it was learnt by a network. */
  readonly kind: "learner" | "reference";
  /** What can happen in the environment that has a name. */
  readonly outcomes: readonly NamedOutcome[];
  /** See {@link StudyResult}. */
  readonly quantities: readonly [Quantity, ...Quantity[]];
  /** The probability of what the environment calls unsafe; null where nothing is. */
  readonly unsafe: OutcomeProbability | null;
  /** What becomes of episodes that nothing ends; null where no world is known. */
  readonly unended: "timeout" | "neverEnds" | null;
  /** What the values are of: the study's seeds, for a learner with each training seed in turn. */
  readonly cells: readonly StudyCell[];
  /**
   * How many values, one after the other, have layout and data in common: training seeds of a seed. 1 where
   * all have: then nothing tells trainings from seeds, and each is one draw.
   */
  readonly together: number;
  /** Whether the values of a seed, or of all, vary with the training alone. */
  readonly variesTraining: boolean;
  /** By cell; estimates where no world is known. */
  readonly values: ValueTable;
  /** The optimal policy's values by seed; null where no world is known. */
  readonly optimal: ValueTable | null;
  /** What the trainings left; null for a reference. */
  readonly learnt: Trainings | null;
}

/** Numbers by name, many of each: a large study has no room for objects. */
export interface ValueTable {
  /** Their names. */
  readonly columns: readonly string[];
  /** [rows, columns]; NaN for what is not defined. */
  readonly numbers: Float64Array;
}

/** Place of a quantity's first number in a table, from which they follow a row apart. */
function placeOf({ columns }: ValueTable, name: string): number {
  const place = columns.indexOf(name);
  if (place < 0) throw new Error(`${name}: not measured`);
  return place;
}

/** A column of a table, [rows]. */
export function columnOf(table: ValueTable, name: string): Float64Array {
  const { columns, numbers } = table;
  const place = placeOf(table, name);
  return Float64Array.from(
    { length: numbers.length / columns.length },
    (_, row) => numbers[row * columns.length + place],
  );
}

/** A quantity of the optimal policy for each cell of a series, [cells]; null where no world is known. */
export function optimalOf(
  { cells, optimal }: Pick<PolicySeries, "cells" | "optimal">,
  quantity: Quantity,
): Float64Array | null {
  if (optimal === null) return null;
  const bySeed = columnOf(optimal, quantity);
  const perSeed = cells.length / bySeed.length;
  return Float64Array.from(cells, (_, i) => bySeed[Math.floor(i / perSeed)]);
}

/** What a series keeps of cells that were learnt. */
export interface Trainings {
  /** By cell, SHA-256 of the policy file. */
  readonly policySha256: readonly string[];
  /** Where no world is known: of how many cells the data support the policy. */
  readonly supportedOn: number | null;
  /** Of networks: how many cells raised each alarm. */
  readonly alarms: AlarmCounts | null;
  /** Where networks were trained in a known world. */
  readonly curve: MeasuredCurves | null;
}

/** The columns of training tables that say what the policies are worth. */
export interface MeasuredCurves {
  /** Steps of the rows. */
  readonly steps: readonly number[];
  /** Names of the columns. */
  readonly columns: readonly string[];
  /** [cells, rows, columns] */
  readonly values: Float64Array;
}

/** The order of the reference policies. */
const REFERENCES = [
  "behaviour",
  "mostFrequentAction",
  "maximumLikelihoodModel",
  "spibb",
  "optimal",
] as const satisfies readonly (keyof ReferencePolicies)[];

/** Series in the making. */
export interface SeriesCollector {
  /** Keeps what statistics need of a result; in any order, one for each cell. */
  add(result: CellResult): void;
  /**
   * The series: by preset, the learners first.
   *
   * @throws Error if a cell is missing.
   */
  series(): PolicySeries[];
}

/**
 * Collects the results of all cells as numbers: some hundred bytes a cell, and what its curve has.
 *
 * @param file Where the study's environment is from a file.
 */
export function collectSeries(
  study: StudyConfig,
  file?: WorldFile,
): SeriesCollector {
  const { seeds, trainingSeeds } = study;
  const seedPlaces = placesOf(seeds);
  const trainingPlaces = placesOf(trainingSeeds ?? []);
  let hasCvar = true;
  const kept = new Map<string, Collected>();
  const keptOf = ({ preset, policy }: Pick<StudyCell, "preset" | "policy">) => {
    const key = `${preset}/${policy}`;
    const known = kept.get(key) ??
      collected(policyCells(study, preset, policy));
    kept.set(key, known);
    return known;
  };
  const whole = (preset: string, policy: StudyCell["policy"]) => {
    const found = keptOf({ preset, policy });
    const place = found.isThere.indexOf(0);
    if (place >= 0) throw new Error(`${cellFile(found.cells[place])}: missing`);
    return found;
  };
  const add = (result: CellResult) => {
    hasCvar &&= hasKnownCvar(result);
    const { cell } = result;
    const own = keptOf(cell);
    const place = cell.trainingSeed === undefined
      ? seedPlaces.get(cell.seed)!
      : seedPlaces.get(cell.seed)! * trainingSeeds!.length +
        trainingPlaces.get(cell.trainingSeed)!;
    own.isThere[place] = 1;
    if (!("policySha256" in result)) {
      for (const policy of REFERENCES) {
        own.put(policy, place, result.exact[policy]);
      }
      return;
    }
    own.policySha256[place] = result.policySha256;
    if (result.alarms) {
      own.alarms ??= { modelValue: 0, largestActionValue: 0 };
      for (const alarm of result.alarms) own.alarms[alarm]++;
    }
    if ("estimates" in result) {
      own.put("", place, result.estimates);
      own.supportedOn = (own.supportedOn ?? 0) +
        (result.reasons.length === 0 ? 1 : 0);
      // Where no world is known, no column of the curve says what a policy is worth.
      return;
    }
    own.put("", place, result.exact);
    if (result.curve) own.putCurve(place, result.curve, result.exact);
  };
  const series = () =>
    Object.keys(study.presets).flatMap((preset): PolicySeries[] => {
      const config = seedConfig(study, preset, seeds[0]);
      const environment = knownEnvironment(config, file);
      const names = studyAlgorithms(study, preset).map(({ name }) => name);
      const isOneProblem = seeds.length === 1 || hasSameData(config);
      const learnerOf = (name: AlgorithmName) => {
        const { cells, tables, policySha256, supportedOn, alarms, curve } =
          whole(
            preset,
            name,
          );
        const perSeed = cells.length / seeds.length;
        return {
          preset,
          policy: name,
          kind: "learner",
          cells,
          together: isOneProblem ? 1 : perSeed,
          variesTraining: perSeed > 1 || (isOneProblem && cells.length > 1),
          values: tables.get("")!,
          learnt: { policySha256, supportedOn, alarms, curve },
        } as const;
      };
      if (environment === null) {
        return names.map((name): PolicySeries => ({
          ...learnerOf(name),
          outcomes: [],
          quantities: LOG_QUANTITIES,
          unsafe: null,
          unended: null,
          optimal: null,
        }));
      }
      const { mdp } = environment;
      const { cells, tables } = whole(preset, "references");
      const { outcomes } = mdp;
      const unsafe = unsafeMeasure(mdp);
      const quantities: [ValueName, ...Quantity[]] = [
        valueName(mdp),
        ...unsafe ? [unsafe] : [],
        ...hasCvar ? ["cvar10" as const] : [],
      ];
      const unended = unendedName(mdp);
      const optimal = tables.get("optimal")!;
      const world = { outcomes, quantities, unsafe, unended, optimal };
      return [
        ...names.map((name): PolicySeries => ({
          ...learnerOf(name),
          ...world,
        })),
        ...REFERENCES.map((policy): PolicySeries => ({
          preset,
          policy: referenceLabel(policy, names),
          kind: "reference",
          ...world,
          cells,
          together: 1,
          variesTraining: false,
          values: tables.get(policy)!,
          learnt: null,
        })),
      ];
    });
  return { add, series };
}

function placesOf(seeds: readonly number[]): Map<number, number> {
  return new Map(seeds.map((seed, place) => [seed, place]));
}

/** What is kept of the cells of a policy of a preset, by their place among them. */
interface Collected extends Trainings {
  readonly cells: readonly StudyCell[];
  readonly policySha256: string[];
  supportedOn: number | null;
  alarms: Record<AlarmName, number> | null;
  curve: MeasuredCurves | null;
  /** [cells] 1 where a result was added. */
  readonly isThere: Uint8Array;
  /** Values by name: of the references several, of a learner one without a name. */
  readonly tables: ReadonlyMap<string, ValueTable>;
  put(table: string, place: number, values: MeasuredValues): void;
  putCurve(
    place: number,
    curve: NonNullable<LearnerResult["curve"]>,
    exact: ExactMetrics,
  ): void;
}

function collected(cells: readonly StudyCell[]): Collected {
  const tables = new Map<string, ValueTable>();
  return {
    cells,
    policySha256: [],
    supportedOn: null,
    alarms: null,
    curve: null,
    isThere: new Uint8Array(cells.length),
    tables,
    put(name, place, values) {
      const columns = Object.keys(values);
      const table = tables.get(name) ??
        { columns, numbers: new Float64Array(cells.length * columns.length) };
      tables.set(name, table);
      table.columns.forEach((column, k) => {
        table.numbers[place * table.columns.length + k] =
          values[column as Quantity] ?? NaN;
      });
    },
    putCurve(place, { columns, rows }, exact) {
      const own = this.curve?.columns ??
        columns.filter((name) => name in exact);
      const size = rows.length * own.length;
      this.curve ??= {
        steps: rows.map((row) => row[columns.indexOf("step")]),
        columns: own,
        values: new Float64Array(cells.length * size),
      };
      const places = own.map((name) => columns.indexOf(name));
      rows.forEach((row, r) =>
        places.forEach((from, k) => {
          this.curve!.values[place * size + r * own.length + k] = row[from];
        })
      );
    },
  };
}

/** Whether CVaR is known of everything in a cell, and not only bounds. */
function hasKnownCvar(result: CellResult): boolean {
  if (!("exact" in result)) return false;
  const { exact } = result;
  const all = "returnMean" in exact
    ? [exact as ExactMetrics]
    : Object.values<ExactMetrics>(exact);
  return all.every(({ cvar10 }) => cvar10 !== null);
}

/**
 * The series that can be compared with each other, in groups: the presets of a group have the
 * same environment and data, so that their reference policies are the same and are there once.
 */
export function comparableSeries(
  study: StudyConfig,
  series: readonly PolicySeries[],
): PolicySeries[][] {
  const groups = new Map<string, PolicySeries[]>();
  const first = new Map<string, string>();
  for (const entry of series) {
    const { environment, dataset } = study.presets[entry.preset];
    // How time limits are read concerns learning; the data are the same.
    const { bootstrapOnTruncation: _, ...data } = dataset;
    const problem = JSON.stringify([environment, data]);
    if (!first.has(problem)) first.set(problem, entry.preset);
    if (entry.kind === "reference" && first.get(problem) !== entry.preset) {
      continue;
    }
    groups.set(problem, [...groups.get(problem) ?? [], entry]);
  }
  // Learners of all presets, then the references.
  const order = ({ kind }: PolicySeries) => kind === "learner" ? 0 : 1;
  return [...groups.values()].map((group) =>
    group.toSorted((a, b) => order(a) - order(b))
  );
}

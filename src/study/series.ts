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
import type {
  CellResult,
  LearnerResult,
  LogLearnerResult,
  ReferencesResult,
} from "./cell.ts";
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
import type { StudyConfig } from "../evaluation/study_results.ts";

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
  readonly values: readonly MeasuredValues[];
  /** The optimal policy's values by cell; null where no world is known. */
  readonly optimal: readonly MeasuredValues[] | null;
  /** By cell, what the training left; null for a reference. */
  readonly learnt: readonly Training[] | null;
}

/** What a series keeps of a cell that was learnt: a large study has many. */
export interface Training {
  /** SHA-256 of the policy file. */
  readonly policySha256: string;
  /** Where no world is known: why the data do not support the policy. */
  readonly reasons?: readonly string[];
  /** Where a network was trained in a known world. */
  readonly curve?: MeasuredCurve;
}

/** The columns of a training table that say what the policy is worth. */
export interface MeasuredCurve {
  /** Their names, after `step`. */
  readonly columns: readonly string[];
  /** [rows, columns] */
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

/**
 * Orders the results of all cells: by preset, the learners first.
 *
 * @param results In any order; one for each cell.
 * @param file Where the study's environment is from a file.
 */
export function studySeries(
  study: StudyConfig,
  results: Iterable<CellResult>,
  file?: WorldFile,
): PolicySeries[] {
  const byFile = new Map<string, CellSummary>();
  let hasCvar = true;
  for (const result of results) {
    hasCvar &&= hasKnownCvar(result);
    byFile.set(cellFile(result.cell), summaryOf(result));
  }
  const find = (cell: StudyCell): CellSummary => {
    const found = byFile.get(cellFile(cell));
    if (!found) throw new Error(`${cellFile(cell)}: missing`);
    return found;
  };
  const { seeds } = study;
  return Object.keys(study.presets).flatMap((preset): PolicySeries[] => {
    const config = seedConfig(study, preset, seeds[0]);
    const environment = knownEnvironment(config, file);
    const names = studyAlgorithms(study, preset).map(({ name }) => name);
    const learnerOf = (name: AlgorithmName) => {
      const cells = policyCells(study, preset, name);
      const perSeed = cells.length / seeds.length;
      const isOneProblem = seeds.length === 1 || hasSameData(config);
      return {
        preset,
        policy: name,
        kind: "learner",
        cells,
        together: isOneProblem ? 1 : perSeed,
        variesTraining: perSeed > 1 || (isOneProblem && cells.length > 1),
      } as const;
    };
    if (environment === null) {
      return names.map((name): PolicySeries => {
        const policy = learnerOf(name);
        const learnt = policy.cells.map((cell) =>
          find(cell) as Summary<LogLearnerResult>
        );
        return {
          ...policy,
          outcomes: [],
          quantities: LOG_QUANTITIES,
          unsafe: null,
          unended: null,
          values: learnt.map(({ estimates }) => estimates),
          optimal: null,
          learnt,
        };
      });
    }
    const { mdp } = environment;
    const cells = policyCells(study, preset, "references");
    const references = cells.map((cell) => find(cell) as ReferencesResult);
    const optimal = references.map(({ exact }) => exact.optimal);
    const bestOf = new Map(seeds.map((seed, i) => [seed, optimal[i]]));
    const { outcomes } = mdp;
    const unsafe = unsafeMeasure(mdp);
    const quantities: [ValueName, ...Quantity[]] = [
      valueName(mdp),
      ...unsafe ? [unsafe] : [],
      ...hasCvar ? ["cvar10" as const] : [],
    ];
    const unended = unendedName(mdp);
    const world = { outcomes, quantities, unsafe, unended };
    const learners = names.map((name): PolicySeries => {
      const policy = learnerOf(name);
      const learnt = policy.cells.map((cell) =>
        find(cell) as Summary<LearnerResult>
      );
      const values = learnt.map(({ exact }) => exact);
      return {
        ...policy,
        ...world,
        values,
        optimal: policy.cells.map(({ seed }) => bestOf.get(seed)!),
        learnt,
      };
    });
    return [
      ...learners,
      ...REFERENCES.map((policy): PolicySeries => ({
        preset,
        policy: referenceLabel(policy, names),
        kind: "reference",
        ...world,
        cells,
        together: 1,
        variesTraining: false,
        values: references.map(({ exact }) => exact[policy]),
        optimal,
        learnt: null,
      })),
    ];
  });
}

/** A result of a learner without what a series has no use for. */
type Summary<Result extends { curve?: unknown }> =
  & Omit<Result, "curve" | "actions">
  & Pick<Training, "curve">;

type CellSummary =
  | ReferencesResult
  | Summary<LearnerResult>
  | Summary<LogLearnerResult>;

function summaryOf(result: CellResult): CellSummary {
  if (!("policySha256" in result)) return result;
  const { curve, actions: _, ...rest } = result as LearnerResult;
  // Where no world is known, no column says it.
  if (!curve || !rest.exact) return rest;
  const columns = [
    "step",
    ...curve.columns.filter((name) => name in rest.exact),
  ];
  const places = columns.map((name) => curve.columns.indexOf(name));
  const values = curve.rows.flatMap((row) => places.map((place) => row[place]));
  return { ...rest, curve: { columns, values: Float64Array.from(values) } };
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

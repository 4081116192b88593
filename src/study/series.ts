/**
 * The cells of a study as one series a policy: its exact values over the seeds.
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
import { seedConfig, studyAlgorithms } from "./config.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";

/** One policy's values over the seeds. */
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
  /** The study's seeds. */
  readonly seeds: readonly number[];
  /** By seed; estimates where no world is known. */
  readonly values: readonly MeasuredValues[];
  /** The optimal policy's values by seed; null where no world is known. */
  readonly optimal: readonly MeasuredValues[] | null;
  /** By seed, what the training left; null for a reference. */
  readonly learnt: readonly (LearnerResult | LogLearnerResult)[] | null;
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
  results: readonly CellResult[],
  file?: WorldFile,
): PolicySeries[] {
  const find = (preset: string, policy: string, seed: number): CellResult => {
    const found = results.find(({ cell }) =>
      cell.preset === preset && cell.policy === policy && cell.seed === seed
    );
    if (!found) throw new Error(`${preset}, ${policy}, seed ${seed}: missing`);
    return found;
  };
  const { seeds } = study;
  return Object.keys(study.presets).flatMap((preset): PolicySeries[] => {
    const config = seedConfig(study, preset, seeds[0]);
    const environment = knownEnvironment(config, file);
    const names = studyAlgorithms(study, preset).map(({ name }) => name);
    if (environment === null) {
      return names.map((name): PolicySeries => {
        const learnt = seeds.map((seed) =>
          find(preset, name, seed) as LogLearnerResult
        );
        return {
          preset,
          policy: name,
          kind: "learner",
          outcomes: [],
          quantities: LOG_QUANTITIES,
          unsafe: null,
          unended: null,
          seeds,
          values: learnt.map(({ estimates }) => estimates),
          optimal: null,
          learnt,
        };
      });
    }
    const { mdp } = environment;
    const references = seeds.map((seed) =>
      find(preset, "references", seed) as ReferencesResult
    );
    const optimal = references.map(({ exact }) => exact.optimal);
    const { outcomes } = mdp;
    const unsafe = unsafeMeasure(mdp);
    const hasCvar = results.every(hasKnownCvar);
    const quantities: [ValueName, ...Quantity[]] = [
      valueName(mdp),
      ...unsafe ? [unsafe] : [],
      ...hasCvar ? ["cvar10" as const] : [],
    ];
    const unended = unendedName(mdp);
    const world = { outcomes, quantities, unsafe, unended, seeds, optimal };
    const learners = names.map(
      (name): PolicySeries => {
        const learnt = seeds.map((seed) =>
          find(preset, name, seed) as LearnerResult
        );
        const values = learnt.map(({ exact }) => exact);
        const policy = { preset, policy: name, kind: "learner" } as const;
        return { ...policy, ...world, values, learnt };
      },
    );
    return [
      ...learners,
      ...REFERENCES.map((policy): PolicySeries => ({
        preset,
        policy,
        kind: "reference",
        ...world,
        values: references.map(({ exact }) => exact[policy]),
        learnt: null,
      })),
    ];
  });
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

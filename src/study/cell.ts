/**
 * The cells of a study and how they are computed; `study_cell_file.ts` keeps them.
 *
 * @module
 */
import { join } from "node:path";
import {
  type Algorithm,
  type AlgorithmName,
  type AnyAlgorithm,
  isTableName,
  isTabular,
  type TableAlgorithm,
} from "../algorithms/index.ts";
import { policyToSafetensors } from "../network/policy_file.ts";
import type { Backend } from "../backends/backend.ts";
import type { Config } from "../config/config.ts";
import type { ReferencePolicies } from "../evaluation/references.ts";
import { evaluateExactly } from "../mdp/exact.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { sha256Hex } from "../numerics/hash.ts";
import { isTable } from "../algorithms/tabular/table_policy.ts";
import { greedyInStates, policyInStates } from "../evaluation/evaluate.ts";
import { learntTable } from "../run/policy_files.ts";
import { learnTable } from "../run/learn_table.ts";
import {
  configuredAlgorithms,
  type Learnt,
  learnTogether,
  type LearntPolicy,
  type SeedProblem,
} from "../run/learn.ts";
import { isScaledByData, largestRewardOf } from "../training/task.ts";
import { type ExactMetrics, exactMetrics } from "../evaluation/results.ts";
import type { AlarmBell, AlarmName } from "../evaluation/alarms.ts";
import type { NetworkPolicy } from "../network/policy.ts";
import { problemBell } from "../run/alarms.ts";
import {
  exactReferences,
  heldOutEvaluator,
  rewardScaleIn,
} from "../run/metrics.ts";
import type { KnownEnvironment } from "../environments/index.ts";
import { type Given, openProblem, type Problem } from "../run/problem.ts";
import { cellConfig, type StudyCell } from "./config.ts";
import { keptTraining } from "./kept_training.ts";
import type { LogQuantity, StudyConfig } from "../evaluation/study_results.ts";
import { jsonHash, problemHash, taskHash } from "../run/task_hash.ts";

/** What one algorithm learnt from one seed. */
export interface LearnerResult {
  /** Format of this file. */
  readonly schema: "holdfast/study-learner/3";
  /** The cell. */
  readonly cell: StudyCell;
  /** SHA-256 of what decides the result; see {@link cellTask}. */
  readonly task: string;
  /** Exact values of the greedy policy after the last step, or of the table. */
  readonly exact: ExactMetrics;
  /**
   * The greedy policy, which `exact` follows from: its action in each state; see {@link actionsOf}. Absent
   * where the policy is a table, which is computed again to check it.
   */
  readonly actions?: string;
  /** SHA-256 of the policy's file. */
  readonly policySha256: string;
  /** Of a network, the alarms that the data raise; see `alarmBell`. */
  readonly alarms?: readonly AlarmName[];
  /** The training table; see `trainingColumns`. Absent where nothing was trained. */
  readonly curve?: {
    /** Names of the columns. */
    readonly columns: readonly string[];
    /** One row an interval. */
    readonly rows: readonly (readonly number[])[];
  };
}

/** What policies without a network reach on one seed, the optimal one included. */
export interface ReferencesResult {
  /** Format of this file. */
  readonly schema: "holdfast/study-references/2";
  /** The cell. */
  readonly cell: StudyCell;
  /** SHA-256 of what decides the result; see {@link cellTask}. */
  readonly task: string;
  /** Exact values by policy. */
  readonly exact: Readonly<Record<keyof ReferencePolicies, ExactMetrics>>;
}

/** What one algorithm learnt from one seed where no world is known. */
export interface LogLearnerResult
  extends Omit<LearnerResult, "schema" | "exact" | "actions"> {
  /** Format of this file. */
  readonly schema: "holdfast/study-log-learner/2";
  /** What the episodes that are held out say of the greedy policy after the last step. */
  readonly estimates: Readonly<Record<LogQuantity, number>>;
  /** Why they do not support it; empty where they do. */
  readonly reasons: readonly string[];
}

/** Result of a cell. */
export type CellResult = LearnerResult | ReferencesResult | LogLearnerResult;

/**
 * Computes cells of one preset and policy; those of an algorithm are trained side by side.
 *
 * @param cells At least one. What else is computed with a cell changes no bit of its result.
 * @param options The data and the world, where they are from files; what opens problems, where cells computed
 *   before had the same; where a cell that is trained alone keeps its checkpoints; and a callback with the
 *   steps that each cell has made.
 * @returns One a cell.
 * @throws DivergenceError if training diverges.
 */
export async function computeCells(
  study: StudyConfig,
  cells: readonly StudyCell[],
  backend: Backend,
  { dataset, world, open = problemKeeper(), unfinished, onStep }: Given & {
    readonly open?: typeof openProblem;
    readonly unfinished?: string;
    readonly onStep?: (step: number) => void;
  } = {},
): Promise<CellResult[]> {
  const [{ policy }] = cells;
  const problems = cells.map((cell) => {
    const config = cellConfig(study, cell);
    return { config, problem: open(config, { dataset, world }) };
  });
  if (policy === "references") {
    return cells.map((cell, i) => ({
      schema: "holdfast/study-references/2",
      cell,
      task: cellTask(study, cell),
      exact: exactReferences(
        environmentOf(problems[i].problem),
        problems[i].problem.dataset,
      ),
    }));
  }
  const algorithm = configuredAlgorithm(problems[0].config, policy);
  const entries = problems.map((problem, i) => ({
    ...problem,
    cell: cells[i],
  }));
  if (isTabular(algorithm)) {
    return Promise.all(
      entries.map((entry) => tableResult(study, entry, algorithm)),
    );
  }
  const results: CellResult[] = [];
  for (const together of trainedTogether(entries, algorithm)) {
    // The checkpoints of trainings side by side would be one cell's alone.
    using kept = together.length === 1 && unfinished !== undefined
      ? keptTraining(
        join(unfinished, cellTask(study, together[0].cell)),
        together[0],
        algorithm,
      )
      : null;
    const learnt = await learnTogether(together, {
      algorithm,
      backend,
      onStep,
      ...kept?.options,
    });
    kept?.remove();
    for (const [i, one] of learnt.entries()) {
      results.push(
        together[i].problem.environment === null
          ? await logLearnerResult(study, together[i], one)
          : learnerResult(study, together[i], one),
      );
    }
  }
  return cells.map((cell) => results.find((result) => result.cell === cell)!);
}

/** Opens problems of a study and keeps the last: cells of one seed follow one another. */
export function problemKeeper(): typeof openProblem {
  let kept: { key: string; problem: Problem } | undefined;
  return (config, given) => {
    const { seed, environment, dataset, network: { encoder } } = config;
    const key = JSON.stringify([seed, environment, dataset, encoder]);
    if (kept?.key !== key) kept = { key, problem: openProblem(config, given) };
    return kept.problem;
  };
}

/** What a learner's cell is trained on. */
interface Entry extends SeedProblem {
  readonly cell: StudyCell;
  readonly config: Config;
  readonly problem: Problem;
}

/** Data that decide by what their rewards are multiplied may make programs that differ. */
function trainedTogether(
  entries: readonly Entry[],
  algorithm: Algorithm,
): Entry[][] {
  const kinds = Map.groupBy(
    entries,
    ({ problem: { dataset } }) =>
      isScaledByData(algorithm) ? largestRewardOf(dataset) : 1,
  );
  return [...kinds.values()];
}

/** What a learner gives whose policy is a table: it has no training table. */
async function tableResult(
  study: StudyConfig,
  entry: Entry,
  algorithm: TableAlgorithm,
): Promise<LearnerResult | LogLearnerResult> {
  const { config, problem } = entry;
  const { learnt } = learntTable(
    learnTable(config.dataset, problem, algorithm),
  );
  if (problem.environment === null) {
    return await logLearnerResult(study, entry, learnt);
  }
  const { mdp } = problem.environment;
  return {
    schema: "holdfast/study-learner/3",
    cell: entry.cell,
    task: cellTask(study, entry.cell),
    exact: exactMetrics(
      evaluateExactly(mdp, policyInStates(learnt.policy, mdp)),
      mdp,
    ),
    policySha256: learnt.sha256,
  };
}

function learnerResult(
  study: StudyConfig,
  { cell, config, problem }: Entry,
  { policy, columns, rows }: Learnt,
): LearnerResult {
  const { mdp } = environmentOf(problem);
  const actions = greedyInStates(policy, mdp);
  return {
    schema: "holdfast/study-learner/3",
    cell,
    task: cellTask(study, cell),
    exact: exactOfActions(mdp, actions),
    actions: textOf(actions, mdp),
    policySha256: sha256Hex(policyToSafetensors(policy)),
    alarms: raised(cell, config, problem, policy),
    curve: { columns, rows },
  };
}

/** Found once for all trainings on the same data. */
const bells = new WeakMap<Problem, AlarmBell | null>();

/** The alarms that a problem's data raise. */
function raised(
  { policy: name }: StudyCell,
  config: Config,
  problem: Problem,
  policy: NetworkPolicy,
): readonly AlarmName[] {
  const known = bells.get(problem);
  const bell = known === undefined ? problemBell(config, problem) : known;
  bells.set(problem, bell);
  const scale = rewardScaleIn(config, name, problem.dataset);
  return bell?.alarms(policy, scale).raised ?? [];
}

async function logLearnerResult(
  study: StudyConfig,
  { cell, config, problem }: Entry,
  { policy, columns, rows }: Learnt<LearntPolicy>,
): Promise<LogLearnerResult> {
  const evaluate = await heldOutEvaluator(config, problem, "tables");
  if (evaluate === null) throw new Error("no episode is held out");
  const { estimates, effectiveSampleSize, decision } = await evaluate(
    cell.policy,
    policy,
  );
  const { dr, pluginPessimistic, is } = estimates.return;
  return {
    schema: "holdfast/study-log-learner/2",
    cell,
    task: cellTask(study, cell),
    estimates: {
      doublyRobustReturn: dr.value!,
      pessimisticModelReturn: pluginPessimistic.value!,
      returnAtLeast: is.interval![0],
      effectiveSampleSize,
    },
    reasons: decision.reasons,
    ...(isTable(policy)
      ? { policySha256: learntTable(policy).learnt.sha256 }
      : {
        policySha256: sha256Hex(policyToSafetensors(policy)),
        alarms: raised(cell, config, problem, policy),
        curve: { columns, rows },
      }),
  };
}

/** Steps of training that a cell takes. */
export function cellSteps(study: StudyConfig, cell: StudyCell): number {
  if (cell.policy === "references" || isTableName(cell.policy)) return 0;
  const config = cellConfig(study, cell);
  const { settings } = configuredAlgorithm(config, cell.policy) as Algorithm;
  return settings.steps;
}

/** Digits of an action in base 36, 0 … 9, a … z: one for up to 36 actions. */
export function actionDigits(
  { actionCount }: Pick<FiniteMdp, "actionCount">,
): number {
  return (actionCount - 1).toString(36).length;
}

/** Actions as text, so many digits each. */
function textOf(actions: Int32Array, mdp: FiniteMdp): string {
  const digits = actionDigits(mdp);
  return Array.from(
    actions,
    (action) => action.toString(36).padStart(digits, "0"),
  ).join("");
}

/** The actions of such a text; what is no digit gives one that there is not. */
export function actionsOf(
  text: string,
  mdp: Pick<FiniteMdp, "actionCount">,
): Int32Array {
  const digits = actionDigits(mdp);
  return Int32Array.from({ length: text.length / digits }, (_, s) => {
    const part = text.slice(s * digits, (s + 1) * digits);
    return /^[0-9a-z]+$/.test(part) ? parseInt(part, 36) : mdp.actionCount;
  });
}

/** Exact values of the policy that takes these actions, [S]. */
export function exactOfActions(
  mdp: FiniteMdp,
  actions: Int32Array,
): ExactMetrics {
  return exactMetrics(
    evaluateExactly(mdp, actions),
    mdp,
  );
}

/** SHA-256 of what decides a cell's result: the suite's version, the problem and the learner. */
export function cellTask(
  study: StudyConfig,
  cell: StudyCell,
): string {
  const config = cellConfig(study, cell);
  const task = cell.policy === "references"
    ? problemHash(config)
    : taskHash(config, configuredAlgorithm(config, cell.policy));
  return jsonHash({ suiteVersion: study.suiteVersion, task });
}

/** An algorithm of a configuration that has it. */
export function configuredAlgorithm(
  config: Config,
  name: AlgorithmName,
): AnyAlgorithm {
  const found = configuredAlgorithms(config).find((a) => a.name === name);
  if (!found) throw new Error(`${name} is not configured`);
  return found;
}

/** The environment where it is known. */
function environmentOf({ environment }: Problem): KnownEnvironment {
  if (environment === null) throw new Error("no environment is known");
  return environment;
}

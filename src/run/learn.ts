/**
 * Trains one algorithm of a configuration on a problem and follows what the policy is worth.
 *
 * @module
 */
import { decidingState } from "../algorithms/decided_policy.ts";
import type { TrainingState } from "../algorithms/training_state.ts";
import type { LearnerSettings } from "../algorithms/define.ts";
import {
  type Algorithm,
  type AlgorithmName,
  type AnyAlgorithm,
  buildProgram,
  isTabular,
  relabelled,
  relabels,
} from "../algorithms/index.ts";
import type { Program } from "../algorithms/program.ts";
import { csvSha256 } from "./training_table.ts";
import type { Backend } from "../backends/backend.ts";
import type { Config, DatasetConfig } from "../config/config.ts";
import { checkLearner } from "../config/schema.ts";
import { InputError } from "../errors.ts";
import type { MdpObservations } from "../mdp/mdp.ts";
import {
  categoriesOf,
  type EncoderName,
  inputSize,
} from "../network/encoder.ts";
import type { NetworkPolicy } from "../network/policy.ts";
import type { Checkpoint, ChosenParameters } from "../training/checkpoint.ts";
import { named } from "../dataset/action_codes.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { learntRows } from "../dataset/ends.ts";
import { ownObservationNames } from "../dataset/observation_names.ts";
import { learntRange } from "../dataset/observation_range.ts";
import { unsafeSteps } from "../dataset/step_outcomes.ts";
import type { TablePolicy } from "../algorithms/tabular/table_policy.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import {
  type MeasuredWorld,
  measureNames,
  measuresOf,
} from "../evaluation/measures.ts";
import { group } from "../report/numbers.ts";
import { prepareTask, type TaskRun } from "../training/task.ts";
import {
  type Cursor,
  DivergenceError,
  runTraining,
  startCursor,
} from "../training/train.ts";
import {
  bestCandidate,
  candidatePolicy,
  choosingModel,
  MEAN,
  modelledData,
} from "./policy_choice.ts";
import type { LearningProblem } from "./problem.ts";

/**
 * Most work on the distribution of returns at a logging interval, which shows none: a tenth of a second.
 * Where it is not enough, a mean may differ in its last digit from that in `metrics.json`.
 */
const LOGGED_WORK = 20_000_000;

/** The algorithms of a configuration, in the order in which a run takes them. */
export function configuredAlgorithms({ algorithms }: Config): AnyAlgorithm[] {
  return (Object.keys(algorithms) as AlgorithmName[]).map((name) =>
    ({ name, settings: algorithms[name] }) as AnyAlgorithm
  );
}

/** Those of them that train networks. */
export function networkAlgorithms(config: Config): Algorithm[] {
  return configuredAlgorithms(config).flatMap((algorithm) =>
    isTabular(algorithm) ? [] : [algorithm]
  );
}

/**
 * The Program of an algorithm of a configuration, where the number of observations does not matter.
 *
 * @param observed See {@link observedIn}.
 */
export function programOf(
  { network: { hidden, encoder } }: Pick<Config, "network">,
  algorithm: Algorithm,
  observed: MdpObservations & { readonly actionCount: number },
): Program {
  return buildProgram(algorithm, {
    observationSize: inputSize(encoder, observed),
    hidden,
    actionCount: observed.actionCount,
    tableRows: 1,
  });
}

/** What a network of a problem sees, and its actions: in the environment, or where it is not known in the data. */
export function observedIn(
  { dataset, environment }: LearningProblem,
): MdpObservations & { readonly actionCount: number } {
  if (environment) return environment.mdp;
  if (!dataset.stored) return { ...dataset, ...learntRows(dataset) };
  const { observationSize, observationCategories, actionCount } = dataset;
  const observations = new Float32Array();
  return { observationSize, observationCategories, observations, actionCount };
}

/**
 * Columns of the training table: `step`, `loss`, the loss terms, `modelValue` where it chooses the
 * policy, and, in a known environment, the greedy policy's exact return (`returnMean`, or
 * `discountedReturnMean` in a world with a discount) and the probability of what the environment calls
 * unsafe, such as `hazardProbability`.
 *
 * @param world The environment; null where it is not known.
 */
export function trainingColumns(
  { lossTerms }: Program,
  { settings }: Algorithm,
  world: MeasuredWorld | null,
): string[] {
  const model = settings.checkpointChoice === "model" ? ["modelValue"] : [];
  const exact = world ? measureNames(world) : [];
  return [
    "step",
    "loss",
    ...lossTerms.map(({ name }) => name),
    ...model,
    ...exact,
  ];
}

/** Steps after which the training table has a row, once `done` steps are made. */
export function loggedSteps(
  { steps, logInterval }: LearnerSettings,
  done: number,
): number[] {
  const rows = Math.floor(done / logInterval);
  const full = Array.from({ length: rows }, (_, i) => (i + 1) * logInterval);
  return done === steps && steps % logInterval > 0 ? [...full, steps] : full;
}

/**
 * The data, or what the algorithm makes of them; where observations become names, with the environment's, which
 * the data need not all have.
 *
 * @throws InputError if it makes nothing of them.
 */
export function learntData(
  problem: LearningProblem,
  encoder: EncoderName,
  algorithm: Algorithm,
): Dataset {
  const { dataset, environment } = problem;
  if (relabels(algorithm)) {
    return relabelled(algorithm, modelledData(problem, encoder));
  }
  return environment === null || encoder !== "oneHot"
    ? dataset
    : { ...dataset, observationCategories: categoriesOf(environment.mdp) };
}

/** Which steps of the data are unsafe, where an environment says so. */
export function unsafeIn(
  { dataset, environment }: LearningProblem,
): Pick<TaskRun, "unsafeSteps"> {
  return environment === null
    ? {}
    : { unsafeSteps: () => unsafeSteps(dataset, environment.mdp) };
}

/** Buffers that training does not go on writing. */
function copied(
  buffers: Readonly<Record<string, Float32Array>>,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(buffers).map(([name, values]) => [name, values.slice()]),
  );
}

/** The work was stopped on request before its end. */
export class InterruptedError extends Error {
  /**
   * Makes the error.
   * @param where How far the work got, such as `after step 120 of bc`.
   */
  constructor(readonly where: string) {
    super(`stopped ${where}`);
    this.name = "InterruptedError";
  }
}

/** Where checkpoints come from and go to. */
export interface CheckpointStore {
  /** The newest whole checkpoint of the training and the rows before it; null to start from the beginning. */
  load(
    program: Program,
    columns: readonly string[],
  ): { checkpoint: Checkpoint; rows: number[][] } | null;
  /** Keeps a checkpoint. */
  save(checkpoint: Checkpoint): void;
  /** Whether one is due after so many steps; without it, each is. */
  isDue?(): boolean;
  /** Steps between two checkpoints. */
  readonly interval: number;
}

/** What a seed decides: what is learnt from and how it begins. */
export interface SeedProblem {
  /** Seed, network and how the data are read. */
  readonly config: Pick<Config, "seed" | "trainingSeed" | "network"> & {
    readonly dataset: Pick<DatasetConfig, "bootstrapOnTruncation">;
  };
  /** Data and environment. */
  readonly problem: LearningProblem;
}

/** What is trained, and the callbacks. */
export interface LearnOptions extends SeedProblem {
  /** One of the configuration's. */
  readonly algorithm: Algorithm;
  /** What computes. */
  readonly backend: Backend;
  /** Without one, training starts from the beginning and keeps no checkpoint. */
  readonly checkpoints?: CheckpointStore;
  /** Called once, with the table's columns and the rows and steps that a checkpoint brought. */
  readonly onStart?: (
    columns: readonly string[],
    rows: readonly (readonly number[])[],
    step: number,
  ) => void;
  /** Called with each row: last step, means of the losses, the policy's exact values after it. */
  readonly onRow?: (row: readonly number[]) => void;
  /** Called after each row with the policy of that step and waited for; of many seeds, the first one's. */
  readonly onPolicy?: (policy: NetworkPolicy, step: number) => Promise<void>;
  /** Called often, with the steps made. */
  readonly onStep?: (step: number) => void;
  /** Asked often; true ends the training early. */
  readonly stop?: () => boolean;
}

/** What one algorithm leaves. */
export interface Learnt<Policy = NetworkPolicy> {
  /** The policy after the last step, or the chosen one; see `checkpointChoice`. */
  readonly policy: Policy;
  /** See {@link trainingColumns}; none where nothing was trained. */
  readonly columns: readonly string[];
  /** One row an interval. */
  readonly rows: readonly (readonly number[])[];
}

/** A policy that was learnt: a network or a table. */
export type LearntPolicy = NetworkPolicy | TablePolicy;

/**
 * Trains an algorithm to its last step, from its first or from a checkpoint.
 *
 * @throws InputError if the data are not valid or a setting is missing or out of range.
 * @throws DivergenceError if a loss or parameter is no longer finite.
 * @throws InterruptedError if it was stopped, after keeping a checkpoint.
 */
export async function learn(options: LearnOptions): Promise<Learnt> {
  const [learnt] = await learnTogether([options], options);
  return learnt;
}

/** What a policy says of the data that it learnt from, where they are a file's. */
function describedBy(
  { dataset, environment }: LearningProblem,
): Pick<NetworkPolicy, "observationNames" | "observationRange"> {
  return environment === null
    ? {
      ...ownObservationNames(dataset.observationNames),
      observationRange: learntRange(dataset),
    }
    : {};
}

/**
 * Trains an algorithm for several seeds side by side on the run axis, with the bits that each has
 * alone. On a GPU many runs take little longer than one.
 *
 * @param seeds At least one; their configurations differ in nothing but the seed.
 *   `checkpoints`, `onStart`, `onRow` and `onPolicy` are those of the first.
 * @returns One a seed.
 * @throws InputError if the data are not valid or a setting is missing or out of range.
 * @throws DivergenceError if a loss or parameter of any is no longer finite.
 * @throws InterruptedError if it was stopped, after keeping a checkpoint.
 */
export async function learnTogether(
  seeds: readonly SeedProblem[],
  options: Omit<LearnOptions, keyof SeedProblem>,
): Promise<Learnt[]> {
  const { algorithm, backend, checkpoints, stop } = options;
  if (seeds.length === 0) throw new InputError("there is no seed to train");
  const [{ config, problem }] = seeds;
  checkLearner(config.network, algorithm);
  const { steps, logInterval, ensembleSize, checkpointChoice } =
    algorithm.settings;
  const prepared = prepareTask(
    config.network,
    algorithm,
    seeds.flatMap(({ config: { seed, trainingSeed, network }, problem }) => {
      const dataset = learntData(problem, network.encoder, algorithm);
      const known = unsafeIn(problem);
      return Array.from(
        { length: ensembleSize },
        (_, member) => ({
          ...known,
          seed: trainingSeed ?? seed,
          member,
          dataset,
        }),
      );
    }),
    config.dataset.bootstrapOnTruncation,
  );
  const { program } = prepared.task;
  const columns = trainingColumns(
    program,
    algorithm,
    problem.environment && problem.environment.mdp,
  );
  const partOf = (state: TrainingState, seed: number) =>
    decidingState(program, state, seed * ensembleSize, ensembleSize);
  const policyOf = (
    buffers: Readonly<Record<string, Float32Array>>,
    seed: number,
    candidate = MEAN,
  ): NetworkPolicy => ({
    ...candidatePolicy(program, buffers, ensembleSize, candidate),
    encoder: prepared.encoders[seed * ensembleSize],
    ...named(seeds[seed].problem.dataset.actionNames),
    ...describedBy(seeds[seed].problem),
  });

  const models = seeds.map(({ problem, config: { dataset: read, network } }) =>
    checkpointChoice === "model"
      ? choosingModel(
        modelledData(problem, network.encoder),
        program.discount,
        read.bootstrapOnTruncation,
      )
      : null
  );
  const found = checkpoints?.load(program, columns) ?? null;
  const chosen: (ChosenParameters | undefined)[] = seeds.map((_, seed) =>
    seed === 0 ? found?.checkpoint.chosen : undefined
  );
  const rows = seeds.map((_, seed) => seed === 0 ? found?.rows ?? [] : []);
  const from = found?.checkpoint.cursor ??
    startCursor(seeds.length * ensembleSize, program.lossTerms.length);
  const state = found?.checkpoint.state ?? prepared.task.state;
  options.onStart?.(columns, rows[0], from.step);
  const session = await backend.open({ ...prepared.task, state });
  const readChecked = async () => {
    const state = await session.read();
    for (const { prefix } of program.networks) {
      if (!state.buffers[`${prefix}parameters`].every(Number.isFinite)) {
        throw new DivergenceError(state.step, "a parameter");
      }
    }
    return state;
  };
  const keep = (state: TrainingState, cursor: Cursor) =>
    checkpoints?.save({
      state,
      cursor,
      table: csvSha256(columns, rows[0]),
      chosen: chosen[0],
    });
  try {
    const cursor = await runTraining(session, program.lossTerms, {
      from,
      to: steps,
      logInterval,
      checkpointInterval: checkpoints?.interval,
      async onInterval(step, means) {
        const isLookedAt = problem.environment || models[0] ||
          options.onPolicy;
        const state = isLookedAt ? await readChecked() : null;
        seeds.forEach(({ problem: { environment } }, seed) => {
          const own = means.slice(
            seed * ensembleSize,
            (seed + 1) * ensembleSize,
          );
          const terms = program.lossTerms.map((_, t) =>
            own.reduce((sum, member) => sum + member[t], 0) / ensembleSize
          );
          const loss = program.lossTerms.reduce(
            (sum, { weight }, t) => sum + weight * terms[t],
            0,
          );
          const row = [step, loss, ...terms];
          const model = models[seed];
          if (state && model) {
            const part = partOf(state, seed);
            const best = bestCandidate(
              model,
              program,
              (candidate) => policyOf(part, seed, candidate),
              ensembleSize,
            );
            row.push(best.value);
            const before = chosen[seed]?.value ?? -Infinity;
            if (2 * step > steps && best.value >= before) {
              chosen[seed] = { ...best, buffers: copied(part) };
            }
          }
          if (state && environment) {
            const { mdp } = environment;
            const exact = evaluate(policyOf(partOf(state, seed), seed), mdp, {
              mostWork: LOGGED_WORK,
            });
            row.push(...measuresOf(exact, mdp));
          }
          rows[seed].push(row);
        });
        options.onRow?.(rows[0][rows[0].length - 1]);
        if (state) {
          await options.onPolicy?.(policyOf(partOf(state, 0), 0), step);
        }
      },
      async onCheckpoint(cursor) {
        if (checkpoints?.isDue?.() === false) return;
        const state = await readChecked();
        keep(state, cursor);
      },
      onStep: options.onStep,
      stop,
    });
    const state = await readChecked();
    if (cursor.step < steps) {
      keep(state, cursor);
      throw new InterruptedError(
        `after step ${group(cursor.step)} of ${algorithm.name}`,
      );
    }
    return seeds.map((_, seed) => ({
      policy: policyOf(
        chosen[seed]?.buffers ?? partOf(state, seed),
        seed,
        chosen[seed]?.candidate,
      ),
      columns,
      rows: rows[seed],
    }));
  } finally {
    await session.close();
  }
}

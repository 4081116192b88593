/**
 * From data, network and algorithm to a task that a backend can open.
 *
 * @module
 */
import {
  initialState,
  type TrainingState,
} from "../algorithms/training_state.ts";
import { adamSchedule } from "../algorithms/schedule.ts";
import type {
  KnownOfData,
  LearningShape,
  ValueSettings,
} from "../algorithms/define.ts";
import {
  type Algorithm,
  algorithmNamed,
  buildProgram,
  knownTables,
} from "../algorithms/index.ts";
import type { Program } from "../algorithms/program.ts";
import type { TrainingTask } from "../backends/backend.ts";
import { checkConfig, checkLearner } from "../config/schema.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { learntRows } from "../dataset/ends.ts";
import {
  planSource,
  type StepConstants,
  uniformDraw,
} from "../dataset/minibatch_plan.ts";
import {
  type StoredPlanRun,
  storedPlanSource,
} from "../dataset/stored_plan.ts";
import { validateDataset } from "../dataset/validate.ts";
import { InputError } from "../errors.ts";
import { initialParameters, memberStream } from "../network/initial.ts";
import {
  encodeObservations,
  type Encoder,
  type EncoderName,
  fitEncoder,
  inputSize,
} from "../network/encoder.ts";
import { concatenated } from "../numerics/arrays.ts";
import { randomStream } from "../numerics/random.ts";

/** One run of a task: its seed and what it learns from. */
export interface TaskRun {
  /** Names the streams of the initial parameters and of the minibatches. */
  readonly seed: number;
  /** Which network of an ensemble; 0 if there is one. */
  readonly member: number;
  /** What the run learns from. */
  readonly dataset: Dataset;
  /** See {@link KnownOfData}. */
  readonly unsafeSteps?: KnownOfData["unsafeSteps"];
}

/** The network's shape and how it sees observations. */
export interface NetworkSettings {
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  /** See {@link EncoderName}. */
  readonly encoder: EncoderName;
}

/** A task, and the encoder of each run's observations. */
export interface PreparedTask {
  /** For a backend to open. */
  readonly task: TrainingTask;
  /** One per run; null for none. */
  readonly encoders: readonly (Encoder | null)[];
}

/**
 * Prepares training of one algorithm, for several runs at once that differ in seed and data.
 *
 * @param runs At least one; all with the same observation size and number of actions.
 * @param bootstrapOnTruncation Whether the last step of an episode that was cut looks at the observation
 *   after it; otherwise it is treated as terminal.
 * @param state Where to resume; without it, training starts from the beginning.
 * @throws InputError if the data are not valid or a setting is missing or out of range.
 */
export function prepareTask(
  { hidden, encoder }: NetworkSettings,
  algorithm: Algorithm,
  runs: readonly TaskRun[],
  bootstrapOnTruncation: boolean,
  state?: TrainingState,
): PreparedTask {
  checkLearner({ hidden, encoder }, algorithm);
  if (runs.length === 0) throw new InputError("there is no run to prepare");
  const { observationSize, actionCount } = runs[0].dataset;
  const largestReward = largestRewardOf(runs[0].dataset);
  const parts = new Map<Dataset, TablePart>();
  let inputs: number | undefined;
  let tableRows = 0;
  for (const { seed, member, dataset, unsafeSteps } of runs) {
    checkConfig({ seed }, "run");
    if (!Number.isSafeInteger(member) || member < 0) {
      throw new InputError(
        `run: member: must be an integer from 0, not ${member}`,
      );
    }
    if (parts.has(dataset)) continue;
    validateDataset(dataset, "the data set");
    if (
      dataset.observationSize !== observationSize ||
      dataset.actionCount !== actionCount
    ) {
      throw new InputError(
        "the runs' data sets differ in observation size or number of actions: train them separately",
      );
    }
    if (
      isScaledByData(algorithm) &&
      largestRewardOf(dataset) !== largestReward
    ) {
      throw new InputError(
        "the runs' data sets differ in their largest reward, which settings of the algorithm are in units of: train them separately",
      );
    }
    if (hasAllowed(dataset) !== hasAllowed(runs[0].dataset)) {
      throw new InputError(
        "some of the runs' data sets say which actions are allowed and some do not: train them separately",
      );
    }
    if (!dataset.stored !== !runs[0].dataset.stored) {
      throw new InputError(
        "some of the runs' data stay on disk and some do not: train them separately",
      );
    }
    const part = tablePart(algorithm, dataset, encoder, tableRows, unsafeSteps);
    inputs ??= part.inputs;
    if (part.inputs !== inputs) {
      throw new InputError(
        "the runs' data sets differ in their categories: train them separately",
      );
    }
    parts.set(dataset, part);
    tableRows += part.rowCount;
  }

  const isStored = runs[0].dataset.stored !== undefined;
  const program = programFor(algorithm, {
    observationSize: inputs!,
    hidden,
    actionCount,
    tableRows,
    largestReward,
    masked: hasAllowed(runs[0].dataset),
  }, isStored ? runs.length : undefined);
  const { steps, learningRate, learningRateSchedule } = algorithm.settings;
  const constants = runs.map(() =>
    adamSchedule(learningRate, learningRateSchedule, steps)
  );
  const planRuns = runs.map(({ seed, member, dataset }) => ({
    dataset,
    rewardScale: program.rewardScale,
    discount: program.discount,
    bootstrapOnTruncation,
    draw: uniformDraw(
      randomStream(seed, memberStream(`minibatch/${algorithm.name}`, member)),
      dataset.episodeOffsets[dataset.episodeOffsets.length - 1],
    ),
  }));
  const { observations, tables, plan } = isStored
    ? changingTables(
      program,
      planRuns.map((run) => {
        const { encoder } = parts.get(run.dataset)!;
        const encode = (rows: Float32Array) =>
          encodeObservations(rows, encoder);
        return { ...run, encode };
      }),
      constants,
    )
    : {
      ...joinedTables([...parts.values()]),
      plan: planSource(
        program.plan,
        planRuns.map((run) => {
          const { rowOf } = parts.get(run.dataset)!;
          return { ...run, rowOf, tableRows };
        }),
        constants,
      ),
    };
  const parameters = () =>
    program.networks.map(({ layout, prefix }) =>
      runs.map(({ seed, member }) =>
        initialParameters(layout, seed, member, prefix)
      )
    );
  return {
    task: {
      program,
      observations,
      tables,
      plan,
      state: state ?? initialState(program, parameters()),
    },
    encoders: runs.map(({ dataset }) => parts.get(dataset)!.encoder),
  };
}

/** Numbers of the observations that plans made at once bring with them, about. */
const BLOCK_NUMBERS = 2 ** 22;

/**
 * An algorithm's program for data in memory, or for data that stay on disk.
 *
 * @param storedRuns How many runs learn at once from data on disk.
 */
export function programFor(
  algorithm: Algorithm,
  shape: LearningShape,
  storedRuns?: number,
): Program {
  if (storedRuns === undefined) return buildProgram(algorithm, shape);
  // Larger than any table: nothing is computed for all observations.
  const endless = { ...shape, tableRows: Infinity };
  const program = buildProgram(algorithm, endless);
  const stepRows = storedRuns * program.plan.rowCapacity;
  const steps = Math.floor(BLOCK_NUMBERS / (stepRows * shape.observationSize));
  const blockRows = Math.max(1, Math.min(256, steps)) * stepRows;
  const tableRows = 2 * blockRows;
  return {
    ...program,
    blockRows,
    tableRows,
    tables: program.tables.map(({ name }) => {
      if (name !== ALLOWED) {
        throw new InputError(
          `algorithms.${algorithm.name}: needs all data in memory, and these stay on disk: take another learner; see docs/large-data.md`,
        );
      }
      return { name, length: tableRows * shape.actionCount };
    }),
  };
}

/** The table of masks. */
const ALLOWED = "allowed";

function changingTables(
  { plan, tableRows, blockRows, networks, tables }: Program,
  runs: readonly StoredPlanRun[],
  constants: readonly StepConstants[],
): Pick<TrainingTask, "observations" | "tables" | "plan"> {
  const { inputs } = networks[0].layout.layers[0];
  const observations = new Float32Array(tableRows * inputs);
  const [allowed] = tables.map(({ length }) => new Float32Array(length));
  const table = { blockRows: blockRows!, observations, allowed };
  return {
    observations,
    ...(allowed && { tables: { allowed } }),
    plan: storedPlanSource(plan, runs, constants, table),
  };
}

function joinedTables(
  parts: readonly TablePart[],
): Pick<TrainingTask, "observations" | "tables"> {
  // One data set's table is not copied: it may be large.
  const joined = (tables: readonly Float32Array[]) =>
    tables.length === 1 ? tables[0] : concatenated(tables);
  const names = Object.keys(parts[0].tables);
  return {
    observations: joined(parts.map(({ observations }) => observations)),
    tables: Object.fromEntries(
      names.map((
        name,
      ) => [name, joined(parts.map(({ tables }) => tables[name]))]),
    ),
  };
}

function hasAllowed(dataset: Dataset): boolean {
  const { stored } = dataset;
  return stored ? stored.hasAllowed : dataset.allowed !== undefined;
}

/** Whether the largest reward of the data decides about an algorithm's Program. */
export function isScaledByData({ name, settings }: Algorithm): boolean {
  return (settings as Partial<ValueSettings>).rewardScale === null ||
    algorithmNamed(name).isScaledByData?.(settings as never) === true;
}

/** The largest absolute reward of data; 1 where all are 0. */
export function largestRewardOf(dataset: Dataset): number {
  const rewards = dataset.stored
    ? Float32Array.from(Object.values(dataset.stored.survey.reward))
    : dataset.rewards;
  return rewards.reduce((most, r) => Math.max(most, Math.abs(r)), 0) || 1;
}

/** A data set's share of the observation table, which all runs have in common. */
interface TablePart {
  readonly observations: Float32Array;
  readonly inputs: number;
  readonly rowCount: number;
  readonly rowOf: Uint32Array;
  readonly tables: Readonly<Record<string, Float32Array>>;
  readonly encoder: Encoder | null;
}

function tablePart(
  algorithm: Algorithm,
  dataset: Dataset,
  name: EncoderName,
  firstRow: number,
  unsafeSteps: KnownOfData["unsafeSteps"],
): TablePart {
  if (dataset.stored) return storedPart(dataset, name);
  const rows = learntRows(dataset);
  const encoder = fitEncoder(name, { ...dataset, ...rows });
  const observations = encodeObservations(rows.observations, encoder);
  return {
    observations,
    inputs: observations.length / rows.count,
    rowCount: rows.count,
    rowOf: firstRow === 0
      ? rows.rowOf
      : rows.rowOf.map((row) => row + firstRow),
    tables: {
      ...(rows.allowed && { allowed: Float32Array.from(rows.allowed) }),
      ...knownTables(algorithm, {
        dataset,
        rowOf: rows.rowOf,
        rowCount: rows.count,
        unsafeSteps,
      }),
    },
    encoder,
  };
}

/** What of data on disk is known before plans are made. */
function storedPart(
  { stored, observationSize, observationCategories }: Dataset,
  name: EncoderName,
): TablePart {
  // Two observations that have the range of all.
  const { min, max } = stored!.survey.learnt;
  const observed = {
    observationSize,
    observationCategories,
    observations: concatenated([min, max]),
  };
  return {
    observations: new Float32Array(),
    inputs: inputSize(name, observed),
    rowCount: 0,
    rowOf: new Uint32Array(),
    tables: {},
    encoder: fitEncoder(name, observed),
  };
}

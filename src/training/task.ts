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
import type { ValueSettings } from "../algorithms/define.ts";
import { type Algorithm, buildProgram } from "../algorithms/index.ts";
import type { TrainingTask } from "../backends/backend.ts";
import { checkConfig, checkLearner } from "../config/schema.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { learntRows } from "../dataset/ends.ts";
import { planSource, uniformDraw } from "../dataset/minibatch_plan.ts";
import { validateDataset } from "../dataset/validate.ts";
import { InputError } from "../errors.ts";
import { initialParameters, memberStream } from "../network/initial.ts";
import {
  encodeObservations,
  type Encoder,
  type EncoderName,
  fitEncoder,
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
  for (const { seed, member, dataset } of runs) {
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
        "the runs' data sets differ in their largest reward, and rewardScale is null: train them separately",
      );
    }
    if (!dataset.allowed !== !runs[0].dataset.allowed) {
      throw new InputError(
        "some of the runs' data sets say which actions are allowed and some do not: train them separately",
      );
    }
    const part = tablePart(dataset, encoder, tableRows);
    inputs ??= part.inputs;
    if (part.inputs !== inputs) {
      throw new InputError(
        "the runs' data sets differ in their categories: train them separately",
      );
    }
    parts.set(dataset, part);
    tableRows += part.rowCount;
  }

  // One data set's table is not copied: it may be large.
  const joined = (tables: Float32Array[]) =>
    tables.length === 1 ? tables[0] : concatenated(tables);
  const observations = joined(
    [...parts.values()].map(({ observations }) => observations),
  );
  const masks = [...parts.values()].flatMap(({ allowed }) => allowed ?? []);
  const masked = masks.length > 0;
  const program = buildProgram(algorithm, {
    observationSize: inputs!,
    hidden,
    actionCount,
    tableRows,
    largestReward,
    masked,
  });
  const { steps, learningRate, learningRateSchedule } = algorithm.settings;
  const constants = adamSchedule(learningRate, learningRateSchedule, steps);
  const plan = planSource(
    program.plan,
    runs.map(({ seed, member, dataset }) => ({
      dataset,
      rowOf: parts.get(dataset)!.rowOf,
      tableRows,
      rewardScale: program.rewardScale,
      discount: program.discount,
      bootstrapOnTruncation,
      draw: uniformDraw(
        randomStream(seed, memberStream(`minibatch/${algorithm.name}`, member)),
        dataset.actions.length,
      ),
    })),
    runs.map(() => constants),
  );
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
      ...(masked && { tables: { allowed: joined(masks) } }),
      plan,
      state: state ?? initialState(program, parameters()),
    },
    encoders: runs.map(({ dataset }) => parts.get(dataset)!.encoder),
  };
}

/** Whether the largest reward of the data decides by what rewards are multiplied. */
export function isScaledByData({ settings }: Algorithm): boolean {
  return (settings as Partial<ValueSettings>).rewardScale === null;
}

/** The largest absolute reward of data; 1 where all are 0. */
export function largestRewardOf({ rewards }: Dataset): number {
  const largest = rewards.reduce((most, r) => Math.max(most, Math.abs(r)), 0);
  return largest || 1;
}

/** A data set's share of the observation table, which all runs have in common. */
interface TablePart {
  readonly observations: Float32Array;
  readonly inputs: number;
  readonly rowCount: number;
  readonly rowOf: Uint32Array;
  readonly allowed?: Float32Array;
  readonly encoder: Encoder | null;
}

function tablePart(
  dataset: Dataset,
  name: EncoderName,
  firstRow: number,
): TablePart {
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
    allowed: rows.allowed && Float32Array.from(rows.allowed),
    encoder,
  };
}

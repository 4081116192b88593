/**
 * Whether a run fits into memory, judged from its configuration before memory is taken and before
 * a directory is made.
 *
 * @module
 */
import { type Algorithm, isTabular, knownTables } from "../algorithms/index.ts";
import type { LearnerSettings, LearningShape } from "../algorithms/define.ts";
import { type Backend, gibibytes, type TaskSize } from "../backends/backend.ts";
import type { Config } from "../config/config.ts";
import { learntRows } from "../dataset/ends.ts";
import { programFor } from "../training/task.ts";
import { InputError } from "../errors.ts";
import type { WorldFile } from "../environments/world_file.ts";
import { environmentShape } from "../environments/index.ts";
import { inputSize, oneHotSize } from "../network/encoder.ts";
import {
  configuredAlgorithms,
  networkAlgorithms,
  observedIn,
  unsafeIn,
} from "./learn.ts";
import type { LearningProblem } from "./problem.ts";

/**
 * Bytes that a transition of collected data takes at the most: 18 in its columns, which are twice
 * as long while they grow, as many in the file that is made of them, and 8 in the tables of learning.
 */
const TRANSITION_BYTES = 64;
/** Of collected data. */
const MOST_DATA_BYTES = 2 ** 32;
/** A checkpoint is written and read in one piece; see `readFile`. */
const MOST_CHECKPOINT_BYTES = 2 ** 31;
/** A row of a training table takes about 4 KiB while its plot is drawn, and 50 bytes of the plot. */
const MOST_ROWS = 100_000;

/** Of state and action in a table: it takes about 100 bytes of each while it is made, and 20 of its file. */
const MOST_PAIRS = 10_000_000;

/** A network's shape but for the hidden layers, and whether the data stay on disk. */
type DataSize = Omit<LearningShape, "hidden"> & { readonly isStored?: boolean };

/** The part of a backend that knows its memory. */
type Room = Pick<Backend, "shortage">;

/**
 * Refuses a configuration whose data, collected in the configured environment, or whose training on
 * them cannot fit.
 *
 * @param room Of the backend that will train.
 * @param world From the file, where the environment is from one.
 * @throws InputError naming the key, what it would take and what there is.
 */
export function requireRoomToCollect(
  config: Config,
  room: Room,
  world?: WorldFile,
): void {
  const { environment, dataset: { episodes } } = config;
  if (environment === null) return;
  const {
    horizon,
    stateCount,
    actionCount,
    observationSize,
    observationCategories,
  } = environmentShape(environment, world);
  // Without a horizon nothing is known beforehand.
  const maxSteps = horizon ?? 1;
  const bytes = episodes * maxSteps * TRANSITION_BYTES;
  if (bytes > MOST_DATA_BYTES) {
    throw new InputError(
      `dataset.episodes: ${episodes} of up to ${maxSteps} steps may take ${
        gibibytes(bytes)
      }, and data may take ${gibibytes(MOST_DATA_BYTES)}: collect fewer`,
    );
  }
  requireRoom(config, room, {
    // Of others, categories are known once data are collected.
    observationSize: config.network.encoder === "oneHot" &&
        observationCategories
      ? oneHotSize(observationCategories)
      : observationSize,
    actionCount,
    tableRows: stateCount,
  });
}

/**
 * Refuses a configuration whose training on what was collected or given cannot fit, or needs to know what
 * the data do not say.
 *
 * @param room Of the backend that will train.
 * @throws InputError naming the key, what it would take and what there is.
 */
export function requireRoomToLearn(
  config: Config,
  room: Room,
  problem: LearningProblem,
): void {
  const { stored } = problem.dataset;
  if (stored) {
    const observed = observedIn(problem);
    return requireRoom(config, room, {
      observationSize: inputSize(config.network.encoder, observed),
      actionCount: observed.actionCount,
      tableRows: 0,
      masked: stored.hasAllowed,
      isStored: true,
    });
  }
  const rows = learntRows(problem.dataset);
  const { observations, count, allowed } = rows;
  for (const algorithm of networkAlgorithms(config)) {
    knownTables(algorithm, {
      dataset: problem.dataset,
      rowOf: rows.rowOf,
      rowCount: count,
      ...unsafeIn(problem),
    });
  }
  const observed = problem.environment?.mdp ??
    { ...problem.dataset, observations };
  requireRoom(config, room, {
    observationSize: inputSize(config.network.encoder, observed),
    actionCount: observed.actionCount,
    tableRows: count,
    masked: allowed !== undefined,
  });
}

/** Rows of a training table. */
export function loggedRows({ steps, logInterval }: LearnerSettings): number {
  return Math.ceil(steps / logInterval);
}

function requireRoom(config: Config, room: Room, data: DataSize): void {
  for (const algorithm of configuredAlgorithms(config)) {
    if (isTabular(algorithm)) {
      requireRoomToCount(algorithm.name, data);
      continue;
    }
    const rows = loggedRows(algorithm.settings);
    if (rows > MOST_ROWS) {
      throw new InputError(
        `algorithms.${algorithm.name}.logInterval: ${algorithm.settings.logInterval} gives the training table ${rows} rows, and it may have ${MOST_ROWS}: log less often`,
      );
    }
    requireRoomToTrain(config, algorithm, room, data);
  }
}

function requireRoomToCount(
  name: string,
  { tableRows, actionCount }: DataSize,
): void {
  const pairs = tableRows * actionCount;
  if (pairs <= MOST_PAIRS) return;
  throw new InputError(
    `algorithms.${name}: ${tableRows} states or different observations of ${actionCount} actions are ${pairs} pairs, and a table may have ${MOST_PAIRS}: take fewer, or a learner with a network`,
  );
}

function requireRoomToTrain(
  { network: { hidden, encoder } }: Config,
  algorithm: Algorithm,
  room: Room,
  data: DataSize,
): void {
  const { name, settings } = algorithm;
  const shortage = (smaller: Partial<typeof settings>, units = hidden) => {
    const tried = {
      name,
      settings: { ...settings, ...smaller },
    } as Algorithm;
    const runs = tried.settings.ensembleSize;
    const shape = { ...data, hidden: units };
    const program = programFor(tried, shape, data.isStored ? runs : undefined);
    const size = { program, runs };
    return room.shortage?.(size) ?? checkpointShortage(size);
  };
  const short = shortage({});
  if (short === null) return;
  // The one to name is the first without which it would fit.
  const [key, value] = shortage({ ensembleSize: 1 }) === null
    ? [`algorithms.${name}.ensembleSize`, settings.ensembleSize]
    : shortage({ batchSize: 1 }) === null
    ? [`algorithms.${name}.batchSize`, settings.batchSize]
    : shortage({ ensembleSize: 1, batchSize: 1 }, [1]) === null
    ? ["network.hidden", `[${hidden.join(", ")}]`]
    : encoder === "oneHot"
    ? ["network.encoder", `oneHot of ${data.observationSize} categories`]
    : ["the data set", `${data.tableRows} different observations`];
  throw new InputError(
    `${key}: ${value} is too large: training ${name} takes ${short}`,
  );
}

function checkpointShortage({ program, runs }: TaskSize): string | null {
  const words = program.buffers.filter(({ name }) =>
    program.state.includes(name)
  ).reduce((sum, { length }) => sum + length, 0);
  const bytes = 4 * runs * words;
  return bytes > MOST_CHECKPOINT_BYTES
    ? `${gibibytes(bytes)} for a checkpoint, which may have 2`
    : null;
}

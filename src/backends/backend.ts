/**
 * What a backend is: a set of kernels and a place for buffers. It allocates what a Program names,
 * uploads, runs the calls in order, and reads back. It knows no algorithm by name, draws no random
 * number and computes no constant. All backends return the same bits.
 *
 * What it is not: a training loop, a logger, or a choice of device.
 *
 * @module
 */
import type { TrainingState } from "../algorithms/training_state.ts";
import type { Program } from "../algorithms/program.ts";
import type { PlanSource, TableRows } from "../dataset/minibatch_plan.ts";
import type { DeviceSurvey } from "./survey.ts";

/** Everything that training needs. */
export interface TrainingTask {
  /** What is computed. */
  readonly program: Program;
  /**
   * The table of distinct observations, [program.tableRows, inputs] row-major. With `program.blockRows` the
   * plan source writes into it, and into `tables`; see {@link freshParts}.
   */
  readonly observations: Float32Array;
  /** The program's `tables`, by name; none where it has none. */
  readonly tables?: Readonly<Record<string, Float32Array>>;
  /** Which samples each step uses. */
  readonly plan: PlanSource;
  /** Where training starts: the initial state or a checkpoint. */
  readonly state: TrainingState;
}

/** What decides how much memory a training takes. */
export interface TaskSize {
  /** What is computed. */
  readonly program: Program;
  /** Runs that learn at once. */
  readonly runs: number;
}

/** A training session: a training in progress on a backend. */
export interface TrainingSession {
  /**
   * Trains until step `to`, which must be beyond the current one.
   * @returns The mean loss terms of each step made, [steps, runs, terms].
   */
  run(to: number): Promise<Float32Array>;
  /** Reads the state back. */
  read(): Promise<TrainingState>;
  /** Frees what the session holds. */
  close(): Promise<void>;
}

/** A device, or a way of using one. */
export interface Backend {
  /** As a user names it. */
  readonly name: "reference" | "wasm" | "webgpu";
  /** One line for people: the device and how it is used. */
  readonly description: string;
  /** What the device is and what was measured on it before it was taken; none for a processor. */
  readonly survey?: DeviceSurvey;
  /**
   * How the device was used by the longer trainings so far, by measurement and in words, such as
   * `1 of 2 threads for 97 % of the steps`; null where there was nothing to choose.
   */
  readonly usage?: () => string | null;
  /**
   * What a training would take of a memory that has less, in words such as `5.0 GiB in WebAssembly,
   * which has at most 4`; null where it fits, as far as is known before memory is taken.
   */
  readonly shortage?: (size: TaskSize) => string | null;
  /** Allocates and uploads, and brings the target table up to date with the state. */
  open(task: TrainingTask): Promise<TrainingSession>;
}

/** How many steps of plans a backend holds at a time: up to 256, and about 4 MB. */
export function blockSteps({ program, runs }: TaskSize): number {
  const { plan, blockRows = Infinity } = program;
  const words = plan.stride * runs;
  const withRows = Math.floor(blockRows / (plan.rowCapacity * runs));
  return Math.max(1, Math.min(256, Math.floor(2 ** 20 / words), withRows));
}

/** A part of a table that plans brought with them. */
export interface FreshPart {
  /** `observations`, or the name of one of the program's `tables`. */
  readonly name: string;
  /** Element of the table at which the part begins. */
  readonly offset: number;
  /** Its elements, in the task's own memory. */
  readonly data: Float32Array;
}

/** What a call of `plan.fill` wrote into the task's tables. */
export function freshParts(
  { program, observations, tables = {} }: TrainingTask,
  rows: TableRows | undefined,
): FreshPart[] {
  if (rows === undefined) return [];
  return Object.entries({ ...tables, observations }).map(([name, table]) => {
    const width = table.length / program.tableRows;
    const offset = rows.first * width;
    const data = table.subarray(offset, offset + rows.count * width);
    return { name, offset, data };
  });
}

/** Numbers in the table of distinct observations. */
export function tableLength({ networks, tableRows }: Program): number {
  return tableRows * networks[0].layout.layers[0].inputs;
}

/** `1.5 GiB`, for a shortage of memory. */
export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/**
 * Workers that compute the cells of a study side by side. Each cell is computed alone from what
 * names it, so that neither the number of workers nor the order changes a result.
 *
 * @module
 */
import type { BackendName } from "../backends/choose.ts";
import { InputError } from "../errors.ts";
import type { Given } from "../run/problem.ts";
import type { CellResult } from "./cell.ts";
import type { StudyCell } from "./config.ts";
import { cellCosts } from "./cost.ts";
import { measurePopulation } from "./population.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";
import type { Machine } from "./work.ts";
import type { BatchAnswer, BatchMessage } from "./worker.ts";

/** What a pool is to do. */
export interface PoolOptions {
  /** The study. */
  readonly study: StudyConfig;
  /** Data and world, where they are from files. */
  readonly given: Given;
  /** Those of its cells that are to be computed. */
  readonly cells: readonly StudyCell[];
  /** Workers. */
  readonly jobs: number;
  /** What computes. */
  readonly backend: BackendName;
  /** Folder where long trainings keep checkpoints, from which they go on. */
  readonly unfinished: string;
  /** Ends the work at once; of cells in progress, the last checkpoint is left. */
  readonly signal?: AbortSignal;
  /** Called with a line for each kind of cells of which several are trained side by side. */
  readonly onNote?: (note: string) => void;
  /** Called often, with the steps that a cell has made. */
  readonly onStep: (cell: StudyCell, step: number) => void;
  /** Called with each result, in the order in which they come, and what computed it. */
  readonly onResult: (result: CellResult, machine: Machine) => void;
}

/**
 * Computes cells, those that take longest first; on a GPU the seeds and training seeds of an algorithm side by side.
 * Resolves when all are done or the signal is given.
 *
 * @throws InputError if a cell cannot be computed, e.g. because training diverges; the others in
 *   progress are given up.
 */
export async function runPool(options: PoolOptions): Promise<void> {
  const { study, given, backend, jobs, signal } = options;
  const waiting = longestFirst(study, await inBatches(options));
  const workers: Worker[] = [];
  return await new Promise<void>((resolve, reject) => {
    let busy = 0;
    const fail = (error: unknown) => {
      waiting.length = 0;
      reject(error);
    };
    const giveNext = (worker: Worker) => {
      const cells = waiting.shift();
      if (cells === undefined) return busy === 0 && resolve();
      busy++;
      worker.onmessage = ({ data }: MessageEvent<BatchAnswer>) => {
        try {
          if (data.kind === "failure") return fail(failureOf(cells, data));
          if (data.kind === "step") {
            return cells.forEach((cell) => options.onStep(cell, data.step));
          }
          const { machine } = data;
          data.results.forEach((result) => options.onResult(result, machine));
          busy--;
          giveNext(worker);
        } catch (error) {
          fail(error);
        }
      };
      worker.onerror = (event) => {
        event.preventDefault();
        fail(new Error(`a worker of the study failed: ${event.message}`));
      };
      const { unfinished } = options;
      const message: BatchMessage = {
        study,
        cells,
        given,
        backend,
        unfinished,
      };
      worker.postMessage(message);
    };
    if (signal?.aborted || waiting.length === 0) return resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
    for (let i = Math.min(jobs, waiting.length); i > 0; i--) {
      const worker = new Worker(
        new URL("./worker.ts", import.meta.url),
        { type: "module" },
      );
      workers.push(worker);
      giveNext(worker);
    }
  }).finally(() => workers.forEach((worker) => worker.terminate()));
}

function failureOf(
  cells: Batch,
  { message, isInputError }: BatchAnswer & { kind: "failure" },
): Error {
  const [{ preset, policy }] = cells;
  const seeds = cells.map(({ seed, trainingSeed }) =>
    trainingSeed === undefined
      ? `${seed}`
      : `${seed} (training seed ${trainingSeed})`
  ).join(", ");
  const line = `${preset}, ${policy}, seed ${seeds}: ${message}`;
  return isInputError ? new InputError(line) : new Error(line);
}

/** Cells of one preset and policy that are computed side by side. */
type Batch = readonly StudyCell[];

/**
 * Batches of cells that differ in nothing but seed and training seed: as many together as a GPU is measured to
 * train sooner than one after the other. On a processor each thread trains one, which has checkpoints.
 */
async function inBatches(
  { study, cells, given, backend, onNote }: PoolOptions,
): Promise<Batch[]> {
  if (backend !== "webgpu") return cells.map((cell) => [cell]);
  const kinds = Map.groupBy(
    cells,
    ({ preset, policy }) => `${preset}/${policy}`,
  );
  const batches: Batch[] = [];
  for (const [name, kind] of kinds) {
    const { together, measured } = await measurePopulation(
      study,
      kind,
      given,
      backend,
    );
    if (measured.length > 0) {
      const times = measured.map(([count, seconds]) =>
        `${count}: ${(1e3 * seconds).toPrecision(2)} ms`
      );
      onNote?.(
        `${name}: ${together} cells are trained side by side (a step of each, by their number: ${
          times.join(", ")
        })`,
      );
    }
    for (let i = 0; i < kind.length; i += together) {
      batches.push(kind.slice(i, i + together));
    }
  }
  return batches;
}

/** The order is for the time alone: a long batch begun last would keep the other workers waiting. */
function longestFirst(study: StudyConfig, batches: readonly Batch[]): Batch[] {
  const cost = cellCosts(study);
  const costs = new Map(
    batches.map((batch) => [batch, batch.length * cost(batch[0])]),
  );
  return batches.toSorted((a, b) => costs.get(b)! - costs.get(a)!);
}

/**
 * Workers that compute the cells of a study side by side. Each cell is computed alone from what
 * names it, so that neither the number of workers nor the order changes a result.
 *
 * @module
 */
import type { BackendName } from "../backends/choose.ts";
import { InputError } from "../errors.ts";
import { networkLayout } from "../network/layout.ts";
import { type CellResult, cellSteps } from "./study_cell.ts";
import {
  seedConfig,
  studyAlgorithms,
  type StudyCell,
  type StudyConfig,
} from "./study_config.ts";
import type { CellAnswer, CellMessage } from "./study_worker.ts";

/** What a pool is to do. */
export interface PoolOptions {
  readonly study: StudyConfig;
  readonly cells: readonly StudyCell[];
  /** Workers. */
  readonly jobs: number;
  readonly backend: BackendName;
  /** Ends the work at once; cells in progress are lost. */
  readonly signal?: AbortSignal;
  /** Called often, with the steps that a cell has made. */
  readonly onStep: (cell: StudyCell, step: number) => void;
  /** Called with each result, in the order in which they come. */
  readonly onResult: (result: CellResult) => void;
}

/**
 * Computes cells, those that take longest first. Resolves when all are done or the signal is
 * given.
 *
 * @throws InputError if a cell cannot be computed, e.g. because training diverges; the others in
 *   progress are given up.
 */
export function computeCells(options: PoolOptions): Promise<void> {
  const { study, backend, jobs, signal } = options;
  const waiting = longestFirst(study, options.cells);
  const workers: Worker[] = [];
  return new Promise<void>((resolve, reject) => {
    let busy = 0;
    const fail = (error: unknown) => {
      waiting.length = 0;
      reject(error);
    };
    const giveNext = (worker: Worker) => {
      const cell = waiting.shift();
      if (cell === undefined) return busy === 0 && resolve();
      busy++;
      worker.onmessage = ({ data }: MessageEvent<CellAnswer>) => {
        try {
          if (data.kind === "step") return options.onStep(cell, data.step);
          if (data.kind === "failure") return fail(failureOf(cell, data));
          options.onResult(data.result);
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
      const message: CellMessage = { study, cell, backend };
      worker.postMessage(message);
    };
    if (signal?.aborted || waiting.length === 0) return resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
    for (let i = Math.min(jobs, waiting.length); i > 0; i--) {
      const worker = new Worker(
        new URL("./study_worker.ts", import.meta.url),
        { type: "module" },
      );
      workers.push(worker);
      giveNext(worker);
    }
  }).finally(() => workers.forEach((worker) => worker.terminate()));
}

function failureOf(
  { preset, policy, seed }: StudyCell,
  { message, isInputError }: CellAnswer & { kind: "failure" },
): Error {
  const told = `${preset}, ${policy}, seed ${seed}: ${message}`;
  return isInputError ? new InputError(told) : new Error(told);
}

/** The order is for the time alone: a long cell begun last would keep the other workers waiting. */
function longestFirst(
  study: StudyConfig,
  cells: readonly StudyCell[],
): StudyCell[] {
  const costs = new Map(cells.map((cell) => [cell, cellCost(study, cell)]));
  return cells.toSorted((a, b) => costs.get(b)! - costs.get(a)!);
}

/** Proportional to the multiplications of a cell's training, about. */
function cellCost(study: StudyConfig, cell: StudyCell): number {
  const { preset, policy, seed } = cell;
  const { hidden } = seedConfig(study, preset, seed).network;
  const algorithm = studyAlgorithms(study, preset)
    .find(({ name }) => name === policy);
  if (!algorithm) return 0;
  const { parameterCount } = networkLayout([2, ...hidden, 4]);
  // Q-learning looks at the next observations too.
  const passes = policy === "bc" ? 3 : 4;
  const { batchSize, members } = algorithm.settings;
  return cellSteps(study, cell) * batchSize * members * parameterCount * passes;
}

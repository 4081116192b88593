/**
 * Workers that compute the cells of a study side by side. Each cell is computed alone from what
 * names it, so that neither the number of workers nor the order changes a result.
 *
 * @module
 */
import { type Algorithm, isTabular } from "../algorithms/index.ts";
import type { BackendName } from "../backends/choose.ts";
import { InputError } from "../errors.ts";
import { programOf } from "../run/learn.ts";
import type { Given } from "../run/problem.ts";
import { type CellResult, cellSteps } from "./cell.ts";
import { cellConfig, studyAlgorithms, type StudyCell } from "./config.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";
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
  /** Ends the work at once; cells in progress are lost. */
  readonly signal?: AbortSignal;
  /** Called often, with the steps that a cell has made. */
  readonly onStep: (cell: StudyCell, step: number) => void;
  /** Called with each result, in the order in which they come. */
  readonly onResult: (result: CellResult) => void;
}

/**
 * Computes cells, those that take longest first; on a GPU the seeds and training seeds of an algorithm side by side.
 * Resolves when all are done or the signal is given.
 *
 * @throws InputError if a cell cannot be computed, e.g. because training diverges; the others in
 *   progress are given up.
 */
export function runPool(options: PoolOptions): Promise<void> {
  const { study, given, backend, jobs, signal } = options;
  const waiting = longestFirst(
    study,
    backend === "webgpu"
      ? bySeeds(study, options.cells)
      : options.cells.map((cell) => [cell]),
  );
  const workers: Worker[] = [];
  return new Promise<void>((resolve, reject) => {
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
          data.results.forEach(options.onResult);
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
      const message: BatchMessage = { study, cells, given, backend };
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

/** Networks that a GPU trains side by side: more do not keep it busier, and each takes memory. */
const NETWORKS_TOGETHER = 32;

/** Batches of cells that differ in nothing but seed and training seed. */
function bySeeds(study: StudyConfig, cells: readonly StudyCell[]): Batch[] {
  const kinds = Map.groupBy(
    cells,
    ({ preset, policy }) => `${preset}/${policy}`,
  );
  return [...kinds.values()].flatMap((kind) => {
    const networks = algorithmOf(study, kind[0])?.settings.ensembleSize ?? 1;
    const size = Math.max(1, Math.floor(NETWORKS_TOGETHER / networks));
    return Array.from(
      { length: Math.ceil(kind.length / size) },
      (_, i) => kind.slice(i * size, (i + 1) * size),
    );
  });
}

/** The order is for the time alone: a long batch begun last would keep the other workers waiting. */
function longestFirst(study: StudyConfig, batches: readonly Batch[]): Batch[] {
  const costs = new Map(
    batches.map((
      batch,
    ) => [batch, batch.length * cellCost(study, batch[0])]),
  );
  return batches.toSorted((a, b) => costs.get(b)! - costs.get(a)!);
}

/** What a cell trains; undefined where it trains nothing. */
function algorithmOf(
  study: StudyConfig,
  { preset, policy }: StudyCell,
): Algorithm | undefined {
  const found = studyAlgorithms(study, preset).find(({ name }) =>
    name === policy
  );
  return found && !isTabular(found) ? found : undefined;
}

/** Proportional to the multiplications of a cell's training, about. */
function cellCost(study: StudyConfig, cell: StudyCell): number {
  const algorithm = algorithmOf(study, cell);
  if (!algorithm) return 0;
  const { networks, plan } = programOf(
    cellConfig(study, cell),
    algorithm,
    { observationSize: 2, observations: new Float32Array(2), actionCount: 4 },
  );
  const parameters = networks.reduce(
    (sum, { layout }) => sum + layout.parameterCount,
    0,
  );
  const { batchSize, ensembleSize } = algorithm.settings;
  // Forward on all rows, among them those of next observations; backward on the batch, in two parts.
  const rows = plan.rowCapacity + 2 * batchSize;
  return cellSteps(study, cell) * rows * ensembleSize * parameters;
}

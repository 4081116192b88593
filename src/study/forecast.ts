/**
 * How long a study will take, by a short measurement.
 *
 * @module
 */
import type { Algorithm } from "../algorithms/index.ts";
import type { Backend } from "../backends/backend.ts";
import { type BackendName, chooseBackend } from "../backends/choose.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";
import { InterruptedError, learn } from "../run/learn.ts";
import { type Given, openProblem } from "../run/problem.ts";
import { computeCells } from "./cell.ts";
import { cellConfig, type StudyCell, studyCells } from "./config.ts";
import { trainedBy } from "./cost.ts";
import { shares } from "./shard.ts";

/** A forecast. */
export interface StudyForecast {
  /** All cells. */
  readonly cells: number;
  /** Hours of one thread of this machine for all of them. */
  readonly hours: number;
  /** Hours of one thread for the longest of the shards. */
  readonly longest: number;
}

/** Milliseconds of a training that are passed over, while the compiler is at it. */
const WARM_UP_MS = 400;
/** Milliseconds of a training after which the measurement ends. */
const MEASURED_MS = 1_200;
/** Steps after which at most a policy is evaluated, to measure that. */
const MEASURED_INTERVAL = 250;

/**
 * Computes a first cell of each preset and policy in one thread, of a training about a second, and takes the
 * others for as long.
 *
 * @param options The backend, by default wasm; and how many shards are to share the cells.
 * @throws InputError if something cannot be trained.
 *
 * @example Two learners and the references, for one seed
 * ```ts
 * import { forecastStudy, resolveStudy } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const learner = { steps: 4, batchSize: 4 };
 * const overrides = { network: { hidden: [8] }, algorithms: { bc: learner, cql: learner } };
 * const study = resolveStudy({ presets: ["smoke"], seeds: [0], overrides });
 * equal((await forecastStudy(study, {})).cells, 3);
 * ```
 */
export async function forecastStudy(
  study: StudyConfig,
  given: Given,
  { backend = "wasm", shards = 1 }: {
    readonly backend?: BackendName;
    readonly shards?: number;
  } = {},
): Promise<StudyForecast> {
  const opened = await chooseBackend(backend, { threads: 1 });
  const cells = studyCells(study);
  const seconds = new Map<string, number>();
  for (const cell of cells) {
    if (seconds.has(kindOf(cell))) continue;
    seconds.set(kindOf(cell), await secondsOf(study, cell, given, opened));
  }
  const hoursOf = (some: readonly StudyCell[]) =>
    some.reduce((sum, cell) => sum + seconds.get(kindOf(cell))!, 0) / 3_600;
  const longest = shares(study, shards)
    .reduce((most, share) => Math.max(most, hoursOf(share)), 0);
  return { cells: cells.length, hours: hoursOf(cells), longest };
}

function kindOf({ preset, policy }: StudyCell): string {
  return `${preset}/${policy}`;
}

/** Seconds that a cell takes. */
async function secondsOf(
  study: StudyConfig,
  cell: StudyCell,
  given: Given,
  backend: Backend,
): Promise<number> {
  const begun = performance.now();
  const algorithm = trainedBy(study, cell);
  if (algorithm === undefined) {
    await computeCells(study, [cell], backend, given);
    return (performance.now() - begun) / 1_000;
  }
  const config = cellConfig(study, cell);
  const problem = openProblem(config, given);
  const { steps, logInterval } = algorithm.settings;
  const opening = performance.now() - begun;
  const { perStep, perRow } = await measured((clock) =>
    learn({
      config,
      problem,
      algorithm: withInterval(algorithm),
      backend,
      ...clock,
    })
  );
  const rows = Math.ceil(steps / logInterval);
  return (opening + perStep * steps + perRow * rows) / 1_000;
}

function withInterval(algorithm: Algorithm): Algorithm {
  const { settings } = algorithm;
  const logInterval = Math.min(settings.logInterval, MEASURED_INTERVAL);
  return { ...algorithm, settings: { ...settings, logInterval } };
}

/** What a training calls. */
interface Clock {
  readonly onStart: () => void;
  readonly onStep: (step: number) => void;
  readonly onRow: () => void;
  readonly stop: () => boolean;
}

/** Milliseconds of a step, and of the evaluation for a row, of a training that is stopped when they are known. */
async function measured(
  train: (clock: Clock) => Promise<unknown>,
): Promise<{ perStep: number; perRow: number }> {
  let start = 0;
  let last = 0;
  let isWarm = false;
  let first = 0;
  let made = 0;
  let training = 0;
  let evaluating = 0;
  let rows = 0;
  const lap = () => {
    const before = last;
    last = performance.now();
    return last - before;
  };
  try {
    await train({
      onStart: () => start = last = performance.now(),
      onStep(step) {
        training += lap();
        made = step;
        if (isWarm || last - start < WARM_UP_MS) return;
        isWarm = true;
        first = step;
        training = evaluating = rows = 0;
      },
      onRow() {
        evaluating += lap();
        rows++;
      },
      stop: () => made > first && last - start > MEASURED_MS,
    });
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
  }
  return {
    // A training that ended with the warm-up is as short as that.
    perStep: made > first ? training / (made - first) : (last - start) / made,
    perRow: rows > 0 ? evaluating / rows : 0,
  };
}

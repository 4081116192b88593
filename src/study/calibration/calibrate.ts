/**
 * Calibration of off-policy evaluation: many data sets in a world that is known, where every policy's worth is
 * exact, and how the estimates, intervals and decisions compare with it.
 *
 * @module
 */
import { join } from "node:path";
import { InputError } from "../../errors.ts";
import { canonicalJson } from "../../files/canonical_json.ts";
import { requirePlainEntries } from "../../files/entries.ts";
import { readFile } from "../../files/read.ts";
import { sha256Hex } from "../../numerics/hash.ts";
import { worldToSafetensors } from "../../environments/world_safetensors.ts";
import { valueName } from "../../evaluation/measures.ts";
import { plotCoverage } from "../../report/plots/coverage.ts";
import { lockDirectory } from "../../run/lock.ts";
import {
  claimRunDirectory,
  writeArtifact,
  writeJsonArtifact,
} from "../../run/run_directory.ts";
import { runFiles } from "../../run/run_files.ts";
import {
  type CalibrationWorld,
  CONFIDENCE,
  type FoundPolicy,
  type PreparedWorld,
  prepareWorld,
} from "./cell.ts";
import { calibrationPage } from "./page.ts";
import type { Calibration } from "./result.ts";
import { sizeResult } from "./statistics.ts";
import { TARGETS, unsafeEnd } from "./targets.ts";
import type { CellMessage } from "./worker.ts";

/** What to calibrate. */
export interface CalibrationOptions {
  /** The world and who acts. */
  readonly world: CalibrationWorld;
  /** K, data sets of each size. */
  readonly datasets: number;
  /** Episodes of a data set. */
  readonly sizes: readonly number[];
  /** The folder: new, empty, or of a calibration of the same world, whose data sets are taken over. */
  readonly out: string;
  /** Data sets at the same time; by default as many as the machine has cores. */
  readonly jobs?: number;
  /** Ends the calibration; finished data sets are kept. */
  readonly signal?: AbortSignal;
  /** Called with each finished data set. */
  readonly onProgress?: (datasets: number, all: number) => void;
}

/** A calibration was stopped on request before its end. */
export class CalibrationStoppedError extends Error {
  /** Its name is its own. */
  override readonly name = "CalibrationStoppedError";
}

/**
 * Calibrates, and writes `calibration.json`, `calibration.md` and `coverage.svg`: the same bytes for any number
 * of jobs. Each data set is a file in the folder, so that a stopped calibration goes on where it was, and a longer
 * one begins with what a shorter one made.
 *
 * @throws InputError if the folder holds anything else, or the world has no horizon.
 * @throws CalibrationStoppedError if the signal was given.
 *
 * @example Two data sets of cliff walking
 * ```ts
 * import { calibrate, makeEnvironment } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { title, mdp, behaviour } = makeEnvironment("cliffWalking", { maxSteps: 20 });
 * const { sizes } = await calibrate({
 *   world: { title, mdp, behaviour, propensities: "column", seed: 1 },
 *   datasets: 2,
 *   sizes: [10],
 *   out: `${Deno.makeTempDirSync()}/calibration`,
 *   jobs: 1,
 * });
 * equal(sizes[0].quantities[0].estimators[0].estimator, "is");
 * ```
 */
export async function calibrate(
  options: CalibrationOptions,
): Promise<Calibration> {
  const { world, datasets, sizes, out } = options;
  const { mdp, seed, title, propensities } = world;
  if (mdp.horizon === null) {
    throw new InputError(
      "a calibration needs a world whose episodes end: give --horizon, the steps after which they are truncated",
    );
  }
  using _lock = claimFolder(out, world);
  const prepared = prepareWorld(world);
  const { observed, truths } = prepared;
  const end = unsafeEnd(mdp);
  const quantities = [
    valueName(mdp) === "returnMean" ? "return" : "discounted return",
    ...end === null ? [] : [end],
  ];
  const cells = await runCells(prepared, options);
  const result: Calibration = {
    schema: "holdfast/calibration/1",
    title,
    datasets,
    seed,
    propensities,
    confidence: CONFIDENCE,
    world: {
      states: mdp.stateCount,
      observations: observed.count,
      actions: mdp.actionCount,
      horizon: mdp.horizon,
      discount: mdp.discount,
    },
    quantities,
    truth: Object.fromEntries(
      truths.map(({ value, unsafe }, k) => [
        TARGETS[k],
        unsafe === null ? [value] : [value, unsafe],
      ]),
    ),
    sizes: sizes.map((episodes, s) =>
      sizeResult(episodes, cells[s], quantities, truths[0])
    ),
  };
  const files = runFiles(out);
  files.writeJson("calibration.json", result);
  files.write("calibration.md", calibrationPage(result));
  files.write("coverage.svg", await coverageOf(result));
  return result;
}

function coverageOf({ quantities, sizes, datasets }: Calibration) {
  const panels = quantities.map((title, q) => ({
    title,
    points: sizes.flatMap(({ episodes, quantities }) =>
      quantities[q].estimators.flatMap(({ estimator, all: { coverage } }) =>
        coverage.share === null
          ? []
          : [{ name: estimator, episodes, value: coverage.share }]
      )
    ),
  }));
  return plotCoverage(
    panels,
    CONFIDENCE,
    `${datasets} data sets a size, all policies; dashed: promised`,
  );
}

/** The file that says of which world a folder's data sets are. */
const WORLD_FILE = "world.json";

/** Makes the folder, or makes sure that it is of this world, and takes its lock. */
function claimFolder(out: string, world: CalibrationWorld): Disposable {
  const { mdp, behaviour, title, propensities, seed } = world;
  const policies = { behaviour };
  const names = {
    schema: "holdfast/calibration-world/1",
    sha256: sha256Hex(worldToSafetensors({ title, mdp, policies })),
    policies: TARGETS,
    propensities,
    seed,
  };
  const path = join(out, WORLD_FILE);
  if (!isThere(path)) {
    const lock = claimRunDirectory(out);
    writeJsonArtifact(out, WORLD_FILE, names);
    return lock;
  }
  requirePlainEntries(out);
  if (new TextDecoder().decode(readFile(path)) !== canonicalJson(names)) {
    throw new InputError(
      `${out}: holds a calibration of another world, seed or kind of propensities; choose another folder with --out`,
    );
  }
  return lockDirectory(out);
}

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}

function cellFile(episodes: number, index: number): string {
  return `datasets/${episodes}-${index}.json`;
}

/** What was found on a data set before; null if it is to be done. */
function readCell(
  out: string,
  episodes: number,
  index: number,
): FoundPolicy[] | null {
  const path = join(out, cellFile(episodes, index));
  if (!isThere(path)) return null;
  try {
    const found = JSON.parse(new TextDecoder().decode(readFile(path)));
    return found.length === TARGETS.length ? found : null;
  } catch {
    return null;
  }
}

/** [sizes][K] what was found, from workers side by side; the largest data sets first. */
function runCells(
  world: PreparedWorld,
  { datasets, sizes, out, jobs, signal, onProgress }: CalibrationOptions,
): Promise<FoundPolicy[][][]> {
  const found: (FoundPolicy[] | null)[][] = sizes.map((episodes) =>
    Array.from({ length: datasets }, (_, i) => readCell(out, episodes, i))
  );
  const waiting = sizes.flatMap((episodes, s) =>
    Array.from({ length: datasets }, (_, index) => ({ episodes, s, index }))
      .filter(({ index }) => found[s][index] === null)
  ).sort((a, b) => b.episodes - a.episodes);
  const all = datasets * sizes.length;
  let finished = all - waiting.length;
  const workers: Worker[] = [];
  return new Promise<FoundPolicy[][][]>((resolve, reject) => {
    const stop = () =>
      reject(new CalibrationStoppedError("the calibration was stopped"));
    if (signal?.aborted) return stop();
    signal?.addEventListener("abort", stop, { once: true });
    if (finished === all) return resolve(found as FoundPolicy[][][]);
    const giveNext = (worker: Worker, world?: PreparedWorld) => {
      const cell = waiting.shift();
      if (cell === undefined) return;
      worker.onmessage = ({ data }: MessageEvent<FoundPolicy[]>) => {
        found[cell.s][cell.index] = data;
        try {
          writeArtifact(out, cellFile(episodes, index), JSON.stringify(data));
        } catch (error) {
          return reject(error);
        }
        finished++;
        onProgress?.(finished, all);
        if (finished === all) resolve(found as FoundPolicy[][][]);
        else giveNext(worker);
      };
      const { episodes, index } = cell;
      const message: CellMessage = { world, episodes, index };
      worker.postMessage(message);
    };
    const count = Math.min(
      jobs ?? navigator.hardwareConcurrency,
      waiting.length,
    );
    for (let i = 0; i < count; i++) {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), {
        type: "module",
      });
      workers.push(worker);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(
          new Error(`a worker of the calibration failed: ${event.message}`),
        );
      };
      giveNext(worker, world);
    }
  }).finally(() => workers.forEach((worker) => worker.terminate()));
}

/**
 * A study: the same training over many seeds, presets and algorithms, and its statistics.
 *
 * Each finished cell is a file in the study's directory, and everything else is derived from
 * these files: an interrupted study resumes where it was and ends with the same bytes, whatever
 * the number of jobs and the backend.
 *
 * @module
 */
import { join } from "node:path";
import { requirePlainEntries } from "../files/entries.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import { AtWorkError, lockDirectory } from "../run/lock.ts";
import {
  claimRunDirectory,
  writeArtifact,
  writeJsonArtifact,
} from "../run/run_directory.ts";
import { fileOf } from "../run/made_files.ts";
import type { Backend } from "../backends/backend.ts";
import type { BackendName } from "../backends/choose.ts";
import { referenceBackend } from "../backends/reference.ts";
import { wasmBackend } from "../backends/wasm.ts";
import { resolveEnvironment } from "../environments/index.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { WorldFile } from "../environments/world_file.ts";
import {
  knownEnvironment,
  openProblem,
  requireFiniteReturns,
  requireWorld,
} from "../run/problem.ts";
import { requireSameData } from "../run/resume.ts";
import { suspiciousIn } from "../run/metrics.ts";
import { visible } from "../visible.ts";
import { InputError } from "../errors.ts";
import { cellSteps } from "./cell.ts";
import { cellFile, cellText, readCell, writeCell } from "./cell_file.ts";
import { deriveStudy, inputsOf } from "./derive.ts";
import {
  isPartOf,
  isStudy,
  readStudyConfig,
  seedConfig,
  STUDY_CONFIG_FILE,
  type StudyCell,
  studyCells,
} from "./config.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";
import { keptCell } from "./kept_cell.ts";
import { requireRoomForStudy } from "./sizes.ts";
import { runPool } from "./pool.ts";
import { type Shard, shardCells, shardName } from "./shard.ts";
import {
  beginWork,
  isFinished,
  isWorkOfOne,
  keepOrigins,
  originsIn,
  removeWork,
  UNFINISHED,
  WORK_FOLDER,
  workersIn,
} from "./work.ts";
import type { StudyResult } from "../evaluation/study_results.ts";

/** How far a study is. */
export interface StudyProgress {
  /** Cells that are finished. */
  readonly cells: number;
  /** All cells. */
  readonly allCells: number;
  /** Steps of training that are made. */
  readonly steps: number;
  /** Steps of training of all cells. */
  readonly allSteps: number;
}

/** What a study is to do. */
export interface StudyOptions {
  /** What it is made of. */
  readonly study: StudyConfig;
  /** The data from a file that it names, the same for every seed. */
  readonly dataset?: Dataset;
  /** The world from a file that its environment names. */
  readonly world?: WorldFile;
  /** The study's directory: new, empty, or of the same study, which is resumed. */
  readonly out: string;
  /** Cells that are computed at the same time; by default as many as the machine has cores. */
  readonly jobs?: number;
  /** Where each cell is trained, in one thread; by default wasm. */
  readonly backend?: BackendName;
  /** Ends the study; what is finished is kept. */
  readonly signal?: AbortSignal;
  /** Called once before anything is trained, and then often. */
  readonly onProgress?: (progress: StudyProgress) => void;
  /**
   * Called with a line for what looks wrong in given data, for each cell that is computed again, and for how
   * many a GPU trains side by side.
   */
  readonly onNote?: (note: string) => void;
}

/** A study was stopped on request before its end. */
export class StudyStoppedError extends Error {
  /** Says how far the study got. */
  constructor(
    /** Finished cells. */
    readonly cells: number,
    /** All cells. */
    readonly allCells: number,
  ) {
    super(`the study was stopped with ${cells} of ${allCells} cells finished`);
    this.name = "StudyStoppedError";
  }
}

/**
 * Runs a study, or resumes one.
 *
 * @returns The contents of its `study.json`.
 * @throws InputError if the directory holds something else or training diverges.
 * @throws StudyStoppedError if the signal was given.
 *
 * @example A small study of two seeds
 * ```ts
 * import { resolveStudy, runStudy } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const study = resolveStudy({
 *   presets: ["smoke"],
 *   algorithms: ["bc"],
 *   seeds: [0, 1],
 *   overrides: { network: { hidden: [8] }, algorithms: { bc: { steps: 2, batchSize: 4 } } },
 * });
 * const result = await runStudy({ study, out: `${Deno.makeTempDirSync()}/study`, jobs: 1 });
 * equal(result.study.seeds.length, 2);
 * ```
 */
export async function runStudy(options: StudyOptions): Promise<StudyResult> {
  const { study, dataset, world, out, backend = "wasm", signal } = options;
  requireProblems(options);
  requireRoomForStudy(study, roomOf(backend), { dataset, world });
  using _lock = claimStudy(options);
  requireNoShards(out);

  const cells = studyCells(study);
  const { cells: finished, allCells } = await compute(options, cells, "study");
  const heed = async () => {
    // The signal is given when nothing is at work.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (finished < allCells || signal?.aborted) {
      throw new StudyStoppedError(finished, allCells);
    }
  };
  await heed();

  // Read again, so that nothing depends on what was computed just now.
  const derivation = deriveStudy(options);
  for (const cell of cells) {
    const result = readCell(out, study, cell, world);
    if (!result) {
      throw new InputError(
        `${join(out, cellFile(cell))}: vanished while the study was at work`,
      );
    }
    derivation.add(result, fileOf(cellFile(cell), cellText(result)));
  }
  await heed();
  return await derivation.finish();
}

/**
 * Makes the folder of a study that others will compute.
 *
 * @throws InputError if it holds anything else, or another process is at work there.
 *
 * @example A study of which nothing is computed yet
 * ```ts
 * import { beginStudy, resolveStudy, studyStatus } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const out = `${Deno.makeTempDirSync()}/study`;
 * beginStudy({ study: resolveStudy({ presets: ["smoke"], seeds: [0] }), out });
 * equal(studyStatus(out).finished, 0);
 * ```
 */
export function beginStudy(
  options: Pick<StudyOptions, "study" | "dataset" | "world" | "out">,
): void {
  requireProblems(options);
  claimStudy(options)[Symbol.dispose]();
}

/**
 * Computes the cells of one shard, in a folder of its own or one that others work in too. Nothing is
 * derived: `mergeStudy` does that.
 *
 * @returns How far the shard is.
 * @throws InputError if the directory holds something else, the shard is at work there already, or training
 *   diverges.
 * @throws StudyStoppedError if the signal was given.
 *
 * @example Two shards in one folder
 * ```ts
 * import { mergeStudy, resolveStudy, runShard } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const study = resolveStudy({
 *   presets: ["smoke"],
 *   algorithms: ["bc"],
 *   seeds: [0, 1],
 *   overrides: { network: { hidden: [8] }, algorithms: { bc: { steps: 2, batchSize: 4 } } },
 * });
 * const out = `${Deno.makeTempDirSync()}/study`;
 * for (const index of [0, 1]) await runShard({ study, out, jobs: 1 }, { index, count: 2 });
 * const { missing } = await mergeStudy({ study, out, from: [out] });
 * deepEqual(missing, []);
 * ```
 */
export async function runShard(
  options: StudyOptions,
  shard: Shard,
): Promise<StudyProgress> {
  const { study, dataset, world, out, backend = "wasm", signal } = options;
  requireProblems(options);
  requireRoomForStudy(study, roomOf(backend), { dataset, world });
  // For a moment only: other shards make or open the folder in the same way.
  const claimed = await patiently(
    () => claimStudy(options),
    () => isStudy(out),
  );
  claimed[Symbol.dispose]();
  const cells = shardCells(study, shard);
  const progress = await compute(options, cells, shardName(shard));
  if (progress.cells < progress.allCells || signal?.aborted) {
    throw new StudyStoppedError(progress.cells, progress.allCells);
  }
  return progress;
}

/**
 * Tries again for ten seconds, while another process holds what is wanted or has just made it.
 *
 * @param isMade Whether it is there.
 */
async function patiently<T>(
  attempt: () => T,
  isMade: () => boolean,
): Promise<T> {
  for (let rest = 50;; rest--) {
    const wasMade = isMade();
    try {
      return attempt();
    } catch (error) {
      const isPassing = error instanceof AtWorkError || (!wasMade && isMade());
      if (!isPassing || rest === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/**
 * Refuses to work beside shards: two processes would write one file.
 *
 * @throws InputError if one is at work.
 */
export function requireNoShards(out: string): void {
  const shard = workersIn(out).find(({ isRunning }) => isRunning);
  if (shard !== undefined) {
    throw new InputError(
      `${out}: shard ${shard.name} is at work there; wait for it or choose another folder`,
    );
  }
}

/**
 * Computes those of some cells that are not there yet.
 *
 * @param name Of this process's work.
 */
async function compute(
  options: StudyOptions,
  cells: readonly StudyCell[],
  name: string,
): Promise<StudyProgress> {
  const { study, dataset, world, out, backend = "wasm", signal } = options;
  const jobs = options.jobs ?? navigator.hardwareConcurrency;
  const kept = { directory: out, study, world, origins: originsIn(out) };
  const missing = cells.filter((cell) =>
    !keptCell(
      kept,
      cell,
      (fault) => options.onNote?.(`${fault}; it is computed again`),
    )
  );
  const steps = stepCounter(study, cells, missing);
  const notify = () => options.onProgress?.(steps.progress());
  notify();
  // A finished study stays as it is, when a shard that has nothing to do comes late.
  if (missing.length === 0 && isFinished(out)) return steps.progress();
  using work = beginWork(out, name);
  try {
    await runPool({
      study,
      given: { dataset, world },
      cells: missing,
      jobs,
      backend,
      unfinished: join(out, WORK_FOLDER, UNFINISHED),
      onNote: options.onNote,
      signal,
      onStep(cell, step) {
        steps.made(cell, step);
        notify();
      },
      onResult(result, machine) {
        const { path, sha256 } = fileOf(
          cellFile(result.cell),
          cellText(result),
        );
        work.finishes(path, { sha256, machine });
        writeCell(out, result);
        steps.finished(result.cell);
        notify();
      },
    });
  } catch (error) {
    // Nothing is there to resume: the folder is free for the corrected command.
    if (
      name === "study" && error instanceof InputError && isWorkOfOne(out)
    ) {
      removeInputs(options);
      removeWork(out);
    } else work.failed(error instanceof Error ? error.message : `${error}`);
    throw error;
  }
  return steps.progress();
}

/** Gives the folder of a study free of which nothing is computed. */
function removeInputs(options: StudyOptions): void {
  const names = inputsOf(options).map(([name]) => name);
  for (const name of [STUDY_CONFIG_FILE, ...names]) {
    try {
      Deno.removeSync(join(options.out, name));
    } catch {
      // Gone already, or it is not to be removed.
    }
  }
}

/**
 * Refuses what cannot be learnt from, before a folder is made.
 *
 * @throws InputError if something cannot.
 */
export function requireProblems(options: Omit<StudyOptions, "out">): void {
  requireEnvironments(options.study, options.world);
  requireData(options);
}

/**
 * Refuses an environment that makes no sense, such as a start on a hazard that a seed draws, or is
 * another world than the one that was given.
 */
function requireEnvironments(
  study: StudyConfig,
  world: WorldFile | undefined,
): void {
  for (const preset of Object.keys(study.presets)) {
    requireWorld(study.presets[preset], world);
    const first = seedConfig(study, preset, study.seeds[0]);
    if (first.environment === null) continue;
    requireFiniteReturns(knownEnvironment(first, world)!.mdp);
    for (const seed of study.seeds) {
      resolveEnvironment(first.environment, seed, world);
    }
  }
}

/** Refuses data that are not those of the study, and says what looks wrong in them. */
function requireData(
  { study, dataset, world, onNote }: Omit<StudyOptions, "out">,
): void {
  const [preset] = Object.keys(study.presets);
  const config = seedConfig(study, preset, study.seeds[0]);
  if (config.dataset.sha256 === null && dataset === undefined) return;
  const problem = openProblem(config, { dataset, world });
  if (problem.environment === null && problem.heldOut === undefined) {
    throw new InputError(
      "no episode is held out, so that nothing tells what a policy is worth: give more episodes or a larger dataset.heldOut",
    );
  }
  for (const what of suspiciousIn(config, problem)) {
    onNote?.(`suspicious: ${visible(what)}`);
  }
}

/** What is known of a backend's memory before a worker opens it: nothing of a GPU's. */
function roomOf(backend: BackendName): Pick<Backend, "shortage"> {
  if (backend === "webgpu") return {};
  return backend === "reference"
    ? referenceBackend
    : wasmBackend({ threads: 1 });
}

/**
 * Makes the directory of a study, or makes sure that it is this one's or one that grows to it, and takes
 * its lock.
 *
 * @throws InputError if it holds anything else, or another process is at work there.
 */
export function claimStudy(
  options: Pick<StudyOptions, "study" | "dataset" | "world" | "out">,
): Disposable {
  const { out, study } = options;
  const inputs = inputsOf(options);
  if (!isStudy(out)) {
    const lock = claimRunDirectory(out);
    try {
      for (const [name, content] of inputs) writeArtifact(out, name, content);
      writeJsonArtifact(out, STUDY_CONFIG_FILE, study);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
    return lock;
  }
  requirePlainEntries(out);
  const lock = lockDirectory(out);
  try {
    const path = join(out, STUDY_CONFIG_FILE);
    const recorded = readStudyConfig(path);
    const text = canonicalJson(study);
    const isThis = canonicalJson(recorded) === text;
    const grows = !isThis && isPartOf(recorded, study);
    if (!isThis && !grows) {
      throw new InputError(
        `${out}: holds another study (its ${STUDY_CONFIG_FILE} differs); choose another folder with --out`,
      );
    }
    for (const [name, content] of inputs) requireSameData(out, name, content);
    if (grows) {
      keepOrigins(out);
      writeArtifact(out, STUDY_CONFIG_FILE, text);
    }
    return lock;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** Counts cells and steps; steps of a cell in progress count as they are made. */
function stepCounter(
  study: StudyConfig,
  cells: readonly StudyCell[],
  missing: readonly StudyCell[],
) {
  const stepsOf = (cell: StudyCell) => cellSteps(study, cell);
  const sum = (some: readonly StudyCell[]) =>
    some.reduce((total, cell) => total + stepsOf(cell), 0);
  const allSteps = sum(cells);
  const open = new Map(missing.map((cell) => [cellFile(cell), 0]));
  let done = allSteps - sum(missing);
  return {
    made: (cell: StudyCell, step: number) =>
      void open.set(cellFile(cell), step),
    finished(cell: StudyCell) {
      open.delete(cellFile(cell));
      done += stepsOf(cell);
    },
    progress: (): StudyProgress => ({
      cells: cells.length - open.size,
      allCells: cells.length,
      steps: done + open.values().reduce((total, step) => total + step, 0),
      allSteps,
    }),
  };
}

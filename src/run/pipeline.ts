/**
 * The main job, start to end: environment, data, training, evaluation, and a run directory.
 *
 * @module
 */
import type { Metrics } from "../evaluation/results.ts";
import { join } from "node:path";
import {
  type Algorithm,
  type AnyAlgorithm,
  isTabular,
  type TableAlgorithm,
} from "../algorithms/index.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import { lockDirectory } from "./lock.ts";
import { writeManifest } from "./manifest.ts";
import { aboutRun } from "./manifest_text.ts";
import {
  type EventLog,
  eventLogBytes,
  hasEventLog,
  openEventLog,
} from "./event_log.ts";
import { inputSize } from "../network/encoder.ts";
import { requirePlainEntries } from "../files/entries.ts";
import { claimRunDirectory, makeArtifactFolder } from "./run_directory.ts";
import { type RunFiles, runFiles } from "./run_files.ts";
import { fileOf, type InputFile, isElsewhere } from "./made_files.ts";
import { TENSORBOARD_FILE } from "./tensorboard.ts";
import { type CsvWriter, openCsv } from "./training_csv.ts";
import { csvText } from "./training_table.ts";
import type { Backend } from "../backends/backend.ts";
import type { Config } from "../config/config.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { cutEpisodes, cutEpisodesNote } from "../dataset/ends.ts";
import type { WorldFile } from "../environments/world_file.ts";
import { InputError } from "../errors.ts";
import { DivergenceError } from "../training/train.ts";
import { visible } from "../visible.ts";
import {
  checkpointFolder,
  defaultCheckpointInterval,
  removeCheckpoints,
} from "./checkpoint_folder.ts";
import { finishedPolicy } from "./finished_policy.ts";
import { type LearntFile, networkFiles, policyFile } from "./policy_files.ts";
import {
  configuredAlgorithms,
  InterruptedError,
  learn,
  learntData,
  observedIn,
} from "./learn.ts";
import { learnTable } from "./learn_table.ts";
import { gridDetails } from "./grid_details.ts";
import {
  inputFiles,
  keepNetwork,
  keepPictures,
  keepTable,
  keepTimings,
} from "./keep.ts";
import { evaluateRun, suspiciousIn } from "./metrics.ts";
import { plotRun } from "./plots.ts";
import { openProblem, type Problem } from "./problem.ts";
import {
  recordedDataset,
  recordedWorld,
  requireSameConfig,
  requireSameData,
} from "./resume.ts";
import { DATASET_FILE, WORLD_FILE } from "./made_files.ts";
import { requireRoomToCollect, requireRoomToLearn } from "./sizes.ts";
import { taskHash } from "./task_hash.ts";

/** Progress of a pipeline. */
export interface PipelineEvents {
  /** A stage begins: `data`, an algorithm's name, `evaluation` or `plots`. */
  readonly onStage?: (stage: string) => void;
  /** Training of an algorithm begins, after this many steps of a checkpoint. */
  readonly onTraining?: (
    algorithm: string,
    steps: number,
    done: number,
  ) => void;
  /** This many steps are done. */
  readonly onStep?: (step: number) => void;
  /** Something that was assumed and that a person should know, in one line. */
  readonly onNote?: (note: string) => void;
  /** The stage is done, after this many milliseconds. */
  readonly onStageEnd?: (stage: string, milliseconds: number) => void;
}

/** What a pipeline is to do. */
export interface PipelineOptions {
  /** The whole configuration. */
  readonly config: Config;
  /** What computes; it changes no bit of the result. */
  readonly backend: Backend;
  /** The run directory: new or empty, or with `resume` one of a run of the same configuration. */
  readonly out: string;
  /** Data from a file, exactly if `config.dataset.sha256` is theirs; when resuming, the run has them. */
  readonly dataset?: Dataset;
  /** The world from a file that `config.environment` names; when resuming, the run has it. */
  readonly world?: WorldFile;
  /** Resume the run that `out` holds. */
  readonly resume?: boolean;
  /** When resuming: leave the run's data in their file; by default only those of more than 2 GiB. */
  readonly fromDisk?: boolean;
  /** Steps between two checkpoints; without it, a number that takes about ten seconds. */
  readonly checkpointInterval?: number;
  /** Write TensorBoard event files beside the training tables; a resumed run keeps those that it has. */
  readonly tensorboard?: boolean;
  /** Asked often; true stops the run after a checkpoint. */
  readonly stop?: () => boolean;
  /** Called on progress. */
  readonly events?: PipelineEvents;
}

/**
 * Runs the pipeline and leaves a run directory.
 *
 * @returns The contents of its `metrics.json`.
 * @throws InputError if the configuration, the data or the directory are no good; nothing that was
 *   there before is touched.
 * @throws DivergenceError if training diverges; the last checkpoint is kept.
 * @throws InterruptedError if it was stopped.
 *
 * @example A small run
 * ```ts
 * import { referenceBackend, resolveConfig, runPipeline } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const small = { steps: 2, batchSize: 4, logInterval: 2 };
 * const metrics = await runPipeline({
 *   config: resolveConfig("smoke", {
 *     network: { hidden: [8] },
 *     algorithms: { bc: small, cql: small },
 *   }),
 *   backend: referenceBackend,
 *   out: `${Deno.makeTempDirSync()}/run`,
 * });
 * equal(metrics.policies.cql.sha256.length, 64);
 * ```
 */
export async function runPipeline(options: PipelineOptions): Promise<Metrics> {
  const { config, backend, out, resume = false, events = {} } = options;
  const timings: Record<string, number> = {};
  const stage = async <T>(
    name: string,
    work: () => T | Promise<T>,
  ): Promise<T> => {
    events.onStage?.(name);
    const begun = performance.now();
    const result = await work();
    timings[name] = performance.now() - begun;
    events.onStageEnd?.(name, timings[name]);
    return result;
  };

  const heed = (where: string) => {
    if (options.stop?.()) throw new InterruptedError(where);
  };

  // Everything that can be refused is checked before the directory is made.
  const problem = await stage("data", () => {
    if (resume) requireSameConfig(out, config);
    const given = config.dataset.sha256 !== null;
    const world = resume ? recordedWorld(out, config) : options.world;
    if (!given) requireRoomToCollect(config, backend, world);
    const dataset = resume && given
      ? recordedDataset(out, config, options.fromDisk)
      : options.dataset;
    const opened = openProblem(
      config,
      { dataset, world },
      () => heed("while data were collected"),
    );
    if (given || config.network.encoder === "oneHot") {
      requireRoomToLearn(config, backend, opened);
    }
    for (const algorithm of configuredAlgorithms(config)) {
      if (isTabular(algorithm)) continue;
      learntData(opened, config.network.encoder, algorithm);
    }
    return opened;
  });
  const { sha256, bootstrapOnTruncation } = config.dataset;
  const note = cutEpisodesNote(
    cutEpisodes(problem.dataset),
    problem.dataset.episodeOffsets.length - 1,
    bootstrapOnTruncation,
  );
  if (sha256 !== null && note !== null) events.onNote?.(note);
  for (const what of suspiciousIn(config, problem)) {
    events.onNote?.(`suspicious: ${visible(what)}`);
  }
  using _lock = resume ? lockDirectory(out) : claimRunDirectory(out);
  const files = runFiles(out);
  const inputs = inputFiles(problem);
  if (resume) {
    requirePlainEntries(out);
    for (const [name, data] of inputs) {
      requireSameData(out, name, data);
      files.note(fileOf(name, data));
    }
    files.note(fileOf("config.json", canonicalJson(config)));
  } else beginRun(files, out, config, inputs);

  const learnt: Record<string, LearntFile> = {};
  try {
    for (const algorithm of configuredAlgorithms(config)) {
      learnt[algorithm.name] = await stage(
        algorithm.name,
        () =>
          (resume && finished(options, problem, algorithm, files)) ||
          (isTabular(algorithm)
            ? planPolicy(options, problem, algorithm, files)
            : trainPolicy(options, problem, algorithm, files)),
      );
    }
  } catch (error) {
    if (!resume && isRefusal(error)) undoStart(out, config);
    throw error;
  }
  const afterTraining = () => heed("after the training");
  // A caller that handles signals gets the error when nothing is at work.
  const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
  await turn();
  afterTraining();
  const { metrics, rolloutReturns } = await stage(
    "evaluation",
    () => evaluateRun(config, problem, learnt, afterTraining),
  );
  files.writeJson("metrics.json", metrics);
  await turn();
  afterTraining();
  await stage("plots", async () => {
    const grid = gridDetails(problem, metrics, learnt, rolloutReturns);
    const plots = await plotRun(problem, metrics, learnt, rolloutReturns, grid);
    afterTraining();
    keepPictures(files, metrics, learnt, plots, grid);
  });
  keepTimings(files, timings);
  files.check();
  writeManifest(out, aboutRun(config, backend), files.list());
  return metrics;
}

/** Whether something could not be had, such as a device or its memory; divergence is a result. */
function isRefusal(error: unknown): boolean {
  return error instanceof InputError && !(error instanceof DivergenceError);
}

/** Whether a run directory holds a checkpoint of an algorithm or its policy. */
function hasProgress(directory: string, algorithm: string): boolean {
  return [`${algorithm}/checkpoints`, policyFile(algorithm)].some((path) => {
    try {
      Deno.statSync(join(directory, path));
      return true;
    } catch {
      return false;
    }
  });
}

/** Leaves the folder of a start empty that has made no step worth keeping, for another try there. */
function undoStart(directory: string, config: Config): void {
  const names = configuredAlgorithms(config).map(({ name }) => name);
  if (names.some((name) => hasProgress(directory, name))) return;
  for (const name of ["config.json", DATASET_FILE, WORLD_FILE, ...names]) {
    try {
      Deno.removeSync(join(directory, name), { recursive: true });
    } catch {
      // It was never made, or stays: the error that led here is the one to report.
    }
  }
}

/** Leaves data, world and configuration, or nothing. */
function beginRun(
  files: RunFiles,
  directory: string,
  config: Config,
  inputs: readonly [name: string, content: InputFile][],
): void {
  try {
    for (const [name, content] of inputs) {
      if (isElsewhere(content)) files.place(name, content);
      else files.write(name, content);
    }
    // Last of all: a directory with a configuration can be resumed.
    files.writeJson("config.json", config);
  } catch (error) {
    for (const [name] of inputs) {
      try {
        Deno.removeSync(join(directory, name));
      } catch {
        // It was never made, or stays: the error that made it useless is the one to report.
      }
    }
    throw error;
  }
}

/** What an earlier start has finished, its event file included; null if it has not. */
function finished(
  options: PipelineOptions,
  problem: Problem,
  algorithm: AnyAlgorithm,
  files: RunFiles,
): LearntFile | null {
  const { config, out } = options;
  const { name } = algorithm;
  const learnt = finishedPolicy(out, config, problem, algorithm, files);
  if (learnt && !isTabular(algorithm) && wantsEvents(options)) {
    const { columns, rows } = learnt;
    const events = eventLogBytes(name, columns, rows);
    files.write(`${name}/${TENSORBOARD_FILE}`, events);
  }
  return learnt;
}

function wantsEvents({ config, out, tensorboard }: PipelineOptions): boolean {
  return tensorboard === true ||
    configuredAlgorithms(config).some(({ name }) =>
      hasEventLog(join(out, name))
    );
}

/** Learns a policy that is a table, and keeps it. */
function planPolicy(
  { config, stop }: PipelineOptions,
  problem: Problem,
  algorithm: TableAlgorithm,
  files: RunFiles,
): LearntFile {
  const { name } = algorithm;
  if (stop?.()) throw new InterruptedError(`before ${name}`);
  return keepTable(
    files,
    config,
    algorithm,
    learnTable(config.dataset, problem, algorithm),
  );
}

async function trainPolicy(
  options: PipelineOptions,
  problem: Problem,
  algorithm: Algorithm,
  files: RunFiles,
): Promise<LearntFile> {
  const { config, backend, out, checkpointInterval, stop, events } = options;
  const { name, settings } = algorithm;
  let log: EventLog | undefined;
  let csv: CsvWriter | undefined;
  try {
    const result = await learn({
      config,
      problem,
      algorithm,
      backend,
      checkpoints: checkpointFolder({
        directory: out,
        algorithm,
        task: taskHash(config, algorithm),
        interval: checkpointInterval ?? defaultCheckpointInterval(
          algorithm,
          [
            inputSize(config.network.encoder, observedIn(problem)),
            ...config.network.hidden,
            problem.dataset.actionCount,
          ],
        ),
        beforeSave: () => csv?.sync(),
      }),
      onStart(columns, rows, step) {
        const table = makeArtifactFolder(out, `${name}/training.csv`);
        csv = openCsv(table, columns, rows);
        if (wantsEvents(options)) {
          log = openEventLog(join(out, name), name, columns, rows);
        }
        events?.onTraining?.(name, settings.steps, step);
      },
      onRow(row) {
        csv?.row(row);
        log?.row(row);
      },
      onStep: events?.onStep,
      stop,
    });
    csv?.sync();
    const { columns, rows } = result;
    const { table } = networkFiles(name);
    files.note(fileOf(table, csvText(columns, rows)));
    if (log) {
      const bytes = eventLogBytes(name, columns, rows);
      files.note(fileOf(`${name}/${TENSORBOARD_FILE}`, bytes));
    }
    const learnt = keepNetwork(files, config, algorithm, result);
    removeCheckpoints(out, name);
    return learnt;
  } finally {
    csv?.[Symbol.dispose]();
    log?.[Symbol.dispose]();
  }
}

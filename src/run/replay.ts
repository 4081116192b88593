/**
 * Making a run's files again, to compare them with what is there.
 *
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import type { PipelineEvents } from "./pipeline.ts";
import { join } from "node:path";
import type { Difference } from "./check_files.ts";
import { eventLogBytes } from "./event_log.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import { readManifest } from "./manifest.ts";
import type { ManifestFile } from "../files/listing.ts";
import { policyToOnnx } from "../network/onnx.ts";
import type { NetworkPolicy } from "../network/policy.ts";
import { policyFromSafetensors } from "../network/policy_file.ts";
import { TENSORBOARD_FILE } from "./tensorboard.ts";
import { readCsv } from "./training_csv.ts";
import { type Algorithm, isTabular } from "../algorithms/index.ts";
import type { Config } from "../config/config.ts";
import { InputError } from "../errors.ts";
import { cannotWrite } from "../files/atomic.ts";
import { fileSha256 } from "../files/file_hash.ts";
import { MOST_BYTES } from "../files/most_bytes.ts";
import { readFile } from "../files/read.ts";
import { sha256Hex } from "../numerics/hash.ts";
import { fitsConfig } from "./finished_policy.ts";
import {
  finishedFile,
  finishedText,
  type LearntFile,
  learntTable,
  networkFiles,
  policyFile,
} from "./policy_files.ts";
import {
  configuredAlgorithms,
  InterruptedError,
  learn,
  loggedSteps,
  networkAlgorithms,
  observedIn,
  programOf,
  trainingColumns,
} from "./learn.ts";
import { learnTable } from "./learn_table.ts";
import { gridDetails } from "./grid_details.ts";
import { evaluateRun } from "./metrics.ts";
import { runPipeline } from "./pipeline.ts";
import { inputFiles } from "./keep.ts";
import { plotRun } from "./plots.ts";
import type { Problem } from "./problem.ts";
import { type InputFile, isElsewhere } from "./made_files.ts";
import { reportRun } from "./report.ts";

/** How a run is checked. */
export interface VerifyRunOptions {
  /** The run directory; nothing in it is changed. */
  readonly directory: string;
  /** What computes the second run; it need not be what computed the first. */
  readonly backend: Backend;
  /** Leave the run's data in their file; by default only those of more than 2 GiB. */
  readonly fromDisk?: boolean;
  /** Train only the first logging interval of each algorithm again. */
  readonly quick?: boolean;
  /** Asked often; true ends the check. */
  readonly stop?: () => boolean;
  /** Called on the second run's progress. */
  readonly events?: PipelineEvents;
}

/** What the second run gave. */
export interface Replay {
  /** The files that it was compared with; with `quick`, those that need no whole training. */
  readonly compared: readonly string[];
  /** Those that differ, and those that only one of the runs has. */
  readonly differences: readonly Difference[];
}

/** A file that depends on time and machine; two runs need not have the same. */
const TIMINGS_FILE = "timings.json";

/** What of a run is made again. */
export interface Recorded {
  /** Its configuration. */
  readonly config: Config;
  /** What it learns from. */
  readonly problem: Problem;
  /** The files of its manifest. */
  readonly files: readonly ManifestFile[];
}

/**
 * Runs the whole configuration again, in a temporary folder that is removed afterwards, and
 * compares every file that does not depend on time or machine.
 */
export async function replayWhole(
  { config, problem, files }: Recorded,
  options: VerifyRunOptions,
): Promise<Replay> {
  const { backend, stop, events } = options;
  const folder = temporaryFolder();
  try {
    await runPipeline({
      config,
      backend,
      out: folder,
      dataset: config.dataset.sha256 === null ? undefined : problem.all,
      world: problem.world,
      tensorboard: files.some(({ path }) => path.endsWith(TENSORBOARD_FILE)),
      stop,
      events,
    });
    return compareFiles(options.directory, files, madeFiles(folder));
  } finally {
    removeTemporary(folder);
  }
}

/**
 * Makes everything again that needs no whole training: the data, the first row of each training table,
 * and, from the policies and tables that are there, all other files. Nothing is written.
 */
export async function replayQuickly(
  { config, problem, files }: Recorded,
  options: VerifyRunOptions,
): Promise<Replay> {
  const { directory, events } = options;
  const made = new Map<string, InputFile | string>([
    ["config.json", canonicalJson(config)],
    ...inputFiles(problem),
    [TIMINGS_FILE, ""],
  ]);
  const differences: Difference[] = [];
  const learnt: Record<string, LearntFile> = {};
  for (const algorithm of configuredAlgorithms(config)) {
    const { name } = algorithm;
    if (isTabular(algorithm)) {
      events?.onStage?.(name);
      const policy = learnTable(config.dataset, problem, algorithm);
      const { learnt: again, text } = learntTable(policy);
      learnt[name] = again;
      made.set(policyFile(name), text);
      made.set(finishedFile(name), finishedText(config, algorithm, files));
      continue;
    }
    const names = networkFiles(name);
    const first = await firstRow(config, problem, algorithm, options);
    try {
      const found = recordedPolicy(directory, config, problem, algorithm);
      learnt[name] = found;
      const { policy, columns, rows } = found;
      if (`${rows[0]}` !== `${first}`) {
        differences.push({
          path: names.table,
          what: `differs in its first row, of step ${first[0]}`,
        });
      }
      made.set(names.onnx, policyToOnnx(policy));
      if (files.some(({ path }) => path.endsWith(TENSORBOARD_FILE))) {
        const log = eventLogBytes(name, columns, rows);
        made.set(`${name}/${TENSORBOARD_FILE}`, log);
      }
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      differences.push(error.difference);
    }
    made.set(finishedFile(name), finishedText(config, algorithm, files));
  }
  const complete = differences.length === 0;
  if (complete) {
    events?.onStage?.("evaluation");
    const { metrics, rolloutReturns } = await evaluateRun(
      config,
      problem,
      learnt,
      () => {
        if (options.stop?.()) throw new InterruptedError("after the training");
      },
    );
    made.set("metrics.json", canonicalJson(metrics));
    const grid = gridDetails(problem, metrics, learnt, rolloutReturns);
    const plots = await plotRun(problem, metrics, learnt, rolloutReturns, grid);
    for (const [name, svg] of plots) made.set(`plots/${name}.svg`, svg);
    made.set("report.html", reportRun(files, metrics, learnt, plots, grid));
  }
  const trained = networkAlgorithms(config).flatMap(({ name }) => {
    const { policy, table } = networkFiles(name);
    return [policy, table];
  });
  const derived = compareFiles(
    directory,
    files.filter(({ path }) =>
      !trained.includes(path) && (complete || made.has(path))
    ),
    made,
  );
  return {
    compared: derived.compared,
    differences: [...differences, ...derived.differences],
  };
}

/** The first row of an algorithm's training table, trained again. */
async function firstRow(
  config: Config,
  problem: Problem,
  algorithm: Algorithm,
  { backend, stop, events }: VerifyRunOptions,
): Promise<readonly number[]> {
  const { name, settings } = algorithm;
  const rows: (readonly number[])[] = [];
  events?.onStage?.(name);
  const last = Math.min(settings.logInterval, settings.steps);
  events?.onTraining?.(name, last, 0);
  const begun = performance.now();
  try {
    await learn({
      config,
      problem,
      algorithm,
      backend,
      onRow: (row) => rows.push(row),
      onStep: events?.onStep,
      stop: () => rows.length > 0 || stop?.() === true,
    });
  } catch (error) {
    if (!(error instanceof InterruptedError) || rows.length === 0) throw error;
  }
  events?.onStageEnd?.(name, performance.now() - begun);
  return rows[0];
}

/** A file from which nothing can be made. */
class DamagedError extends Error {
  constructor(readonly difference: Difference) {
    super(difference.what);
  }
}

/** The policy and the table of a run as they are there. */
function recordedPolicy(
  directory: string,
  config: Config,
  problem: Problem,
  algorithm: Algorithm,
): LearntFile<NetworkPolicy> {
  const { name, settings } = algorithm;
  const names = networkFiles(name);
  const fail = (path: string, what: string): never => {
    throw new DamagedError({ path, what });
  };
  const bytes = bytesOf(directory, names.policy) ??
    fail(names.policy, "cannot be read");
  try {
    const policy = policyFromSafetensors(bytes, names.policy);
    const program = programOf(config, algorithm, observedIn(problem));
    if (!fitsConfig(policy, program, algorithm)) {
      fail(
        names.policy,
        "is not of the size or kind that the configuration says",
      );
    }
    const columns = trainingColumns(
      program,
      algorithm,
      problem.environment && problem.environment.mdp,
    );
    const rows = bytesOf(directory, names.table) &&
      readCsv(join(directory, names.table), columns);
    const steps = loggedSteps(settings, settings.steps);
    if (!rows || `${rows.map(([step]) => step)}` !== `${steps}`) {
      return fail(names.table, "is not the table that the configuration says");
    }
    return { policy, columns, rows, sha256: sha256Hex(bytes) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return fail(names.policy, error.message.replace(`${names.policy}: `, ""));
  }
}

export function temporaryFolder(): string {
  try {
    return Deno.makeTempDirSync({ prefix: "holdfast-" });
  } catch (error) {
    throw cannotWrite("a temporary folder", error);
  }
}

/** Removes a temporary folder, as far as it is there. */
export function removeTemporary(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch {
    // Somebody else removed it, or it stays where temporary folders are cleared.
  }
}

/**
 * The files that were made again in a temporary folder.
 *
 * @throws InputError if they are no longer as they were made.
 */
export function madeFiles(folder: string): Map<string, InputFile> {
  return new Map<string, InputFile>(
    readManifest(folder).files.map((file): [string, InputFile] => {
      const { path, sha256 } = file;
      if (file.bytes > MOST_BYTES) return [path, file];
      const bytes = readFile(join(folder, path));
      if (sha256Hex(bytes) === sha256) return [path, bytes];
      throw new InputError(
        `${
          join(folder, path)
        }: was changed while it was compared; verify again`,
      );
    }),
  );
}

/** A file of a run; null if it is not there, cannot be read or is not a file. */
function bytesOf(directory: string, path: string): Uint8Array | null {
  const place = join(directory, path);
  try {
    return Deno.lstatSync(place).isFile ? readFile(place) : null;
  } catch {
    return null;
  }
}

/** SHA-256 of a file of a run; empty if it is not there or cannot be read. */
function hashAt(directory: string, path: string): string {
  try {
    return fileSha256(join(directory, path));
  } catch {
    return "";
  }
}

/**
 * Compares the files of a run or a study with those that were made again.
 *
 * @param files Of the manifest; a missing one is reported elsewhere, see `checkFiles`.
 * @param made Content by path.
 */
export function compareFiles(
  directory: string,
  files: readonly ManifestFile[],
  made: ReadonlyMap<string, InputFile | string>,
): Replay {
  const compared: string[] = [];
  const differences: Difference[] = [];
  const listed = files.map(({ path }) => path);
  for (const path of [...new Set([...listed, ...made.keys()])].sort()) {
    const again = made.get(path);
    // What is not in memory is told by its hash.
    const isLarge = again !== undefined && isElsewhere(again);
    const bytes = isLarge
      ? new TextEncoder().encode(hashAt(directory, path))
      : bytesOf(directory, path);
    const isPassedOver = bytes === null && listed.includes(path);
    const isFree = path === TIMINGS_FILE && made.has(path);
    if (isPassedOver || isFree) continue;
    compared.push(path);
    const what = difference(path, bytes, isLarge ? again.sha256 : again);
    if (what !== null) differences.push({ path, what });
  }
  return { compared, differences };
}

/** What keeps two files from being equal; null if they are. */
function difference(
  name: string,
  recorded: Uint8Array | null,
  again: Uint8Array | string | undefined,
): string | null {
  if (recorded === null) return "is missing; the configuration gives it";
  if (again === undefined) return "is nothing that the configuration gives";
  const bytes = typeof again === "string"
    ? new TextEncoder().encode(again)
    : again;
  const where = firstDifference(recorded, bytes);
  if (where === null) return null;
  return name.endsWith("/training.csv")
    ? differsFromStep(recorded.subarray(0, where))
    : `is not what the configuration gives; they differ from byte ${where} on`;
}

/** @param equal The bytes of a training table up to the first that differs. */
function differsFromStep(equal: Uint8Array): string {
  const whole = new TextDecoder().decode(equal).split("\n").slice(1, -1);
  const step = whole.at(-1)?.split(",")[0] ?? "0";
  return `is not what the configuration gives: equal up to step ${step}, different from there on`;
}

/** Position of the first byte that differs; null if there is none. */
function firstDifference(a: Uint8Array, b: Uint8Array): number | null {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return i;
  }
  return a.length === b.length ? null : length;
}

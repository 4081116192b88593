/**
 * Running a recorded configuration again, to compare what it gives with what is there.
 *
 * @module
 */
import { join } from "node:path";
import { cannotWrite } from "../files/atomic.ts";
import { listFiles } from "../artifacts/manifest.ts";
import { TENSORBOARD_FILE } from "../artifacts/tensorboard.ts";
import { readCsv } from "../artifacts/training_csv.ts";
import type { Config } from "../config/config.ts";
import { datasetToSafetensors } from "../dataset/safetensors.ts";
import { readFile } from "../files/read.ts";
import { configuredAlgorithms, InterruptedError, learn } from "./learn.ts";
import { runPipeline } from "./pipeline.ts";
import { openProblem } from "./problem.ts";
import { DATASET_FILE, recordedDataset } from "./resume.ts";
import type { Difference, Replay, VerifyOptions } from "./verify.ts";

/** Files that tell of time and machine; two runs need not have the same. */
const NOT_COMPARED = ["manifest.json", "timings.json"];

/**
 * Runs the whole configuration again, in a temporary folder that is removed afterwards, and
 * compares every file that does not tell of time or machine.
 *
 * @param listed The files of the run, relative to its directory. One that is not there is passed over.
 */
export async function replayWhole(
  config: Config,
  listed: readonly string[],
  { directory, backend, stop, events }: VerifyOptions,
): Promise<Replay> {
  const folder = temporaryFolder();
  try {
    await runPipeline({
      config,
      backend,
      out: folder,
      dataset: givenDataset(config, directory),
      tensorboard: listed.some((path) => path.endsWith(TENSORBOARD_FILE)),
      stop,
      events,
    });
    const made = listFiles(folder).map(({ path }) => path);
    const all = [...new Set([...listed, ...made])].sort();
    const compared = all.filter((path) =>
      !NOT_COMPARED.includes(path) &&
      (isThere(join(directory, path)) || !listed.includes(path))
    );
    const differences = compared.flatMap((path): Difference[] => {
      const what = difference(path, join(directory, path), join(folder, path));
      return what === null ? [] : [{ path, what }];
    });
    return { compared, differences };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/**
 * Collects the data again and trains each algorithm for its first logging interval, and compares
 * the data and the first row of each training table. Nothing is written.
 */
export async function replayFirstInterval(
  config: Config,
  { directory, backend, stop, events }: VerifyOptions,
): Promise<Replay> {
  const problem = openProblem(config, givenDataset(config, directory), () => {
    if (stop?.()) throw new InterruptedError("while data were collected");
  });
  const compared = [DATASET_FILE];
  const differences: Difference[] = [];
  const data = datasetToSafetensors(problem.given ?? problem.dataset);
  const where = firstDifference(readFile(join(directory, DATASET_FILE)), data);
  if (where !== null) {
    differences.push({ path: DATASET_FILE, what: differsFromByte(where) });
  }
  for (const algorithm of configuredAlgorithms(config)) {
    const { name, settings } = algorithm;
    const path = `${name}/training.csv`;
    const rows: (readonly number[])[] = [];
    let columns: readonly string[] = [];
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
        onStart: (names) => columns = names,
        onRow: (row) => rows.push(row),
        onStep: events?.onStep,
        stop: () => rows.length > 0 || stop?.() === true,
      });
    } catch (error) {
      if (!(error instanceof InterruptedError) || rows.length === 0) {
        throw error;
      }
    }
    events?.onStageEnd?.(name, performance.now() - begun);
    compared.push(path);
    const recorded = readCsv(join(directory, path), columns);
    if (`${recorded?.[0]}` !== `${rows[0]}`) {
      differences.push({
        path,
        what: `differs in its first row, of step ${last}`,
      });
    }
  }
  return { compared, differences };
}

function givenDataset(config: Config, directory: string) {
  return config.dataset.sha256 === null
    ? undefined
    : recordedDataset(directory);
}

export function temporaryFolder(): string {
  try {
    return Deno.makeTempDirSync({ prefix: "holdfast-" });
  } catch (error) {
    throw cannotWrite("a temporary folder", error);
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** What keeps two files from being equal; null if they are. */
export function difference(
  name: string,
  recorded: string,
  again: string,
): string | null {
  if (!isThere(recorded)) return "is missing; the configuration gives it";
  if (!isThere(again)) return "is nothing that the configuration gives";
  const [a, b] = [readFile(recorded), readFile(again)];
  const where = firstDifference(a, b);
  if (where === null) return null;
  return name.endsWith("/training.csv")
    ? differsFromStep(a.subarray(0, where))
    : differsFromByte(where);
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

function differsFromByte(where: number): string {
  return `is not what the configuration gives; they differ from byte ${where} on`;
}

/**
 * How far a study is, as its folder tells it while others are at work there.
 *
 * @module
 */
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { cellFile } from "./cell_file.ts";
import {
  isStudy,
  readStudyConfig,
  STUDY_CONFIG_FILE,
  type StudyCell,
  studyCells,
} from "./config.ts";
import { cellCosts } from "./cost.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";
import { shardNamed, shares } from "./shard.ts";
import { type Session, sessionsIn, type Worker, workersIn } from "./work.ts";

/** How far a study is. */
export interface StudyStatus {
  /** All cells. */
  readonly cells: number;
  /** Those whose files are there, sound or not. */
  readonly finished: number;
  /** Cells that were finished in an hour in which anybody computed any here; null where none was. */
  readonly perHour: number | null;
  /** Hours that the rest takes, cells counted by what they cost, if as many go on; null where that is not known. */
  readonly hoursLeft: number | null;
  /** Who works or has worked on it since it was last finished. */
  readonly workers: readonly StudyWorker[];
}

/** Who works or has worked on an unfinished study. */
export interface StudyWorker extends Worker {
  /** The cells that are its own. */
  readonly cells: number;
  /** Those of them that are there. */
  readonly finished: number;
}

/**
 * Looks at a study's folder; nothing in it is changed or read but names and times.
 *
 * @throws InputError if it holds no study, or one of another version of the suite.
 *
 * @example A finished study
 * ```ts
 * import { resolveStudy, runStudy, studyStatus } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const out = `${Deno.makeTempDirSync()}/study`;
 * const overrides = { network: { hidden: [8] }, algorithms: { bc: { steps: 2, batchSize: 4 } } };
 * const study = resolveStudy({ presets: ["smoke"], algorithms: ["bc"], seeds: [0], overrides });
 * await runStudy({ study, out, jobs: 1 });
 * equal(studyStatus(out).finished, studyStatus(out).cells);
 * ```
 */
export function studyStatus(directory: string): StudyStatus {
  if (!isStudy(directory)) {
    throw new InputError(
      `${directory}: holds no study (it has no ${STUDY_CONFIG_FILE})`,
    );
  }
  const study = readStudyConfig(join(directory, STUDY_CONFIG_FILE));
  const cells = studyCells(study);
  const missing = new Set(
    cells.map(cellFile).filter((path) => !isFile(join(directory, path))),
  );
  const sessions = sessionsIn(directory);
  const hours = hoursOf(sessions);
  const made = new Set(sessions.flatMap(({ cells }) => cells));
  const cost = cellWeights(study, cells);
  const sum = (isOf: (path: string) => boolean) =>
    cells.reduce(
      (all, cell, i) => isOf(cellFile(cell)) ? all + cost[i] : all,
      0,
    );
  const costMade = sum((path) => made.has(path));
  return {
    cells: cells.length,
    finished: cells.length - missing.size,
    perHour: hours > 0 && made.size > 0 ? made.size / hours : null,
    hoursLeft: missing.size === 0
      ? 0
      : hours > 0 && costMade > 0
      ? sum((path) => missing.has(path)) * hours / costMade
      : null,
    workers: workersOf(directory, study, missing),
  };
}

/** Hours in which somebody computed cells, however many at the same time. */
function hoursOf(sessions: readonly Session[]): number {
  let end = -Infinity;
  let time = 0;
  for (
    const { began, ended } of sessions.toSorted((a, b) => a.began - b.began)
  ) {
    time += Math.max(0, ended - Math.max(began, end));
    end = Math.max(end, ended);
  }
  return time / 3_600_000;
}

/** What cells cost; one without a training little, and not nothing. */
function cellWeights(
  study: StudyConfig,
  cells: readonly StudyCell[],
): number[] {
  const costs = cells.map(cellCosts(study));
  const most = costs.reduce((a, b) => Math.max(a, b), 0) || 1;
  return costs.map((cost) => Math.max(cost, most / 1_000));
}

function workersOf(
  directory: string,
  study: StudyConfig,
  missing: ReadonlySet<string>,
): StudyWorker[] {
  const dealt = new Map<number, StudyCell[][]>();
  const cellsOf = (name: string) => {
    const shard = shardNamed(name);
    if (shard === null) return studyCells(study);
    const { index, count } = shard;
    const hands = dealt.get(count) ?? shares(study, count);
    dealt.set(count, hands);
    return hands[index];
  };
  return workersIn(directory).map((worker) => {
    const own = cellsOf(worker.name).map(cellFile);
    const finished = own.filter((path) => !missing.has(path)).length;
    return { ...worker, cells: own.length, finished };
  });
}

function isFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}

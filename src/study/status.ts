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
  studyCells,
} from "./config.ts";
import { type Worker, workersIn } from "./work.ts";

/** How far a study is. */
export interface StudyStatus {
  /** All cells. */
  readonly cells: number;
  /** Those whose files are there, sound or not. */
  readonly finished: number;
  /** Cells that were finished in an hour, between the first and the last; null for fewer than two. */
  readonly perHour: number | null;
  /** Hours that the rest takes at that rate; null where that is not known. */
  readonly hoursLeft: number | null;
  /** Who works or has worked on it since it was last finished. */
  readonly workers: readonly Worker[];
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
  const times = cells.flatMap((cell) => {
    try {
      const { mtime } = Deno.lstatSync(join(directory, cellFile(cell)));
      return mtime ? [mtime.getTime()] : [];
    } catch {
      return [];
    }
  }).sort((a, b) => a - b);
  const hours = times.length < 2
    ? 0
    : (times[times.length - 1] - times[0]) / 3_600_000;
  const perHour = hours > 0 ? (times.length - 1) / hours : null;
  return {
    cells: cells.length,
    finished: times.length,
    perHour,
    hoursLeft: perHour && (cells.length - times.length) / perHour,
    workers: workersIn(directory),
  };
}

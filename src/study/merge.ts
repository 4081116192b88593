/**
 * Gathers the cells of a study that were computed in several folders.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { InputError } from "../errors.ts";
import type { StudyConfig, StudyResult } from "../evaluation/study_results.ts";
import { cellFile, writeCell } from "./cell_file.ts";
import {
  isPartOf,
  isStudy,
  readStudyConfig,
  STUDY_CONFIG_FILE,
  type StudyCell,
  studyCells,
} from "./config.ts";
import { deriveStudy } from "./derive.ts";
import { type KeptCell, keptCell } from "./kept_cell.ts";
import {
  claimStudy,
  requireNoShards,
  requireProblems,
  type StudyOptions,
} from "./study.ts";
import { beginWork, originsIn } from "./work.ts";

/** What is to be gathered. */
export interface MergeOptions extends
  Pick<
    StudyOptions,
    "study" | "dataset" | "world" | "out" | "onNote"
  > {
  /** Folders of the study or of parts of it; `out` may be one of them. */
  readonly from: readonly string[];
}

/** What was found. */
export interface MergeFindings {
  /** Cells that were taken from elsewhere. */
  readonly taken: number;
  /** Cells that are nowhere. */
  readonly missing: readonly StudyCell[];
  /** Cells that two folders have with other bytes, a line each that names what computed them. */
  readonly differing: readonly string[];
  /** What the study found; null where cells are missing or differ. */
  readonly result: StudyResult | null;
}

/**
 * Gathers the cells of a study in one folder. Each is checked as a resumed study checks its own, and equal
 * cells must be equal bytes: where they are not, a machine computed something wrong. Cells are read one after
 * the other, and no more is kept of each than statistics need.
 *
 * @throws InputError if a folder holds no part of this study, or one of another version of the suite.
 *
 * @example One of two shards is not enough
 * ```ts
 * import { mergeStudy, resolveStudy, runShard } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const overrides = { network: { hidden: [8] }, algorithms: { bc: { steps: 2, batchSize: 4 } } };
 * const study = resolveStudy({ presets: ["smoke"], algorithms: ["bc"], seeds: [0], overrides });
 * const folder = Deno.makeTempDirSync();
 * const part = `${folder}/part`;
 * await runShard({ study, out: part, jobs: 1 }, { index: 0, count: 2 });
 * const { taken, missing } = await mergeStudy({ study, out: `${folder}/study`, from: [part] });
 * equal(taken, 1);
 * equal(missing.length, 1);
 * ```
 */
export async function mergeStudy(
  options: MergeOptions,
): Promise<MergeFindings> {
  const { study, out, from, world, onNote } = options;
  for (const directory of from) requirePart(directory, study);
  requireProblems(options);
  const differing: string[] = [];
  const missing: StudyCell[] = [];
  let taken = 0;
  using _lock = claimStudy(options);
  const derivation = deriveStudy(options);
  {
    using work = beginWork(out, "merge");
    const places = foldersOf([out, ...from]).map((directory) => ({
      directory,
      study,
      world,
      origins: originsIn(directory),
    }));
    for (const cell of studyCells(study)) {
      const path = cellFile(cell);
      const found = places.flatMap((place): Found[] => {
        const kept = keptCell(
          place,
          cell,
          (fault) => onNote?.(`${fault}; it is not taken`),
        );
        return kept === null ? [] : [{ ...kept, directory: place.directory }];
      });
      if (found.length === 0) {
        missing.push(cell);
        continue;
      }
      const [first] = found;
      const other = found.find(({ file }) => file.sha256 !== first.file.sha256);
      if (other) {
        differing.push(
          `${path}: ${wordsOf(first)} and ${wordsOf(other)} have other bytes`,
        );
        continue;
      }
      if (first.directory !== out) {
        if (first.origin) work.finishes(path, first.origin);
        writeCell(out, first.result);
        taken++;
      }
      derivation.add(first.result, first.file);
    }
  }
  if (differing.length > 0 || missing.length > 0) {
    return { taken, missing, differing, result: null };
  }
  requireNoShards(out);
  return { taken, missing, differing, result: await derivation.finish() };
}

/** Refuses a folder that has nothing of a study. */
function requirePart(directory: string, study: StudyConfig): void {
  if (!isStudy(directory)) {
    throw new InputError(
      `${directory}: holds no study (it has no ${STUDY_CONFIG_FILE}); was it copied whole?`,
    );
  }
  const own = readStudyConfig(join(directory, STUDY_CONFIG_FILE));
  if (!isPartOf(own, study) && !isPartOf(study, own)) {
    throw new InputError(
      `${directory}: holds another study (its ${STUDY_CONFIG_FILE} differs)`,
    );
  }
}

/** Folders without those that are one of them under another name. */
function foldersOf(directories: readonly string[]): string[] {
  const seen = new Set<string>();
  return directories.filter((directory) => {
    const { dev, ino } = Deno.statSync(directory);
    const place = `${dev}/${ino ?? resolve(directory)}`;
    return !seen.has(place) && seen.add(place);
  });
}

/** A sound cell and its folder. */
interface Found extends KeptCell {
  readonly directory: string;
}

function wordsOf({ directory, origin }: Found): string {
  if (!origin) return `${directory} (by a machine that is not known)`;
  const { backend, device, architecture } = origin.machine;
  return `${directory} (${backend}, ${device}, ${architecture})`;
}

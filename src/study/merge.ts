/**
 * Gathers the cells of a study that were computed in several folders.
 *
 * @module
 */
import { join } from "node:path";
import type { WorldFile } from "../environments/world_file.ts";
import { InputError } from "../errors.ts";
import type { StudyConfig, StudyResult } from "../evaluation/study_results.ts";
import type { ManifestFile } from "../files/listing.ts";
import { fileOf } from "../run/made_files.ts";
import type { CellResult } from "./cell.ts";
import { cellFile, cellText, readCell, writeCell } from "./cell_file.ts";
import {
  isPartOf,
  isStudy,
  readStudyConfig,
  STUDY_CONFIG_FILE,
  type StudyCell,
  studyCells,
} from "./config.ts";
import { deriveStudy } from "./derive.ts";
import {
  claimStudy,
  requireNoShards,
  requireProblems,
  type StudyOptions,
} from "./study.ts";
import { beginWork, type CellOrigin, originsIn } from "./work.ts";

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
    const places = [out, ...from.filter((directory) => directory !== out)];
    const origins = new Map(
      places.map((directory) => [directory, originsIn(directory)]),
    );
    for (const cell of studyCells(study)) {
      const path = cellFile(cell);
      const found = places.flatMap((directory): Found[] => {
        const result = soundCell(directory, study, cell, world, onNote);
        if (result === null) return [];
        const file = fileOf(path, cellText(result));
        const origin = origins.get(directory)!.get(path);
        const isAsLeft = origin?.sha256 === file.sha256;
        return [{ directory, result, file, origin, isAsLeft }];
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
        writeCell(out, first.result);
        if (first.isAsLeft) work.finished(path, first.origin!);
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

function soundCell(
  directory: string,
  study: StudyConfig,
  cell: StudyCell,
  world: WorldFile | undefined,
  onNote: StudyOptions["onNote"],
): CellResult | null {
  try {
    return readCell(directory, study, cell, world);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    onNote?.(`${error.message}; it is not taken`);
    return null;
  }
}

/** A sound cell in a folder. */
interface Found {
  readonly directory: string;
  readonly result: CellResult;
  readonly file: ManifestFile;
  /** What computed it, as far as the folder knows. */
  readonly origin: CellOrigin | undefined;
  /** Whether it is what that left. */
  readonly isAsLeft: boolean;
}

function wordsOf({ directory, origin, isAsLeft }: Found): string {
  if (!origin) return `${directory} (by a machine that is not known)`;
  const { backend, device, architecture } = origin.machine;
  const changed = isAsLeft ? "" : "changed since it was left by ";
  return `${directory} (${changed}${backend}, ${device}, ${architecture})`;
}

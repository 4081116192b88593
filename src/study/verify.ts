/**
 * Checking a finished study: its files against its manifest, its cells against what they must be,
 * and everything that follows from the cells by deriving it again.
 *
 * @module
 */
import { join } from "node:path";
import { checkFiles, type Difference } from "../run/check_files.ts";
import { readManifest, suiteVersions } from "../run/manifest.ts";
import type { ManifestFile } from "../files/listing.ts";
import { writeArtifact } from "../run/run_directory.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { isTableName } from "../algorithms/index.ts";
import { InputError } from "../errors.ts";
import type { WorldFile } from "../environments/world_file.ts";
import { DATASET_FILE, WORLD_FILE } from "../run/made_files.ts";
import { randomStream } from "../numerics/random.ts";
import { knownEnvironment } from "../run/problem.ts";
import {
  compareFiles,
  madeFiles,
  removeTemporary,
  temporaryFolder,
} from "../run/replay.ts";
import { runStudy, type StudyOptions } from "./study.ts";
import { actionsOf, exactOfActions } from "./cell.ts";
import { cellFile, readCell, writeCell } from "./cell_file.ts";
import {
  cellConfig,
  readStudyConfig,
  STUDY_CONFIG_FILE,
  type StudyCell,
  studyCells,
  studyDataset,
  studyWorld,
} from "./config.ts";
import { isMachines, type MachineCells } from "./work.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";
import { checkVersions, compareSoftware } from "../run/verify.ts";

/** How a study is checked. */
export interface VerifyStudyOptions
  extends Pick<StudyOptions, "backend" | "jobs" | "signal" | "onProgress"> {
  /** The study's directory; nothing in it is changed. */
  readonly directory: string;
  /** How many trainings to run again; by default all. */
  readonly cells?: number;
  /** The same as a share of them, rounded up; not with `cells`. */
  readonly share?: number;
  /** Chooses which, where it is not all; by default 0. */
  readonly seed?: number;
}

/** What a check of a study found. */
export interface StudyVerification {
  /** Files in the manifest. */
  readonly files: number;
  /** In what the software that made the study and this one differ, a line each. It need not matter. */
  readonly software: readonly string[];
  /** What is not as it should be. */
  readonly differences: readonly Difference[];
  /** Trainings of the study. */
  readonly trainings: number;
  /** Those that were run again; 0 where nothing could be. */
  readonly again: number;
}

/**
 * Checks a finished study. What policies without a network reach is computed again in any case, learnt or not, the
 * values of learnt policies are derived again from their greedy actions, and the trainings that are
 * not run again are taken as they are. Then the study is made again in a temporary folder and
 * compared byte for byte.
 *
 * @throws InputError if the directory holds no finished study.
 * @throws StudyStoppedError if the signal was given.
 */
export async function verifyStudy(
  options: VerifyStudyOptions,
): Promise<StudyVerification> {
  const { directory } = options;
  const { files, versions, about } = readManifest(directory);
  const differences = [
    ...checkFiles(directory, files),
    ...[
      ...Object.keys(about).flatMap((key) =>
        key === "machines" && isMachines(about.machines)
          ? faultsOfMachines(about.machines, files)
          : [
            key === "machines"
              ? "has machines that are not as this suite writes them"
              : `has the unknown key ${key}`,
          ]
      ),
      ...checkVersions(versions, suiteVersions()),
    ].map((what) => ({ path: "manifest.json", what })),
  ];
  const found = {
    files: files.length,
    software: compareSoftware(versions, suiteVersions()),
    trainings: 0,
    again: 0,
  };
  let study: StudyConfig;
  let dataset: Dataset | undefined;
  let world: WorldFile | undefined;
  let path = STUDY_CONFIG_FILE;
  try {
    study = readStudyConfig(join(directory, path));
    path = DATASET_FILE;
    dataset = studyDataset(directory, study);
    path = WORLD_FILE;
    world = studyWorld(directory, study);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const what = `${wordsOf(error, directory, path)}; nothing is run again`;
    return { ...found, differences: [...differences, { path, what }] };
  }
  const trainings = studyCells(study).filter(({ policy }) =>
    policy !== "references" && !isTableName(policy)
  );
  const again = chosenCells(trainings, options);
  const folder = temporaryFolder();
  try {
    for (
      const name of [
        STUDY_CONFIG_FILE,
        ...dataset ? [DATASET_FILE] : [],
        ...world ? [WORLD_FILE] : [],
      ]
    ) {
      writeArtifact(folder, name, Deno.readFileSync(join(directory, name)));
    }
    for (const cell of trainings) {
      const what = faultOf(directory, study, cell, world);
      if (what !== null) differences.push({ path: cellFile(cell), what });
      else if (!again.has(cell)) {
        writeCell(folder, readCell(directory, study, cell, world)!);
      }
    }
    await runStudy({ ...options, study, dataset, world, out: folder });
    const made = compareFiles(directory, files, madeFiles(folder));
    return {
      ...found,
      differences: [...differences, ...made.differences],
      trainings: trainings.length,
      again: again.size,
    };
  } finally {
    removeTemporary(folder);
  }
}

/** What is wrong with who computed which cells. */
function faultsOfMachines(
  machines: readonly MachineCells[],
  files: readonly ManifestFile[],
): string[] {
  const cells = machines.flatMap((machine) => machine.cells);
  const unique = new Set(cells);
  const known = new Set(files.map(({ path }) => path));
  return [
    ...unique.size < cells.length ? ["says twice who computed a cell"] : [],
    ...unique.isSubsetOf(known)
      ? []
      : ["says who computed a cell that it does not list"],
  ];
}

/** The cells that are to be computed again. */
function chosenCells(
  cells: readonly StudyCell[],
  { share = 1, cells: count = Math.ceil(share * cells.length), seed = 0 }:
    VerifyStudyOptions,
): Set<StudyCell> {
  const { uniform } = randomStream(seed, "verify/cells");
  const drawn = cells.map((cell) => ({ cell, at: uniform() }));
  drawn.sort((a, b) => a.at - b.at);
  return new Set(drawn.slice(0, count).map(({ cell }) => cell));
}

/** What keeps a learner's cell from being what a study leaves, as far as is known without training. */
function faultOf(
  directory: string,
  study: StudyConfig,
  cell: StudyCell,
  world: WorldFile | undefined,
): string | null {
  try {
    const result = readCell(directory, study, cell, world);
    if (result === null) return "is missing; the configuration gives it";
    // Estimates follow from the policy, which is not kept.
    if ("estimates" in result) return null;
    if (!("actions" in result) || result.actions === undefined) {
      throw new Error("not of a network");
    }
    const { mdp } = knownEnvironment(
      cellConfig(study, cell),
      world,
    )!;
    const exact = exactOfActions(mdp, actionsOf(result.actions, mdp));
    return JSON.stringify(exact) === JSON.stringify(result.exact)
      ? null
      : "has exact values that are not those of its actions";
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return wordsOf(error, directory, cellFile(cell));
  }
}

/** An error's message without the path at its beginning. */
function wordsOf(error: Error, directory: string, path: string): string {
  const begin = `${join(directory, path)}: `;
  return error.message.startsWith(begin)
    ? error.message.slice(begin.length)
    : error.message;
}

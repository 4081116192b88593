/**
 * Whether a study fits, judged before memory is taken and a folder is made.
 *
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import { isTabular } from "../algorithms/index.ts";
import { InputError } from "../errors.ts";
import { type Given, openProblem } from "../run/problem.ts";
import {
  loggedRows,
  requireRoomToCollect,
  requireRoomToLearn,
} from "../run/sizes.ts";
import { seedConfig, studyAlgorithms } from "./config.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";

/** Of all cells of a study; two numbers of each, 16 bytes, are in memory together at its end. */
const MOST_STUDY_ROWS = 50_000_000;

/**
 * Refuses a study of which a cell, or the training tables of all cells together, cannot fit.
 *
 * @param room Of the backend that will train.
 * @param given Data and world, where they are from files.
 * @throws InputError naming the key, what it would take and what there is.
 */
export function requireRoomForStudy(
  study: StudyConfig,
  room: Pick<Backend, "shortage">,
  given: Given = {},
): void {
  let rows = 0;
  for (const preset of Object.keys(study.presets)) {
    const config = seedConfig(study, preset, study.seeds[0]);
    if (given.dataset) {
      requireRoomToLearn(config, room, openProblem(config, given));
    } else requireRoomToCollect(config, room, given.world);
    for (const algorithm of studyAlgorithms(study, preset)) {
      if (isTabular(algorithm)) continue;
      rows += study.seeds.length * (study.trainingSeeds?.length ?? 1) *
        loggedRows(algorithm.settings);
    }
  }
  if (rows > MOST_STUDY_ROWS) {
    throw new InputError(
      `the study would have ${rows} rows in its training tables, and it may have ${MOST_STUDY_ROWS}: take fewer seeds or training seeds, or log less often (logInterval)`,
    );
  }
}

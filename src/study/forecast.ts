/**
 * How long a study will take, by a short measurement.
 *
 * @module
 */
import { type BackendName, chooseBackend } from "../backends/choose.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";
import { type Given, openProblem } from "../run/problem.ts";
import { cellConfig, studyCells } from "./config.ts";
import { trainedBy } from "./cost.ts";
import { stepSeconds } from "./population.ts";

/** A forecast. */
export interface StudyForecast {
  /** All cells. */
  readonly cells: number;
  /** Hours of one thread of this machine for all of them. */
  readonly hours: number;
}

/** Steps that are measured, after as many to warm up. */
const MEASURED_STEPS = 50;

/**
 * Trains a few steps of each preset and algorithm in one thread, on the data of the first seed, and takes
 * every cell for as long by the step. What is evaluated along the way is not counted.
 *
 * @throws InputError if something cannot be trained.
 *
 * @example Two learners and the references, for one seed
 * ```ts
 * import { forecastStudy, resolveStudy } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const learner = { steps: 4, batchSize: 4 };
 * const overrides = { network: { hidden: [8] }, algorithms: { bc: learner, cql: learner } };
 * const study = resolveStudy({ presets: ["smoke"], seeds: [0], overrides });
 * equal((await forecastStudy(study, {})).cells, 3);
 * ```
 */
export async function forecastStudy(
  study: StudyConfig,
  given: Given,
  backend: BackendName = "wasm",
): Promise<StudyForecast> {
  const opened = await chooseBackend(backend, { threads: 1 });
  const cells = studyCells(study);
  const kinds = Map.groupBy(
    cells,
    ({ preset, policy }) => `${preset}/${policy}`,
  );
  let seconds = 0;
  for (const [first, ...others] of kinds.values()) {
    const algorithm = trainedBy(study, first);
    if (!algorithm) continue;
    const config = cellConfig(study, first);
    const perStep = await stepSeconds(
      { config, problem: openProblem(config, given), algorithm },
      1,
      opened,
      MEASURED_STEPS,
    );
    seconds += perStep * algorithm.settings.steps * (1 + others.length);
  }
  return { cells: cells.length, hours: seconds / 3600 };
}

/**
 * How many networks of one shape are trained side by side: as many as a short measurement on this machine
 * finds worth it. It decides the time alone; every network has the bits that it has by itself.
 *
 * @module
 */
import type { Algorithm } from "../algorithms/index.ts";
import type { Backend } from "../backends/backend.ts";
import { type BackendName, chooseBackend } from "../backends/choose.ts";
import type { Config } from "../config/config.ts";
import { InputError } from "../errors.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";
import { learnTogether } from "../run/learn.ts";
import {
  type Given,
  type LearningProblem,
  openProblem,
} from "../run/problem.ts";
import { DivergenceError } from "../training/train.ts";
import { cellConfig, type StudyCell } from "./config.ts";
import { trainedBy } from "./cost.ts";

/** A training whose steps are timed. */
interface Timed {
  readonly config: Config;
  readonly problem: LearningProblem;
  readonly algorithm: Algorithm;
}

/**
 * Seconds of a step of some trainings side by side, all on the same data. What is evaluated along the way is
 * left out.
 *
 * @param most Steps that are measured at most, after as many to warm up.
 * @throws InputError if it cannot be trained.
 */
export async function stepSeconds(
  { config, problem, algorithm }: Timed,
  together: number,
  backend: Backend,
  most: number,
): Promise<number> {
  const steps = 2 * Math.min(most, algorithm.settings.steps);
  const settings = {
    ...algorithm.settings,
    steps,
    logInterval: steps / 2,
    ...(algorithm.settings.checkpointChoice && { checkpointChoice: "last" }),
  };
  const times: number[] = [];
  await learnTogether(
    Array.from({ length: together }, (_, trainingSeed) => ({
      config: { ...config, trainingSeed },
      problem: { ...problem, environment: null },
    })),
    {
      algorithm: { ...algorithm, settings } as Algorithm,
      backend,
      onRow: () => times.push(performance.now()),
    },
  );
  return (times[1] - times[0]) / 1000 / (steps / 2);
}

/** More is not tried: by then the memory goes into networks and not into speed. */
const MOST_NETWORKS = 512;

/** By which a doubling has to shorten the time of each network. */
const WORTH_IT = 0.9;

/** Seconds that are measured, about, after as many to warm up. */
const MEASURED_SECONDS = 0.05;

const FEWEST_STEPS = 4;
const MOST_STEPS = 200;

/** What a measurement found. */
export interface Population {
  /** Cells of one kind that are trained side by side. */
  readonly together: number;
  /** [number of cells, seconds of a step of one of them] in the order of measuring. */
  readonly measured: readonly (readonly [cells: number, seconds: number])[];
}

/**
 * Doubles the number of cells for as long as that shortens the time of each by a tenth.
 *
 * @param most Cells that there are.
 * @param seconds Of a step of so many side by side; null where they do not fit.
 */
export async function populationFor(
  most: number,
  seconds: (cells: number) => Promise<number | null>,
): Promise<Population> {
  const measured: [number, number][] = [];
  let together = 1;
  for (let cells = 1; cells < 2 * most; cells *= 2) {
    const count = Math.min(cells, most);
    const time = await seconds(count);
    if (time === null) break;
    const before = measured.at(-1)?.[1] ?? Infinity;
    measured.push([count, time / count]);
    if (time / count > WORTH_IT * before) break;
    together = count;
  }
  return { together, measured };
}

/**
 * How many of some cells, which differ in nothing but seeds, to train side by side.
 */
export async function measurePopulation(
  study: StudyConfig,
  cells: readonly StudyCell[],
  given: Given,
  backend: BackendName,
): Promise<Population> {
  const [first] = cells;
  const algorithm = trainedBy(study, first);
  if (!algorithm || cells.length === 1) return { together: 1, measured: [] };
  const config = cellConfig(study, first);
  const problem = openProblem(config, given);
  const opened = await chooseBackend(backend, { threads: 1 });
  const most = Math.floor(MOST_NETWORKS / algorithm.settings.ensembleSize);
  const timed = { config, problem, algorithm };
  let before: number | undefined;
  return await populationFor(
    Math.max(1, Math.min(cells.length, most)),
    async (count) => {
      try {
        before ??= await stepSeconds(timed, 1, opened, FEWEST_STEPS);
        const steps = Math.ceil(MEASURED_SECONDS / before);
        before = await stepSeconds(
          timed,
          count,
          opened,
          Math.min(MOST_STEPS, Math.max(FEWEST_STEPS, steps)),
        );
        return before;
      } catch (error) {
        const isOurs = error instanceof InputError ||
          error instanceof DivergenceError;
        // What keeps one from being trained is said when it is trained.
        if (isOurs) return null;
        throw error;
      }
    },
  );
}

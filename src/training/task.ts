/**
 * From data, network and algorithm to a task that a backend can open.
 *
 * @module
 */
import {
  initialState,
  type LearnerState,
} from "../algorithms/learner_state.ts";
import { adamSchedule } from "../algorithms/schedule.ts";
import {
  type Algorithm,
  buildProgram,
  discountOf,
} from "../algorithms/settings.ts";
import type { TrainingTask } from "../backends/backend.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { distinctRows } from "../dataset/distinct_rows.ts";
import { planSource, uniformDraw } from "../dataset/minibatch_plan.ts";
import { initialParameters } from "../network/initial.ts";
import {
  minmaxScaling,
  type ObservationScaling,
  scaleObservations,
} from "../network/scaling.ts";
import { randomStream } from "../numerics/random.ts";

/** One run of a task: its seed and what it learns from. */
export interface TaskRun {
  /** Names the streams of the initial parameters and of the minibatches. */
  readonly seed: number;
  /** What the run learns from. */
  readonly dataset: Dataset;
}

/** The network's shape and how it sees observations. */
export interface NetworkSettings {
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  /** `"none"`: observations as they are; `"minmax"`: scaled to [-1, 1] by the data's range. */
  readonly observationScaling: "none" | "minmax";
}

/** A task, and the scaling of each run's observations. */
export interface PreparedTask {
  /** For a backend to open. */
  readonly task: TrainingTask;
  /** One per run; null for none. */
  readonly scalings: readonly (ObservationScaling | null)[];
}

/**
 * Prepares training of one algorithm, for several runs at once that differ in seed and data.
 *
 * @param runs At least one; all with the same observation size and number of actions.
 * @param timeoutsTerminate Whether a truncated step is treated as terminal.
 * @param state Where to go on from; without it, training begins.
 */
export function prepareTask(
  { hidden, observationScaling }: NetworkSettings,
  algorithm: Algorithm,
  runs: readonly TaskRun[],
  timeoutsTerminate: boolean,
  state?: LearnerState,
): PreparedTask {
  const { observationSize, actionCount } = runs[0].dataset;
  const parts = runs.map(({ dataset }) => {
    const rows = distinctRows(dataset.observations, observationSize);
    const scaling = observationScaling === "minmax"
      ? minmaxScaling(rows.observations, observationSize)
      : null;
    return {
      observations: scaleObservations(rows.observations, scaling),
      rowOf: rows.rowOf,
      scaling,
    };
  });

  // One observation table for all runs: each run's rows follow those of the run before.
  let tableRows = 0;
  for (const { observations, rowOf } of parts) {
    if (tableRows > 0) {
      for (let i = 0; i < rowOf.length; i++) rowOf[i] += tableRows;
    }
    tableRows += observations.length / observationSize;
  }
  let [{ observations }] = parts;
  if (parts.length > 1) {
    observations = new Float32Array(tableRows * observationSize);
    let end = 0;
    for (const part of parts) {
      observations.set(part.observations, end);
      end += part.observations.length;
    }
  }

  const sizes = [observationSize, ...hidden, actionCount];
  const program = buildProgram(algorithm, sizes, tableRows);
  const { steps, learningRate, learningRateSchedule } = algorithm.settings;
  const constants = adamSchedule(learningRate, learningRateSchedule, steps);
  const plan = planSource(
    program.plan,
    runs.map(({ seed, dataset }, run) => ({
      dataset,
      rowOf: parts[run].rowOf,
      tableRows,
      discount: discountOf(algorithm),
      timeoutsTerminate,
      draw: uniformDraw(
        randomStream(seed, `minibatch/${algorithm.name}`),
        dataset.actions.length,
      ),
    })),
    runs.map(() => constants),
  );
  const parameters = () =>
    runs.map(({ seed }) => initialParameters(program.network, seed));
  return {
    task: {
      program,
      observations,
      plan,
      state: state ?? initialState(program, parameters()),
    },
    scalings: parts.map(({ scaling }) => scaling),
  };
}

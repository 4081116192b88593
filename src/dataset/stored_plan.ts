/**
 * Minibatch plans for data that stay on disk: the plans that are made at once bring with them the
 * observations that they refer to. Minibatches have the same distinct rows in the same order as if the
 * data were in memory.
 *
 * @module
 */
import type { PlanLayout } from "../../kernels/plan.ts";
import { distinctRows } from "./distinct_rows.ts";
import { isTerminalStep } from "./ends.ts";
import {
  NONE,
  type PlanColumns,
  type PlanRun,
  type PlanSource,
  sequentialPlans,
  type StepConstants,
  stepPlanner,
} from "./minibatch_plan.ts";

/** What one run's plans are made from. */
export type StoredPlanRun =
  & Pick<
    PlanRun,
    "dataset" | "rewardScale" | "discount" | "bootstrapOnTruncation" | "draw"
  >
  & {
    /** From rows of observations to rows of the table. */
    readonly encode: (observations: Float32Array) => Float32Array;
  };

/** The observation table, two parts after each other; what plans bring is written into one, then the other. */
export interface ChangingTable {
  /** Rows of a part. */
  readonly blockRows: number;
  /** [2 · blockRows, inputs] */
  readonly observations: Float32Array;
  /** [2 · blockRows, A] where the data say which actions are allowed. */
  readonly allowed?: Float32Array;
}

/**
 * Opens the source of plans for runs whose data stay on disk.
 *
 * @param constants One per run, as long as the training.
 */
export function storedPlanSource(
  layout: PlanLayout,
  runs: readonly StoredPlanRun[],
  constants: readonly StepConstants[],
  table: ChangingTable,
): PlanSource {
  const { blockRows } = table;
  const blocks = runs.map((run) => blockOf(layout, run, table));
  let part = 1;
  return sequentialPlans(
    layout,
    blocks.map(({ planner }) => planner),
    constants,
    (steps) => {
      if (steps * runs.length * layout.rowCapacity > blockRows) {
        throw new Error(`plans of ${steps} steps at once are too many`);
      }
      part = 1 - part;
      const first = part * blockRows;
      let end = first;
      for (const { read } of blocks) end = read(steps, end);
      return { first, count: end - first };
    },
  );
}

/** A run's samples of some steps. */
function blockOf(
  layout: PlanLayout,
  { dataset, rewardScale, discount, bootstrapOnTruncation, draw, encode }:
    StoredPlanRun,
  table: ChangingTable,
) {
  const { batchSize } = layout;
  const { observationSize: size, actionCount } = dataset;
  const { transitions } = dataset.stored!;
  const columns: PlanColumns = {
    actions: new Int32Array(),
    rewards: new Float32Array(),
    observationRow: new Uint32Array(),
    nextRow: new Uint32Array(),
  };
  let next = 0;
  const planner = stepPlanner(layout, {
    columns,
    tableRows: 2 * table.blockRows,
    rewardScale,
    discount,
    // They are read in the order in which they were drawn.
    draw(samples) {
      for (let s = 0; s < batchSize; s++) samples[s] = next++;
    },
    skip: draw,
  });

  /** Reads the samples of the next steps and writes their observations from a row of the table on. */
  function read(steps: number, firstRow: number): number {
    const samples = new Uint32Array(steps * batchSize);
    for (let s = 0; s < steps; s++) {
      draw(samples.subarray(s * batchSize, (s + 1) * batchSize));
    }
    const found = transitions(samples);
    const looksAhead = discount > 0;
    const rows = looksAhead
      ? distinctRows(found.observations, size, undefined, found.allowed)
      : distinctRows(
        everySecond(found.observations, size),
        size,
        undefined,
        found.allowed && everySecond(found.allowed, actionCount),
      );
    const encoded = encode(rows.observations);
    table.observations.set(encoded, firstRow * encoded.length / rows.count);
    if (rows.allowed) table.allowed!.set(rows.allowed, firstRow * actionCount);
    const perSample = looksAhead ? 2 : 1;
    columns.actions = found.actions;
    columns.rewards = found.rewards;
    columns.observationRow = samples.map((_, k) =>
      firstRow + rows.rowOf[perSample * k]
    );
    columns.nextRow = samples.map((_, k) =>
      !looksAhead || isTerminalStep(
          found.isTerminated[k] === 1,
          found.isLast[k] === 1,
          bootstrapOnTruncation,
        )
        ? NONE
        : firstRow + rows.rowOf[2 * k + 1]
    );
    next = 0;
    return firstRow + rows.count;
  }

  return { planner, read };
}

/** Rows 0, 2, 4 … of a matrix. */
function everySecond<A extends Float32Array | Uint8Array>(
  matrix: A,
  size: number,
): A {
  const half = matrix.slice(0, matrix.length / 2) as A;
  for (let row = 0; row * size < half.length; row++) {
    half.set(
      matrix.subarray(2 * row * size, (2 * row + 1) * size),
      row * size,
    );
  }
  return half;
}

/**
 * Minibatch plans: which samples, and through them which distinct rows, each training step uses.
 * Made on the host from seeded streams, in blocks of steps, so that every backend sees the same.
 *
 * @module
 */
import { PLAN_HEADER, type PlanLayout } from "../../kernels/plan.ts";
import type { RandomStream } from "../numerics/random.ts";
import type { Dataset } from "./dataset.ts";
import { isTerminal } from "./ends.ts";

/** What one run's plans are made from. */
export interface PlanRun {
  /** What is sampled from. */
  readonly dataset: Dataset;
  /** [N + E] row of each of the data set's observations in the observation table. */
  readonly rowOf: Uint32Array;
  /** Rows of the observation table. */
  readonly tableRows: number;
  /** Rewards are multiplied by it, in f64, and rounded to f32. */
  readonly rewardScale: number;
  /** γ; 0 where the algorithm looks at no next observation. */
  readonly discount: number;
  /** Whether the last step of an episode that was cut has a next observation, or is terminal. */
  readonly bootstrapOnTruncation: boolean;
  /** Draws the next minibatch: transition indices into `samples` ([B]). Called once per step, in order. */
  readonly draw: (samples: Uint32Array) => void;
}

/** Per-step constants of the optimiser, f32; entry t - 1 is for step t. */
export interface StepConstants {
  /** [steps] learning rate / (1 - β1^t). */
  readonly stepSize: Float32Array;
  /** [steps] 1 / sqrt(1 - β2^t). */
  readonly secondMomentScale: Float32Array;
}

/** A sequential source of plans for all runs of a training. */
export interface PlanSource {
  /** Where each field of a plan lies. */
  readonly layout: PlanLayout;
  /** Runs that are trained at once. */
  readonly runs: number;
  /**
   * Writes the plans of steps from + 1 … from + steps as [steps, runs, layout.stride] words.
   * Plans come in order: `from` must not lie before the last plan made.
   *
   * @returns Where observations come with the plans that they are for (`Program.blockRows`), the rows of
   *   the observation table that were written, which are not those of the call before.
   */
  fill(words: Uint32Array, from: number, steps: number): TableRows | undefined;
}

/** Rows of the observation table that lie together. */
export interface TableRows {
  /** The first one. */
  readonly first: number;
  /** How many. */
  readonly count: number;
}

/** Draws uniformly with replacement from `transitions` transitions. */
export function uniformDraw(
  random: RandomStream,
  transitions: number,
): (samples: Uint32Array) => void {
  return (samples) => {
    for (let i = 0; i < samples.length; i++) {
      samples[i] = random.integer(transitions);
    }
  };
}

/**
 * Opens the source of plans for these runs.
 *
 * @param constants One per run, as long as the training.
 */
export function planSource(
  layout: PlanLayout,
  runs: readonly PlanRun[],
  constants: readonly StepConstants[],
): PlanSource {
  return sequentialPlans(
    layout,
    runs.map((run) => {
      const { dataset: { actions, rewards }, rewardScale, discount } = run;
      const columns = { actions, rewards, ...transitionRows(run) };
      return stepPlanner(layout, {
        columns,
        tableRows: run.tableRows,
        rewardScale,
        discount,
        draw: run.draw,
        skip: run.draw,
      });
    }),
    constants,
  );
}

/**
 * Plans that are made step after step.
 *
 * @param planners One a run.
 * @param begin Called before the plans of some steps are made.
 */
export function sequentialPlans(
  layout: PlanLayout,
  planners: readonly StepPlanner[],
  constants: readonly StepConstants[],
  begin?: (steps: number) => TableRows,
): PlanSource {
  const runs = planners.length;
  let position = 0;
  return {
    layout,
    runs,
    fill(words, from, steps) {
      if (from < position) {
        throw new Error(`plan of step ${from + 1} was already made`);
      }
      // Resuming: the streams continue where the steps before left them.
      for (; position < from; position++) {
        planners.forEach((planner) => planner.skip());
      }
      const fresh = begin?.(steps);
      const floats = new Float32Array(
        words.buffer,
        words.byteOffset,
        words.length,
      );
      for (let s = 0; s < steps; s++, position++) {
        for (let run = 0; run < runs; run++) {
          const start = (s * runs + run) * layout.stride;
          planners[run].plan(words, floats, start);
          floats[start + PLAN_HEADER.stepSize] =
            constants[run].stepSize[position];
          floats[start + PLAN_HEADER.secondMomentScale] =
            constants[run].secondMomentScale[position];
        }
      }
      return fresh;
    },
  };
}

/** Makes the plans of a run, one after the other. */
export interface StepPlanner {
  /** Passes a step over. */
  skip(): void;
  /** Writes the next step's plan from word `start` on. */
  plan(words: Uint32Array, floats: Float32Array, start: number): void;
}

/** What samples refer to. */
export interface PlanColumns {
  /** [transitions] */
  actions: Int32Array;
  /** [transitions] */
  rewards: Float32Array;
  /** [transitions] the observation's row in the table. */
  observationRow: Uint32Array;
  /** [transitions] the next observation's; {@link NONE} where there is none. */
  nextRow: Uint32Array;
}

/** What the plans of a run are made from. */
export interface PlannedRun extends
  Pick<
    PlanRun,
    "tableRows" | "rewardScale" | "discount" | "draw"
  > {
  /** May change from step to step. */
  readonly columns: PlanColumns;
  /** Draws a minibatch that is passed over. */
  readonly skip: (samples: Uint32Array) => void;
}

/** In place of a row: there is no next observation. */
export const NONE = 0xffffffff;

/** Makes the plans of a run. */
export function stepPlanner(layout: PlanLayout, run: PlannedRun): StepPlanner {
  const { columns, tableRows, discount, rewardScale } = run;
  const { batchSize: B, rowCapacity } = layout;

  const samples = new Uint32Array(B);
  const tableRow = new Uint32Array(B);
  const nextTableRow = new Uint32Array(B);
  const observed = new Uint32Array(rowCapacity);
  const nexts = new Uint32Array(rowCapacity);
  const cursor = new Uint32Array(rowCapacity);
  // Two words for each table row: a mark, and its row in the minibatch. A mark is the step's tick
  // and whether the row is an observation (1) or a next observation (2), so that nothing is cleared.
  const marks = new Int32Array(2 * tableRows);
  let tick = 0;

  return {
    skip: () => run.skip(samples),
    plan(words, floats, start) {
      const { actions, rewards, observationRow, nextRow } = columns;
      run.draw(samples);
      const now = tick += 4;
      const actionsAt = start + layout.actions;
      const rewardsAt = start + layout.rewards;
      const discountsAt = start + layout.discounts;
      let observedCount = 0;
      let nextCount = 0;
      for (let s = 0; s < B; s++) {
        const i = samples[s];
        words[actionsAt + s] = actions[i];
        floats[rewardsAt + s] = rewards[i] * rewardScale;
        const row = observationRow[i];
        tableRow[s] = row;
        const mark = Math.max(now, marks[2 * row]);
        if ((mark & 1) === 0) {
          marks[2 * row] = mark | 1;
          observed[observedCount++] = row;
        }
        const next = nextRow[i];
        nextTableRow[s] = next;
        if (next === NONE) {
          floats[discountsAt + s] = 0;
        } else {
          floats[discountsAt + s] = discount;
          const mark = Math.max(now, marks[2 * next]);
          if ((mark & 2) === 0) {
            marks[2 * next] = mark | 2;
            nexts[nextCount++] = next;
          }
        }
      }

      let rowCount = 0;
      const rowsAt = start + layout.rows;
      for (let k = 0; k < observedCount; k++) {
        const row = observed[k];
        if ((marks[2 * row] & 2) !== 0) continue;
        marks[2 * row + 1] = rowCount;
        words[rowsAt + rowCount++] = row;
      }
      words[start + PLAN_HEADER.nextStart] = rowCount;
      for (let k = 0; k < observedCount; k++) {
        const row = observed[k];
        if ((marks[2 * row] & 2) === 0) continue;
        marks[2 * row + 1] = rowCount;
        words[rowsAt + rowCount++] = row;
      }
      words[start + PLAN_HEADER.gradientRows] = rowCount;
      for (let k = 0; k < nextCount; k++) {
        const row = nexts[k];
        if ((marks[2 * row] & 1) !== 0) continue;
        marks[2 * row + 1] = rowCount;
        words[rowsAt + rowCount++] = row;
      }
      words[start + PLAN_HEADER.rowCount] = rowCount;

      // Group the samples by row with a counting sort, which keeps them ascending within a row.
      const sampleRowAt = start + layout.sampleRow;
      const sampleNextRowAt = start + layout.sampleNextRow;
      cursor.fill(0, 0, observedCount);
      for (let s = 0; s < B; s++) {
        const row = marks[2 * tableRow[s] + 1];
        words[sampleRowAt + s] = row;
        cursor[row]++;
        const next = nextTableRow[s];
        words[sampleNextRowAt + s] = next === NONE ? 0 : marks[2 * next + 1];
      }
      const offsetsAt = start + layout.offsets;
      let sum = 0;
      for (let row = 0; row < observedCount; row++) {
        words[offsetsAt + row] = sum;
        const count = cursor[row];
        cursor[row] = sum;
        sum += count;
      }
      words[offsetsAt + observedCount] = sum;
      const samplesAt = start + layout.samples;
      for (let s = 0; s < B; s++) {
        words[samplesAt + cursor[words[sampleRowAt + s]]++] = s;
      }
    },
  };
}

/**
 * Table rows of each transition's observation and of its next observation, [N] each; the latter is
 * {@link NONE} after a terminal step, or where the algorithm looks at no next observation.
 */
function transitionRows(
  { dataset, rowOf, discount, bootstrapOnTruncation }: PlanRun,
): { observationRow: Uint32Array; nextRow: Uint32Array } {
  const { actions, episodeOffsets } = dataset;
  const observationRow = new Uint32Array(actions.length);
  const nextRow = new Uint32Array(actions.length);
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      const terminal = isTerminal(dataset, e, i, bootstrapOnTruncation);
      observationRow[i] = rowOf[i + e];
      nextRow[i] = discount > 0 && !terminal ? rowOf[i + e + 1] : NONE;
    }
  }
  return { observationRow, nextRow };
}

/**
 * Writes a plan of no samples whose rows are table rows first … first + count - 1, once per run:
 * what a sweep over the observation table reads. [runs, layout.stride] words.
 */
export function fillSweep(
  layout: PlanLayout,
  words: Uint32Array,
  runs: number,
  first: number,
  count: number,
): void {
  for (let run = 0; run < runs; run++) {
    const start = run * layout.stride;
    words[start + PLAN_HEADER.rowCount] = count;
    words[start + PLAN_HEADER.gradientRows] = 0;
    words[start + PLAN_HEADER.nextStart] = 0;
    for (let r = 0; r < count; r++) words[start + layout.rows + r] = first + r;
  }
}

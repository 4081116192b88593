/**
 * The training loop from one step to another. It prints nothing; it reports each interval.
 *
 * @module
 */
import type { LossTerm } from "../algorithms/program.ts";
import type { TrainingSession } from "../backends/backend.ts";
import { InputError } from "../errors.ts";

/** A loss or parameter became infinite or not a number: training cannot continue. */
export class DivergenceError extends InputError {
  /**
   * Makes the error.
   * @param step The first step with such a loss, or the step at which parameters were checked.
   * @param term What was not finite.
   */
  constructor(readonly step: number, readonly term: string) {
    super(
      `training diverged: ${term} is not finite at step ${step}; lower the learning rate, ` +
        "or scale large data (network.encoder, rewardScale)",
    );
    this.name = "DivergenceError";
  }
}

/** How far a training is, besides the session's state. */
export interface Cursor {
  /** Steps made. */
  readonly step: number;
  /** [runs · terms] sums of the loss terms since the last full interval, in f64. */
  readonly sums: Float64Array;
}

/** The start of a training. */
export function startCursor(runs: number, terms: number): Cursor {
  return { step: 0, sums: new Float64Array(runs * terms) };
}

/** Where to train to, and what to report on the way. */
export interface TrainingOptions {
  /** Where the session is. */
  readonly from: Cursor;
  /** Last step. */
  readonly to: number;
  /** Steps that the means of an interval cover; the last interval may be shorter. */
  readonly logInterval: number;
  /** Called after each interval with its last step and the mean of each loss term, [runs][terms]. */
  readonly onInterval: (
    step: number,
    means: number[][],
  ) => void | Promise<void>;
  /** Steps between two checkpoints. */
  readonly checkpointInterval?: number;
  /** Called at each multiple of the checkpoint interval but the last step. */
  readonly onCheckpoint?: (cursor: Cursor) => void | Promise<void>;
  /** Called often, with the steps made. */
  readonly onStep?: (step: number) => void;
  /** Asked often; true ends the training early, after the step in hand. */
  readonly stop?: () => boolean;
}

/** The loop looks up about this often, so that progress moves and a stop is heeded. */
const LOOK_UP_MS = 200;

/**
 * Trains until the last step or until it is stopped.
 *
 * @param lossTerms The program's.
 * @returns Where training ended.
 * @throws InputError if the last step or an interval is not an integer from 1.
 * @throws DivergenceError when a loss is not finite; the state of the last checkpoint is good.
 */
export async function runTraining(
  session: TrainingSession,
  lossTerms: readonly LossTerm[],
  options: TrainingOptions,
): Promise<Cursor> {
  const { from, to, logInterval, checkpointInterval = Infinity } = options;
  if (!Number.isSafeInteger(to) || to < 1) {
    throw new InputError(`the last step is ${to}: give an integer from 1`);
  }
  for (const interval of [logInterval, checkpointInterval]) {
    if (interval === Infinity || (Number.isInteger(interval) && interval > 0)) {
      continue;
    }
    throw new InputError(
      `an interval of ${interval} steps: give an integer from 1`,
    );
  }
  const sums = from.sums.slice();
  let step = from.step;
  // How many steps are run at once depends on the clock; no bit of the result does.
  let stride = 1;
  while (step < to && !options.stop?.()) {
    const nextLog = nextMultiple(step, logInterval);
    const nextCheckpoint = nextMultiple(step, checkpointInterval);
    const end = Math.min(to, nextLog, nextCheckpoint, step + stride);
    const begun = performance.now();
    const losses = await session.run(end);
    addLosses(sums, losses, lossTerms, step);
    const elapsed = performance.now() - begun;
    if (end === step + stride) {
      if (elapsed < LOOK_UP_MS / 2) stride *= 2;
      else if (elapsed > LOOK_UP_MS) stride = Math.max(1, stride >> 1);
    }
    step = end;
    options.onStep?.(step);
    if (step === nextLog || step === to) {
      const steps = step - Math.floor((step - 1) / logInterval) * logInterval;
      await options.onInterval(step, means(sums, lossTerms.length, steps));
      sums.fill(0);
    }
    if (step === nextCheckpoint && step < to) {
      await options.onCheckpoint?.({ step, sums: sums.slice() });
    }
  }
  return { step, sums };
}

/** Adds the losses, [steps, runs · terms], of the steps after `from` to the sums. */
function addLosses(
  sums: Float64Array,
  losses: Float32Array,
  lossTerms: readonly LossTerm[],
  from: number,
): void {
  const width = sums.length;
  for (let i = 0; i < losses.length; i++) {
    const column = i % width;
    if (!Number.isFinite(losses[i])) {
      throw new DivergenceError(
        from + 1 + Math.floor(i / width),
        lossTerms[column % lossTerms.length].name,
      );
    }
    sums[column] += losses[i];
  }
}

function means(sums: Float64Array, terms: number, steps: number): number[][] {
  const runs = sums.length / terms;
  return Array.from(
    { length: runs },
    (_, run) =>
      [...sums.subarray(run * terms, (run + 1) * terms)].map((sum) =>
        sum / steps
      ),
  );
}

function nextMultiple(step: number, interval: number): number {
  return interval === Infinity
    ? Infinity
    : (Math.floor(step / interval) + 1) * interval;
}

/**
 * The training loop from one step to another. It prints nothing; it tells of each interval.
 *
 * @module
 */
import type { Learner } from "../backends/backend.ts";

/** Loss terms averaged over the steps of an interval. */
export interface IntervalLosses {
  /** Last step of the interval. */
  readonly step: number;
  /** [runs][terms] means in f64. */
  readonly means: readonly (readonly number[])[];
}

/** A loss or parameter became infinite or not a number: training cannot go on. */
export class DivergenceError extends Error {
  /** @param step The first step with such a value. @param term What was not finite. */
  constructor(readonly step: number, readonly term: string) {
    super(
      `training diverged: ${term} is not finite at step ${step}; lower the learning rate`,
    );
    this.name = "DivergenceError";
  }
}

/**
 * Trains from step `from` to step `to` and calls `onInterval` whenever `logInterval` steps are done
 * (and at the end, for what remains).
 *
 * @param lossTerms The program's names of the terms.
 * @throws DivergenceError
 */
export async function train(
  learner: Learner,
  lossTerms: readonly string[],
  { from, to, logInterval, onInterval }: {
    from: number;
    to: number;
    logInterval: number;
    onInterval: (interval: IntervalLosses) => void | Promise<void>;
  },
): Promise<void> {
  for (let step = from; step < to;) {
    const end = Math.min(
      to,
      (Math.floor(step / logInterval) + 1) * logInterval,
    );
    const losses = await learner.run(end);
    await onInterval({
      step: end,
      means: intervalMeans(losses, lossTerms, step, end),
    });
    step = end;
  }
}

function intervalMeans(
  losses: Float32Array,
  lossTerms: readonly string[],
  from: number,
  to: number,
): number[][] {
  const terms = lossTerms.length;
  const width = losses.length / (to - from);
  const sums = Array.from(
    { length: width / terms },
    () => new Array<number>(terms).fill(0),
  );
  for (let i = 0; i < losses.length; i++) {
    const column = i % width;
    if (!Number.isFinite(losses[i])) {
      throw new DivergenceError(
        from + 1 + Math.floor(i / width),
        lossTerms[column % terms],
      );
    }
    sums[Math.floor(column / terms)][column % terms] += losses[i];
  }
  return sums.map((run) => run.map((sum) => sum / (to - from)));
}

/**
 * What a learner's policy was worth towards the end of its training.
 *
 * @module
 */

/** Exact values of the greedy policy at the end of each logging interval; at least one. */
export interface TrainingValues {
  /** Expected return; discounted where the world has a discount. */
  readonly value: readonly number[];
  /** Probability that anything unsafe happens; null where nothing is unsafe. */
  readonly unsafe: readonly number[] | null;
}

/** How many logging intervals at the end of a training count. */
const LAST = 10;

/** The range of a few numbers. */
export interface CheckpointRange {
  /** How many there are. */
  readonly count: number;
  /** The minimum. */
  readonly low: number;
  /** The median. */
  readonly median: number;
  /** The maximum. */
  readonly high: number;
}

/**
 * The range over the last ten logging intervals, or as many as there are: how much of the final
 * value is the luck of where training stopped.
 */
export function lastCheckpoints(values: readonly number[]): CheckpointRange {
  const sorted = values.slice(-LAST).sort((a, b) => a - b);
  const count = sorted.length;
  const middle = (count - 1) / 2;
  return {
    count,
    low: sorted[0],
    median: (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2,
    high: sorted[count - 1],
  };
}

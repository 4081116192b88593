/**
 * A log as off-policy evaluation sees it: distinct observations as states, and what each step led to.
 *
 * @module
 */
import type { Dataset } from "../../dataset/dataset.ts";
import { learntRows } from "../../dataset/ends.ts";

/** N transitions of E episodes over U states, the distinct observations, and A actions. */
export interface Log {
  /** U */
  readonly stateCount: number;
  /** A */
  readonly actionCount: number;
  /** D */
  readonly observationSize: number;
  /** [U, D] the observation of each state. */
  readonly observations: Float32Array;
  /** [U, A] 1 where an action is allowed; absent where all are. */
  readonly allowed?: Uint8Array;
  /** [E + 1] first transition of each episode. */
  readonly offsets: Uint32Array;
  /** [N] */
  readonly states: Uint32Array;
  /** [N] */
  readonly actions: Int32Array;
  /** [N] the state that followed; -1 where the step was terminated. */
  readonly next: Int32Array;
  /** Steps of the longest episode. */
  readonly longest: number;
}

/**
 * The log of a data set. Time and memory are linear in it. Where actions are masked, what is allowed is part of
 * the state.
 *
 * @param dataset A valid data set. The final observation of a terminated episode is no state: nothing is done in it.
 */
export function logOf(dataset: Dataset): Log {
  const { episodeOffsets: offsets, actions, terminated } = dataset;
  const rows = learntRows(dataset);
  const states = new Uint32Array(actions.length);
  const next = new Int32Array(actions.length);
  let longest = 0;
  for (let e = 0; e + 1 < offsets.length; e++) {
    longest = Math.max(longest, offsets[e + 1] - offsets[e]);
    for (let i = offsets[e]; i < offsets[e + 1]; i++) {
      states[i] = rows.rowOf[i + e];
      next[i] = terminated[i] === 1 ? -1 : rows.rowOf[i + e + 1];
    }
  }
  return {
    stateCount: rows.count,
    actionCount: dataset.actionCount,
    observationSize: dataset.observationSize,
    observations: rows.observations,
    ...(rows.allowed && { allowed: rows.allowed }),
    offsets,
    states,
    actions,
    next,
    longest,
  };
}

/** E */
export function episodeCount({ offsets }: Log): number {
  return offsets.length - 1;
}

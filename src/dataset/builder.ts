/**
 * A data set under construction: readers that learn its length as they go add rows to it.
 *
 * @module
 */

import type { Dataset } from "./dataset.ts";

/** Takes an episode's observations and transitions in the order of time. */
export interface DatasetBuilder {
  /**
   * Adds the next observation of the current episode: T + 1 of them for T transitions.
   * @param values Holds the observation's D numbers from `begin` on.
   * @param begin Index of the first.
   */
  addObservation(values: ArrayLike<number>, begin: number): void;
  /** Adds the current episode's next transition; the action fits in 32 bits. */
  addTransition(action: number, reward: number): void;
  /** Ends the current episode; the flags are those of its last transition. */
  endEpisode(terminated: boolean, truncated: boolean): void;
  /**
   * The data set; it is not validated.
   * @param actionCount Number of actions, or undefined for the largest action + 1.
   */
  finish(actionCount: number | undefined): Dataset;
}

/**
 * Starts a data set without rows.
 *
 * @param observationSize D, numbers per observation.
 */
export function buildDataset(observationSize: number): DatasetBuilder {
  let observations = new Float32Array(1024);
  let actions = new Int32Array(1024);
  let rewards = new Float32Array(1024);
  let terminated = new Uint8Array(1024);
  let truncated = new Uint8Array(1024);
  let offsets = new Uint32Array(1024);
  let numbers = 0;
  let transitions = 0;
  let episodes = 0;
  let largestAction = -1;
  return {
    addObservation(values, begin): void {
      while (numbers + observationSize > observations.length) {
        observations = twice(observations);
      }
      for (let d = 0; d < observationSize; d++) {
        observations[numbers++] = values[begin + d];
      }
    },
    addTransition(action, reward): void {
      if (transitions === actions.length) {
        actions = twice(actions);
        rewards = twice(rewards);
        terminated = twice(terminated);
        truncated = twice(truncated);
      }
      actions[transitions] = action;
      rewards[transitions++] = reward;
      if (action > largestAction) largestAction = action;
    },
    endEpisode(isTerminated, isTruncated): void {
      if (isTerminated) terminated[transitions - 1] = 1;
      if (isTruncated) truncated[transitions - 1] = 1;
      if (++episodes === offsets.length) offsets = twice(offsets);
      offsets[episodes] = transitions;
    },
    finish(actionCount): Dataset {
      return {
        observationSize,
        actionCount: actionCount ?? largestAction + 1,
        observations: observations.slice(0, numbers),
        actions: actions.slice(0, transitions),
        rewards: rewards.slice(0, transitions),
        terminated: terminated.slice(0, transitions),
        truncated: truncated.slice(0, transitions),
        episodeOffsets: offsets.slice(0, episodes + 1),
      };
    },
  };
}

function twice<
  T extends
    | Float32Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>
    | Uint32Array<ArrayBuffer>
    | Uint8Array<ArrayBuffer>,
>(array: T): T {
  const longer = new (array.constructor as new (length: number) => T)(
    array.length * 2,
  );
  longer.set(array);
  return longer;
}

/**
 * Which state of a finite MDP each observation of a data set is.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import type { Dataset } from "./dataset.ts";
import { validateDataset } from "./validate.ts";

/** What to do where data and environment do not fit. */
export const OTHER_ENVIRONMENT: string =
  "configure the environment that the data were collected in, or leave the key environment out";

/**
 * [S] Of each state, the one that stands for all with the same observation, which nobody can tell
 * apart: the first in which an episode acts, or the first.
 */
export function seenStates(mdp: FiniteMdp): Int32Array {
  const { outcomeOffsets, stateCount, actionCount } = mdp;
  const acts = (s: number) =>
    outcomeOffsets[s * actionCount] < outcomeOffsets[(s + 1) * actionCount];
  const keys = Array.from({ length: stateCount }, (_, s) => rowKey(mdp, s));
  const seen = new Map<string, number>();
  keys.forEach((key, s) => {
    const first = seen.get(key);
    if (first === undefined || (!acts(first) && acts(s))) seen.set(key, s);
  });
  return Int32Array.from(keys, (key) => seen.get(key)!);
}

/**
 * Finds the state of each observation row by its exact numbers; of states that look alike, that of
 * {@link seenStates}.
 *
 * @returns [N + E] state of each observation row.
 * @throws {InputError} If the data are not valid, a row is the observation of no state, or the actions differ in
 *   number: the data were collected in another environment.
 */
export function datasetStates(dataset: Dataset, mdp: FiniteMdp): Int32Array {
  validateDataset(dataset, "the data set");
  const size = mdp.observationSize;
  if (dataset.observationSize !== size) {
    throw new InputError(
      `the data set's observations have the size ${dataset.observationSize}, ` +
        `the environment's ${size}: ${OTHER_ENVIRONMENT}`,
    );
  }
  if (dataset.actionCount !== mdp.actionCount) {
    throw new InputError(
      `the data set has ${dataset.actionCount} actions, the environment ` +
        `${mdp.actionCount}: ${OTHER_ENVIRONMENT}`,
    );
  }
  const stateOfKey = new Map<string, number>();
  seenStates(mdp).forEach((seen, s) => stateOfKey.set(rowKey(mdp, s), seen));
  const states = new Int32Array(dataset.observations.length / size);
  for (let row = 0; row < states.length; row++) {
    const key = rowKey(dataset, row);
    const state = stateOfKey.get(key);
    if (state === undefined) {
      throw new InputError(
        `observation ${row} of the data set, (${key}), is not a state of the environment: ` +
          OTHER_ENVIRONMENT,
      );
    }
    states[row] = state;
  }
  return states;
}

function rowKey(
  { observations, observationSize: size }: Pick<
    FiniteMdp,
    "observations" | "observationSize"
  >,
  row: number,
): string {
  return observations.subarray(row * size, (row + 1) * size).join();
}

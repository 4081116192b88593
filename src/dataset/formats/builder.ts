/**
 * A data set under construction: readers that learn its length as they go add rows to it.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import { named, ownNames } from "../action_codes.ts";
import type { Dataset } from "../dataset.ts";
import { episodeOutcomes } from "../episode_outcomes.ts";
import { countRounding } from "./rounding.ts";
import { episodeOf, MOST_ACTIONS } from "../validate.ts";

// Their file has to stay below the 2 GiB that are read and written in one piece.
const MOST_TRANSITIONS = 2 ** 26;
const MOST_NUMBERS = 2 ** 28;
const MOST_FLAGS = 2 ** 30;

/** Takes an episode's observations and transitions in the order of time. */
export interface DatasetBuilder {
  /**
   * Adds the next observation of the current episode: T + 1 of them for T transitions.
   * @param values Holds the observation's D numbers from `begin` on.
   * @param begin Index of the first.
   * @param allowed Codes or names of the actions that are allowed in it; given for all observations or
   *   for none. Lists that say the same take less memory if they are one.
   */
  addObservation(
    values: ArrayLike<number>,
    begin: number,
    allowed?: readonly (number | string)[],
  ): void;
  /** Takes back the current episode's only observation: no transition, no episode. */
  dropObservation(): void;
  /** Adds the current episode's last observation again, in place of a final one that is not there. */
  repeatObservation(): void;
  /**
   * Adds the current episode's next transition.
   * @param action What the file calls it: a safe integer of any size and sign, or a name.
   * @param reward Is rounded to f32.
   * @param propensity With which probability the action was taken: of all transitions or of none.
   */
  addTransition(
    action: number | string,
    reward: number,
    propensity?: number,
  ): void;
  /**
   * Ends the current episode; the flags are those of its last transition.
   * @param outcome What the source calls its end; empty or left out where it says nothing.
   */
  endEpisode(terminated: boolean, truncated: boolean, outcome?: string): void;
  /**
   * The data set; it is not validated.
   * @param actionCount Number of actions, if the file or the user says it: their codes must lie
   *   in `firstAction` … `firstAction + actionCount - 1`, and those that do not occur count too.
   *   If undefined, the actions are those that occur, in the order of their codes.
   * @param firstAction The lowest code, where `actionCount` is given.
   * @throws {InputError} for an action that is not among the given ones.
   */
  finish(actionCount?: number, firstAction?: number): Dataset;
  /**
   * What rounding changed, one line a column.
   * @param observations Names of the observation's columns; `observation_0` … if not given.
   * @param reward Name of the reward's column.
   */
  notes(observations?: readonly string[], reward?: string): string[];
}

/**
 * Starts a data set.
 *
 * @param observationSize D, numbers per observation.
 * @param name Name of the file, for messages.
 */
export function buildDataset(
  observationSize: number,
  name: string,
): DatasetBuilder {
  let observations = new Float32Array(1024);
  let actions = new Int32Array(1024);
  let rewards = new Float32Array(1024);
  let terminated = new Uint8Array(1024);
  let truncated = new Uint8Array(1024);
  let propensities: Float64Array<ArrayBuffer> | undefined;
  /** [E] */
  const outcomes: string[] = [];
  let offsets = new Uint32Array(1024);
  let numbers = 0;
  let transitions = 0;
  let episodes = 0;
  /** Codes in the order in which they first occur; `actions` holds their places in it. */
  const places = new Map<number | string, number>();
  const placeOf = (code: number | string): number => {
    let place = places.get(code);
    if (place === undefined) places.set(code, place = places.size);
    return place;
  };
  /** Different lists of allowed actions; `masks` holds the place in it for each observation. */
  const lists = new Map<readonly (number | string)[], number>();
  let masks = new Uint32Array(0);
  const rows = () => numbers / observationSize;
  const rounding = countRounding(observationSize + 1);

  /** The codes of all actions, in order. */
  const codesOf = (actionCount: number | undefined, firstAction: number) => {
    const found = [...places.keys()];
    if (actionCount === undefined) return found.sort(compareCodes);
    if (actionCount > MOST_ACTIONS) {
      throw new InputError(
        `${name}: ${actionCount} actions, but at most ${MOST_ACTIONS} are supported`,
      );
    }
    const last = firstAction + actionCount - 1;
    for (const [code, place] of places) {
      if (typeof code === "number" && code >= firstAction && code <= last) {
        continue;
      }
      const transition = actions.subarray(0, transitions).indexOf(place);
      if (transition < 0) {
        throw new InputError(
          `${name}: the allowed action ${
            JSON.stringify(code)
          } is outside ${firstAction} … ${last}`,
        );
      }
      const episode = episodeOf(offsets.subarray(0, episodes + 1), transition);
      const step = transition - offsets[episode];
      throw new InputError(
        `${name}: episode ${episode}, step ${step}: action ${
          JSON.stringify(code)
        } is outside ${firstAction} … ${last}`,
      );
    }
    return Array.from({ length: actionCount }, (_, a) => firstAction + a);
  };

  const tooLarge = (what: string, most: number) => {
    throw new InputError(
      `${name}: has more than ${most} ${what}, which do not fit in memory; use a part of it`,
    );
  };

  const makeRoom = () => {
    while (numbers + observationSize > observations.length) {
      if (observations.length >= MOST_NUMBERS) {
        tooLarge("numbers in its observations", MOST_NUMBERS);
      }
      observations = twice(observations);
    }
  };

  const maskRow = (list: number) => {
    const row = rows();
    if (row >= masks.length) {
      const longer = new Uint32Array(Math.max(1024, 2 * masks.length));
      longer.set(masks);
      masks = longer;
    }
    masks[row] = list;
  };

  return {
    addObservation(values, begin, allowed): void {
      makeRoom();
      if (allowed !== undefined) {
        if (!lists.has(allowed)) {
          lists.set(allowed, lists.size);
          allowed.forEach(placeOf);
        }
        maskRow(lists.get(allowed)!);
      }
      for (let d = 0; d < observationSize; d++) {
        rounding.see(d, values[begin + d]);
        observations[numbers++] = values[begin + d];
      }
    },
    dropObservation(): void {
      numbers -= observationSize;
    },
    repeatObservation(): void {
      makeRoom();
      if (lists.size > 0) maskRow(masks[rows() - 1]);
      observations.copyWithin(numbers, numbers - observationSize, numbers);
      numbers += observationSize;
    },
    addTransition(action, reward, propensity): void {
      if (transitions === actions.length) {
        if (transitions >= MOST_TRANSITIONS) {
          tooLarge("transitions", MOST_TRANSITIONS);
        }
        actions = twice(actions);
        rewards = twice(rewards);
        terminated = twice(terminated);
        truncated = twice(truncated);
        propensities &&= twice(propensities);
      }
      actions[transitions] = placeOf(action);
      rounding.see(observationSize, reward);
      if (propensity !== undefined) {
        propensities ??= new Float64Array(actions.length);
        propensities[transitions] = propensity;
      }
      rewards[transitions++] = reward;
    },
    endEpisode(isTerminated, isTruncated, outcome = ""): void {
      outcomes.push(outcome);
      if (isTerminated) terminated[transitions - 1] = 1;
      if (isTruncated) truncated[transitions - 1] = 1;
      if (++episodes === offsets.length) offsets = twice(offsets);
      offsets[episodes] = transitions;
    },
    finish(actionCount, firstAction = 0): Dataset {
      const codes = codesOf(actionCount, firstAction);
      const ends = episodeOutcomes(outcomes, name);
      const indices = new Map(codes.map((code, action) => [code, action]));
      const actionAt = Int32Array.from(
        places.keys(),
        (code) => indices.get(code)!,
      );
      if (lists.size > 0 && rows() * codes.length > MOST_FLAGS) {
        tooLarge("flags of allowed actions", MOST_FLAGS);
      }
      const allowed = new Uint8Array(
        lists.size > 0 ? rows() * codes.length : 0,
      );
      const listed = [...lists.keys()].map((list) =>
        list.map((code) => indices.get(code)!)
      );
      for (let row = 0; row * codes.length < allowed.length; row++) {
        for (const action of listed[masks[row]]) {
          allowed[row * codes.length + action] = 1;
        }
      }
      return {
        observationSize,
        actionCount: codes.length,
        ...named(ownNames(codes)),
        observations: observations.slice(0, numbers),
        actions: actions.subarray(0, transitions).map((at) => actionAt[at]),
        rewards: rewards.slice(0, transitions),
        terminated: terminated.slice(0, transitions),
        truncated: truncated.slice(0, transitions),
        ...(propensities &&
          { propensities: propensities.slice(0, transitions) }),
        ...(ends && { outcomes: ends }),
        episodeOffsets: offsets.slice(0, episodes + 1),
        ...(lists.size > 0 ? { allowed } : {}),
      };
    },
    notes(
      columns = Array.from(
        { length: observationSize },
        (_, d) => `observation_${d}`,
      ),
      reward = "reward",
    ) {
      return rounding.notes([...columns, reward]);
    },
  };
}

/** Integers by size, names by their UTF-16 units: an order that no locale changes. */
function compareCodes(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return `${a}` < `${b}` ? -1 : 1;
}

function twice<
  T extends
    | Float32Array<ArrayBuffer>
    | Float64Array<ArrayBuffer>
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

/**
 * A data set under construction: readers that learn its length as they go add rows to it.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import { named, ownNames } from "../action_codes.ts";
import type { Dataset } from "../dataset.ts";
import { episodeOutcomes } from "../episode_outcomes.ts";
import { usualNames } from "../observation_names.ts";
import { growing } from "./growing.ts";
import type { Spill } from "./spill.ts";
import { countRounding } from "./rounding.ts";
import { episodeOf, MOST_ACTIONS } from "../validate.ts";

// Their file has to stay below the 2 GiB that are read and written in one piece.
const MOST_TRANSITIONS = 2 ** 26;
const MOST_NUMBERS = 2 ** 28;
const MOST_FLAGS = 2 ** 30;
/** Of those that go to the disk. */
const MOST_STORED = 2 ** 31;

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
   * @param observationNames What the source calls the numbers of an observation.
   * @throws {InputError} for an action that is not among the given ones.
   */
  finish(
    actionCount?: number,
    firstAction?: number,
    observationNames?: readonly string[],
  ): Dataset;
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
 * @param spill Where columns are while they grow, and the data set afterwards; without it, in memory.
 */
export function buildDataset(
  observationSize: number,
  name: string,
  spill?: Spill,
): DatasetBuilder {
  const column = spill?.column ?? growing;
  const observations = column((n) => new Float32Array(n), "observations");
  const actions = column((n) => new Int32Array(n), "actions");
  const rewards = column((n) => new Float32Array(n), "rewards");
  const terminated = column((n) => new Uint8Array(n), "terminated");
  const truncated = column((n) => new Uint8Array(n), "truncated");
  const propensities = column((n) => new Float64Array(n), "propensities");
  /** [E] */
  const outcomes: string[] = [];
  const offsets = growing((length) => new Uint32Array(length));
  offsets.push(0);
  /** Codes in the order in which they first occur; `actions` holds their places in it. */
  const places = new Map<number | string, number>();
  const placeOf = (code: number | string): number => {
    let place = places.get(code);
    if (place === undefined) places.set(code, place = places.size);
    return place;
  };
  /** Different lists of allowed actions; `masks` holds the place in it for each observation. */
  const lists = new Map<readonly (number | string)[], number>();
  const masks = column((n) => new Uint32Array(n), "allowed");
  // What stays on disk needs no room in memory.
  const [mostTransitions, mostNumbers] = spill
    ? [MOST_STORED, MOST_STORED * observationSize]
    : [MOST_TRANSITIONS, MOST_NUMBERS];
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
      const transition = indexIn(actions.pieces(), place);
      if (transition < 0) {
        throw new InputError(
          `${name}: the allowed action ${
            JSON.stringify(code)
          } is outside ${firstAction} … ${last}`,
        );
      }
      const ends = offsets.take();
      const episode = episodeOf(ends, transition);
      const step = transition - ends[episode];
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
      `${name}: has more than ${most} ${what}, which ` +
        (spill
          ? "are not supported; use a part of it"
          : "do not fit in memory; use a part of it, or write it with deno task dataset convert " +
            "--to safetensors and leave it on disk (docs/large-data.md)"),
    );
  };

  const addNumber = (value: number) => {
    if (observations.length >= mostNumbers) {
      tooLarge("numbers in its observations", mostNumbers);
    }
    observations.push(value);
  };

  return {
    addObservation(values, begin, allowed): void {
      if (allowed !== undefined) {
        if (!lists.has(allowed)) {
          lists.set(allowed, lists.size);
          allowed.forEach(placeOf);
        }
        masks.push(lists.get(allowed)!);
      }
      for (let d = 0; d < observationSize; d++) {
        rounding.see(d, values[begin + d]);
        addNumber(values[begin + d]);
      }
    },
    dropObservation(): void {
      observations.drop(observationSize);
      if (masks.length > 0) masks.drop(1);
    },
    repeatObservation(): void {
      if (masks.length > 0) masks.push(masks.at(masks.length - 1));
      const last = observations.length - observationSize;
      for (let d = 0; d < observationSize; d++) {
        addNumber(observations.at(last + d));
      }
    },
    addTransition(action, reward, propensity): void {
      if (actions.length >= mostTransitions) {
        tooLarge("transitions", mostTransitions);
      }
      actions.push(placeOf(action));
      rounding.see(observationSize, reward);
      if (propensity !== undefined) propensities.push(propensity);
      rewards.push(reward);
      terminated.push(0);
      truncated.push(0);
    },
    endEpisode(isTerminated, isTruncated, outcome = ""): void {
      outcomes.push(outcome);
      const last = actions.length - 1;
      if (isTerminated) terminated.set(last, 1);
      if (isTruncated) truncated.set(last, 1);
      offsets.push(actions.length);
    },
    finish(actionCount, firstAction = 0, observationNames): Dataset {
      const codes = codesOf(actionCount, firstAction);
      const ends = episodeOutcomes(outcomes, name);
      const indices = new Map(codes.map((code, action) => [code, action]));
      const actionAt = Int32Array.from(
        places.keys(),
        (code) => indices.get(code)!,
      );
      const listed = [...lists.keys()].map((list) =>
        list.map((code) => indices.get(code)!)
      );
      const described = {
        observationSize,
        actionCount: codes.length,
        ...named(ownNames(codes)),
        ...(observationNames && { observationNames }),
        ...(ends && { outcomes: ends }),
      };
      const recoded = (piece: Int32Array<ArrayBuffer>) =>
        piece.map((place) => actionAt[place]);
      const flags = (piece: Uint32Array) => {
        const allowed = new Uint8Array(piece.length * codes.length);
        piece.forEach((list, row) => {
          for (const action of listed[list]) {
            allowed[row * codes.length + action] = 1;
          }
        });
        return allowed;
      };
      if (spill) {
        const transitions = actions.length;
        const episodes = offsets.length - 1;
        // A file of nothing says no size: refused as in memory.
        if (transitions === 0) {
          throw new InputError(`${name}: it holds no transition`);
        }
        const file = spill.write(
          {
            ...described,
            transitions,
            episodes,
            hasAllowed: lists.size > 0,
            hasPropensities: propensities.length > 0,
            hasOutcomes: ends !== undefined,
          },
          described,
          {
            observations: observations.pieces(),
            actions: changed(actions.pieces(), recoded),
            rewards: rewards.pieces(),
            terminated: terminated.pieces(),
            truncated: truncated.pieces(),
            propensities: propensities.pieces(),
            allowed: changed(masks.pieces(), flags),
            episode_offsets: offsets.pieces(),
            outcomes: ends ? [Uint8Array.from(ends.ofEpisode)] : [],
          },
        );
        return spill.place(file, name);
      }
      if (masks.length * codes.length > MOST_FLAGS) {
        tooLarge("flags of allowed actions", MOST_FLAGS);
      }
      const taken = actions.take();
      for (let i = 0; i < taken.length; i++) taken[i] = actionAt[taken[i]];
      return {
        ...described,
        observations: observations.take(),
        actions: taken,
        rewards: rewards.take(),
        terminated: terminated.take(),
        truncated: truncated.take(),
        ...(propensities.length > 0
          ? { propensities: propensities.take() }
          : {}),
        episodeOffsets: offsets.take(),
        ...(lists.size > 0 ? { allowed: flags(masks.take()) } : {}),
      };
    },
    notes(columns = usualNames(observationSize), reward = "reward") {
      return rounding.notes([...columns, reward]);
    },
  };
}

function* changed<A, B>(
  pieces: Iterable<A>,
  by: (piece: A) => B,
): Generator<B> {
  for (const piece of pieces) yield by(piece);
}

/** Place of the first element that is this; -1 where none is. */
function indexIn(pieces: Iterable<Int32Array>, wanted: number): number {
  let first = 0;
  for (const piece of pieces) {
    const at = piece.indexOf(wanted);
    if (at >= 0) return first + at;
    first += piece.length;
  }
  return -1;
}

/** Integers by size, names by their UTF-16 units: an order that no locale changes. */
function compareCodes(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return `${a}` < `${b}` ? -1 : 1;
}

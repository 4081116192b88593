/**
 * Data sets from a program's arrays.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import type { Dataset } from "../dataset.ts";
import { validateDataset } from "../validate.ts";
import { buildDataset, type DatasetBuilder } from "./builder.ts";

/** Rows of D numbers: a list of rows, or one array with row after row. */
export type Rows = ArrayLike<number> | ArrayLike<ArrayLike<number>>;

/** N transitions of E episodes, in the order of time. */
export interface DatasetArrays {
  /** [N, D] the observation in which each action was taken. */
  readonly observations: Rows;
  /** [N] integers or names, the source's own. */
  readonly actions: ArrayLike<number | string>;
  /** [N] */
  readonly rewards: ArrayLike<number>;
  /** [N] whether the environment ended the episode with this step. */
  readonly terminated: ArrayLike<boolean | number>;
  /** [N] whether a limit cut the episode after this step; without it, no limit did. */
  readonly truncated?: ArrayLike<boolean | number>;
  /**
   * [E, D] what followed the last step of each episode. Without it, the last observation of an
   * episode that is not terminated counts as the final one, and its action is left out: what came of
   * it is not known.
   */
  readonly finalObservations?: Rows;
  /**
   * [N, A] 1 or true where an action was allowed in the observation; without it, all were. Actions are
   * then 0 … A - 1.
   */
  readonly allowed?: ArrayLike<ArrayLike<boolean | number>>;
  /** [E, A] the same for the final observations; goes with them. */
  readonly finalAllowed?: ArrayLike<ArrayLike<boolean | number>>;
  /** [N] with which probability each action was taken, if it is known. */
  readonly propensities?: ArrayLike<number>;
  /** [E] how each episode ended, in words; empty where nothing is said. */
  readonly outcomes?: readonly string[];
  /** A: actions are 0 … A - 1. Without it, they are those that occur, in the order of their codes. */
  readonly actionCount?: number;
  /** Called with each change to what was given, in one line. */
  readonly onNote?: (note: string) => void;
}

/**
 * Makes a data set of arrays. An episode ends where `terminated` or `truncated` says so, and with the
 * last transition. Numbers are rounded to 32-bit floats.
 *
 * @throws InputError if lengths do not agree or the data make no sense, with the place.
 *
 * @example Two episodes of a corridor
 * ```ts
 * import { datasetFromArrays, inspectDataset } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const dataset = datasetFromArrays({
 *   observations: [[0], [1], [2], [2], [1]],
 *   actions: ["right", "right", "right", "left", "left"],
 *   rewards: [0, 0, 1, 0, 0],
 *   terminated: [0, 0, 1, 0, 0],
 *   truncated: [0, 0, 0, 0, 1],
 *   finalObservations: [[3], [0]],
 * });
 * equal(inspectDataset(dataset).episodes, 2);
 * equal(dataset.actionNames?.join(), "left,right");
 * ```
 */
export function datasetFromArrays(arrays: DatasetArrays): Dataset {
  const { actions, rewards, terminated, truncated } = arrays;
  const transitions = actions.length;
  if (transitions === 0) throw new InputError("the arrays hold no transition");
  for (
    const name of [
      "rewards",
      "terminated",
      "truncated",
      "propensities",
    ] as const
  ) {
    const length = arrays[name]?.length ?? transitions;
    if (length !== transitions) {
      throw new InputError(`${length} ${name} for ${transitions} actions`);
    }
  }
  const isLast = (i: number) =>
    flag("terminated", terminated, i) || flag("truncated", truncated, i) ||
    i + 1 === transitions;
  let episodes = 0;
  for (let i = 0; i < transitions; i++) if (isLast(i)) episodes++;
  const outcomes = arrays.outcomes?.length ?? episodes;
  if (outcomes !== episodes) {
    throw new InputError(`${outcomes} outcomes for ${episodes} episodes`);
  }
  const rows = rowsOf("observations", arrays.observations, transitions);
  const final = arrays.finalObservations &&
    rowsOf("finalObservations", arrays.finalObservations, episodes);
  if (final && final.size !== rows.size) {
    throw new InputError(
      `a final observation has ${final.size} numbers, the others have ${rows.size}`,
    );
  }

  const masks = masksOf(arrays, transitions, episodes);
  const name = "the arrays";
  const data = buildDataset(rows.size, name);
  let ended = 0;
  let cut = 0;
  let empty = 0;
  for (let i = 0, start = 0; i < transitions; i++) {
    rows.add(data, i, masks?.rows(i));
    const last = isLast(i);
    const isOver = flag("terminated", terminated, i);
    if (!last || isOver || final) {
      data.addTransition(
        checkedAction(actions[i], i),
        rewards[i],
        arrays.propensities?.[i],
      );
    }
    if (!last) continue;
    if (final) final.add(data, ended, masks?.final(ended));
    else if (isOver) data.repeatObservation();
    else cut++;
    if (!final && !isOver && i === start) {
      data.dropObservation();
      empty++;
    } else {
      data.endEpisode(
        isOver,
        flag("truncated", truncated, i),
        arrays.outcomes?.[ended],
      );
    }
    ended++;
    start = i + 1;
  }
  const dataset = data.finish(masks?.actionCount ?? arrays.actionCount);
  validateDataset(dataset, name);
  const notes = data.notes();
  if (cut > 0) {
    notes.push(
      `${cut} of ${episodes} episodes are cut without a final observation: the last one of each ` +
        "counts as final, and its action is left out" +
        (empty > 0 ? `, which leaves nothing of ${empty}` : ""),
    );
  }
  notes.forEach((note) => arrays.onNote?.(note));
  return dataset;
}

function flag(
  name: string,
  flags: DatasetArrays["terminated"] | undefined,
  i: number,
): boolean {
  const value = flags === undefined ? false : flags[i];
  if (value === true || value === 1) return true;
  if (value === false || value === 0) return false;
  throw new InputError(
    `${name}[${i}] is ${value}: give true or false, 1 or 0`,
  );
}

function checkedAction(action: number | string, i: number): number | string {
  if (typeof action === "string" || Number.isSafeInteger(action)) return action;
  throw new InputError(
    `actions[${i}] is ${action}: give a whole number or a name`,
  );
}

/** The allowed actions of each observation and final observation. */
function masksOf(
  { allowed, finalAllowed, finalObservations, actionCount }: DatasetArrays,
  transitions: number,
  episodes: number,
) {
  if (
    (allowed && finalObservations) === undefined !==
      (finalAllowed === undefined)
  ) {
    throw new InputError(
      "finalAllowed says what allowed does of the finalObservations: give it with those two, or not at all",
    );
  }
  if (allowed === undefined) return undefined;
  const width = allowed[0]?.length ?? 0;
  if (actionCount !== undefined && actionCount !== width) {
    throw new InputError(
      `allowed[0] has ${width} flags, but actionCount is ${actionCount}`,
    );
  }
  const lists = new Map<string, readonly number[]>();
  const reader = (
    name: string,
    flags: ArrayLike<ArrayLike<boolean | number>>,
    count: number,
  ) => {
    if (flags.length !== count) {
      throw new InputError(
        `${flags.length} rows of ${name} where ${count} were expected`,
      );
    }
    return (row: number): readonly number[] => {
      if (flags[row].length !== width) {
        throw new InputError(
          `${name}[${row}] has ${
            flags[row].length
          } flags, allowed[0] has ${width}`,
        );
      }
      const list = Array.from({ length: width }, (_, a) => a)
        .filter((a) => flag(`${name}[${row}]`, flags[row], a));
      const known = lists.get(list.join()) ?? list;
      lists.set(list.join(), known);
      return known;
    };
  };
  return {
    actionCount: width,
    rows: reader("allowed", allowed, transitions),
    final: finalAllowed
      ? reader("finalAllowed", finalAllowed, episodes)
      : () => undefined,
  };
}

/** Reads rows in either shape. */
function rowsOf(name: string, values: Rows, count: number) {
  const isNested = typeof values[0] === "object";
  const size = isNested
    ? (values[0] as ArrayLike<number>).length
    : values.length / count;
  const found = isNested ? values.length : Math.floor(size) * count;
  if (isNested ? found !== count : found !== values.length || size === 0) {
    throw new InputError(
      isNested
        ? `${found} rows of ${name} where ${count} were expected`
        : `${values.length} numbers of ${name} are not ${count} rows`,
    );
  }
  return {
    size,
    add(
      data: Pick<DatasetBuilder, "addObservation">,
      row: number,
      allowed?: readonly number[],
    ): void {
      if (!isNested) {
        return data.addObservation(
          values as ArrayLike<number>,
          row * size,
          allowed,
        );
      }
      const numbers = values[row] as ArrayLike<number>;
      if (numbers.length !== size) {
        throw new InputError(
          `${name}[${row}] has ${numbers.length} numbers, ${name}[0] has ${size}`,
        );
      }
      data.addObservation(numbers, 0, allowed);
    },
  };
}

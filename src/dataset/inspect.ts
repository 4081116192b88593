/**
 * What a data set holds and what looks wrong with it, whatever environment it came from.
 *
 * @module
 */

import { meanAndStd } from "../numerics/moments.ts";
import { categorical, mayBeNames } from "./categories.ts";
import type { Dataset, DataSurvey } from "./dataset.ts";
import { distinctRows } from "./distinct_rows.ts";
import { ownObservationNames } from "./observation_names.ts";

/** Minimum, mean, maximum and standard deviation (divided by n) of some numbers. */
export interface Spread {
  /** The minimum. */
  readonly min: number;
  /** The mean. */
  readonly mean: number;
  /** The maximum. */
  readonly max: number;
  /** The standard deviation. */
  readonly std: number;
}

/** How the episodes end. */
export interface EndCounts {
  /** By the environment, and by it alone. */
  readonly terminated: number;
  /** By a time limit, and by it alone. */
  readonly truncated: number;
  /** By both at one step. */
  readonly both: number;
  /** By neither: the log just stops. */
  readonly none: number;
}

/** A data set in numbers. */
export interface DatasetReport {
  /** E */
  readonly episodes: number;
  /** N */
  readonly transitions: number;
  /** D */
  readonly observationSize: number;
  /** [D] how many names each number has; absent where the data do not say that they are names. */
  readonly observationCategories?: readonly number[];
  /** [D] what each number of an observation is called, where that is not observation_0 …. */
  readonly observationNames?: readonly string[];
  /** [A] what each action is called. */
  readonly actionNames: readonly string[];
  /** Transitions per episode. */
  readonly length: Spread;
  /** Undiscounted return per episode. */
  readonly return: Spread;
  /** Reward per transition. */
  readonly reward: Spread;
  /** How the episodes end. */
  readonly ends: EndCounts;
  /** Episodes with each outcome that the data name; absent where they name none. */
  readonly outcomes?: readonly { name: string; episodes: number }[];
  /** With which probability actions were taken; absent where the data do not say. */
  readonly propensity?: Spread;
  /** [A] transitions with each action. */
  readonly actionCounts: readonly number[];
  /** [D] range of each number of an observation, over all rows. */
  readonly observations: readonly Spread[];
  /** Actions allowed in an observation in which one was taken; absent where the data do not say. */
  readonly allowedActions?: Spread;
  /** Different observations in which an action was taken; one with other allowed actions is another. */
  readonly distinctObservations: number;
  /** Share of the transitions whose observation also stands at an earlier one. */
  readonly duplicateRate: number;
  /** Share of the pairs of a distinct observation and an action allowed in it that were tried. */
  readonly coverage: number;
  /** What looks wrong, one line each. */
  readonly suspicious: readonly string[];
}

/**
 * Counts what a valid data set holds. No reader lets through what is not valid (a number
 * that is not finite, an action out of range, lengths that do not agree).
 *
 * @param dataset The data set.
 * @param encoder What becomes of observations before they are learnt from, see `network.encoder`: what it
 *   answers is not suspicious. By default nothing does.
 *
 * @example What looks wrong
 * ```ts
 * import { datasetFromArrays, inspectDataset } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const { suspicious } = inspectDataset(datasetFromArrays({
 *   observations: [[0, 5], [1, 5]],
 *   actions: [0, 1],
 *   rewards: [0, 1],
 *   terminated: [0, 1],
 * }));
 * deepEqual(suspicious, ["the same in every observation: number 1"]);
 * ```
 */
export function inspectDataset(
  dataset: Dataset,
  encoder: "none" | "minmax" | "oneHot" = "none",
): DatasetReport {
  const { observationSize: size, actionCount, actions, rewards } = dataset;
  const { episodeOffsets: offsets } = dataset;
  const transitions = actions.length;
  const episodes = offsets.length - 1;
  const lengths = new Float64Array(episodes);
  const returns = new Float64Array(episodes);
  const ends = { terminated: 0, truncated: 0, both: 0, none: 0 };
  const actionCounts = new Array<number>(actionCount).fill(0);
  const taken = new Float32Array(transitions * size);
  const masks = dataset.allowed && new Uint8Array(transitions * actionCount);
  for (let e = 0; e < episodes; e++) {
    lengths[e] = offsets[e + 1] - offsets[e];
    for (let i = offsets[e]; i < offsets[e + 1]; i++) {
      returns[e] += rewards[i];
      actionCounts[actions[i]]++;
    }
    const rows = dataset.observations.subarray(
      (offsets[e] + e) * size,
      (offsets[e + 1] + e) * size,
    );
    taken.set(rows, offsets[e] * size);
    masks?.set(
      dataset.allowed!.subarray(
        (offsets[e] + e) * actionCount,
        (offsets[e + 1] + e) * actionCount,
      ),
      offsets[e] * actionCount,
    );
    const last = offsets[e + 1] - 1;
    const isTerminated = dataset.terminated[last] === 1;
    if (dataset.truncated[last] === 1) {
      ends[isTerminated ? "both" : "truncated"]++;
    } else ends[isTerminated ? "terminated" : "none"]++;
  }
  const distinct = distinctRows(taken, size, undefined, masks);
  const pairs = distinct.allowed?.reduce((sum, flag) => sum + flag, 0) ??
    distinct.count * actionCount;
  // A set, because a table of all pairs could be far larger than the data.
  const tried = new Set<number>();
  for (let i = 0; i < transitions; i++) {
    tried.add(distinct.rowOf[i] * actionCount + actions[i]);
  }
  const report = {
    episodes,
    transitions,
    observationSize: size,
    ...categorical(dataset),
    ...ownObservationNames(dataset.observationNames),
    actionNames: dataset.actionNames ??
      actionCounts.map((_, action) => `${action}`),
    length: spread(lengths),
    return: spread(returns),
    reward: spread(rewards),
    ends,
    ...(dataset.outcomes && {
      outcomes: dataset.outcomes.names.map((name, n) => ({
        name,
        episodes: dataset.outcomes!.ofEpisode.filter((own) => own === n + 1)
          .length,
      })),
    }),
    ...(dataset.propensities && { propensity: spread(dataset.propensities) }),
    actionCounts,
    observations: Array.from({ length: size }, (_, d) => {
      const column = new Float32Array(transitions + episodes);
      for (let row = 0; row < column.length; row++) {
        column[row] = dataset.observations[row * size + d];
      }
      return spread(column);
    }),
    ...(masks ? { allowedActions: spread(rowSums(masks, transitions)) } : {}),
    distinctObservations: distinct.count,
    duplicateRate: 1 - distinct.count / transitions,
    coverage: tried.size / pairs,
  };
  const suspicious = suspicions(
    { ...report, mayBeNames: mayBeNames(dataset), longest: report.length.max },
    encoder,
  );
  return { ...report, suspicious };
}

/**
 * What looks wrong, as {@link inspectDataset} says it; of data that stay on disk too.
 *
 * @param encoder See {@link inspectDataset}.
 */
export function suspicionsOf(
  dataset: Dataset,
  encoder: "none" | "minmax" | "oneHot",
): readonly string[] {
  const { stored, episodeOffsets: offsets } = dataset;
  if (!stored) return inspectDataset(dataset, encoder).suspicious;
  const { actionNames, observationNames, observationCategories } = dataset;
  const { survey } = stored;
  return suspicions({
    ...survey,
    actionNames: actionNames ??
      survey.actionCounts.map((_, action) => `${action}`),
    observationNames,
    observationCategories,
    episodes: offsets.length - 1,
    longest: offsets.reduce(
      (most, end, e) => e === 0 ? 0 : Math.max(most, end - offsets[e - 1]),
      0,
    ),
  }, encoder);
}

/** Beyond this a network's first layer is hard to train without scaling. */
const LARGE = 100;

/** What of a data set can look wrong. */
type Suspected =
  & Pick<DatasetReport, "actionNames" | "observationNames" | "episodes">
  & Pick<
    DataSurvey,
    "actionCounts" | "ends" | "reward" | "observations" | "mayBeNames"
  >
  & Pick<Dataset, "observationCategories">
  & {
    /** Transitions of the longest episode. */
    readonly longest: number;
  };

function suspicions(report: Suspected, encoder: string): string[] {
  const { actionCounts, actionNames, ends, episodes, reward } = report;
  const { observations, observationCategories } = report;
  const found: string[] = [];
  const unseen = actionCounts.flatMap((count, action) =>
    count === 0 ? [actionNames[action]] : []
  );
  if (unseen.length > 0) {
    found.push(
      `never taken: action${unseen.length === 1 ? "" : "s"} ${list(unseen)}`,
    );
  }
  if (ends.none > 0) {
    found.push(
      `no end: ${ends.none} of ${
        plural(episodes, "episode")
      } neither terminated nor truncated`,
    );
  }
  if (ends.terminated + ends.both === 0) {
    found.push("no episode is terminated");
  }
  if (reward.min === reward.max) {
    found.push(`every reward is ${reward.min}`);
  }
  const named = report.observationNames;
  const columns = (numbers: readonly number[]) =>
    named ? list(numbers.map((d) => named[d])) : `number ${list(numbers)}`;
  const constant = observations.flatMap(({ min, max }, d) =>
    min === max ? [d] : []
  );
  if (constant.length > 0) {
    found.push(`the same in every observation: ${columns(constant)}`);
  }
  const large = observations.flatMap(({ min, max }, d) =>
    encoder === "none" && !observationCategories &&
      Math.max(-min, max) > LARGE
      ? [d]
      : []
  );
  if (large.length > 0) {
    found.push(
      `large (beyond ±${LARGE}), so scale observations: ${columns(large)}`,
    );
  }
  if (report.longest === 1) {
    found.push("every episode has one transition");
  }
  if (encoder !== "oneHot" && report.mayBeNames) {
    found.push(
      "each observation is one whole number: if it is the index of a state, configure network.encoder oneHot",
    );
  }
  return found;
}

function spread(values: ArrayLike<number>): Spread {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < min) min = values[i];
    if (values[i] > max) max = values[i];
  }
  return { min, max, ...meanAndStd(values) };
}

/** [rows] sums of the rows of a matrix. */
function rowSums(values: Uint8Array, rows: number): Float64Array {
  const width = values.length / rows;
  const sums = new Float64Array(rows);
  values.forEach((value, i) => sums[Math.floor(i / width)] += value);
  return sums;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function list(items: readonly (number | string)[]): string {
  const shown = items.slice(0, 10).join(", ");
  return items.length > 10 ? `${shown} …` : shown;
}

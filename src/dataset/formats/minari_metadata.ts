/**
 * Minari's `metadata.json`.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import { actionCodes } from "../action_codes.ts";
import { repeatedKey } from "../../files/json.ts";
import { visible } from "../../visible.ts";
import type { Dataset } from "../dataset.ts";
import { MOST_ACTIONS } from "../validate.ts";
import {
  count,
  multiDiscrete,
  partsOf,
  shown,
  type SpacePart,
  startOf,
} from "./minari_spaces.ts";

/** What `metadata.json` says of the data. */
export interface MinariSpec {
  /** E */
  readonly episodes: number;
  /** N */
  readonly steps: number;
  /** D */
  readonly observationSize: number;
  /** The arrays that an observation is put together from. */
  readonly parts: readonly SpacePart[];
  /** [D] where the observation is a Dict or Tuple: what its numbers are called. */
  readonly observationNames?: readonly string[];
  /** [D] where all are of discrete spaces: how many names each has, counted from 0. */
  readonly observationCategories?: readonly number[];
  /** Number of actions. */
  readonly actionCount: number;
  /** Smallest action's number in the file. */
  readonly actionStart: number;
  /** Where an action is several numbers: the values of each, and the lowest. */
  readonly actionParts?: {
    readonly nvec: readonly number[];
    readonly start: readonly number[];
  };
}

/**
 * Reads `metadata.json`.
 *
 * @param text The file.
 * @param name Name of the file, for messages.
 * @throws {InputError} for damage, and by name for what is not flat and discrete.
 */
export function readMinariMetadata(text: string, name: string): MinariSpec {
  const metadata = parseObject(text, name);
  if (metadata.data_format !== "hdf5") {
    throw new InputError(
      `${name}: data_format ${
        shown(metadata.data_format)
      } is not supported, only "hdf5": open the data set in Minari and write it again with ` +
        'data_format="hdf5" (create_dataset_from_buffers)',
    );
  }
  return {
    episodes: count(metadata.total_episodes, "total_episodes", name),
    steps: count(metadata.total_steps, "total_steps", name),
    ...observations(metadata.observation_space, name),
    ...actions(metadata.action_space, name),
  };
}

/**
 * The codes of actions as a Discrete space has them: the source's own if they are integers
 * without gaps, else from 0.
 *
 * @returns The lowest code, and one for each of the A actions.
 */
export function minariActions(
  dataset: Dataset,
): { start: number; codes: readonly number[] } {
  const own = actionCodes(dataset);
  const isRun = own.every((code, action) => code === own[0] + action);
  const start = isRun ? own[0] : 0;
  return { start, codes: own.map((_, action) => start + action) };
}

/** The most numbers of an action: beyond it nobody counts its combinations. */
const LONGEST_ACTION = 64;

function observations(
  value: unknown,
  name: string,
): Pick<
  MinariSpec,
  "parts" | "observationSize" | "observationNames" | "observationCategories"
> {
  const parts = partsOf(parseSpace(value, "observation_space", name), name);
  const names = parts.flatMap((part) => part.names);
  const categories = parts.map((part) => part.categories);
  return {
    parts,
    observationSize: parts.reduce((sum, { size }) => sum + size, 0),
    // Two parts may come to the same name, as a_0 and the first of a.
    ...(names.length === 0 || new Set(names).size < names.length
      ? {}
      : { observationNames: names }),
    ...(categories.every((part) => part !== undefined)
      ? { observationCategories: categories.flat() }
      : {}),
  };
}

function actions(
  value: unknown,
  name: string,
): Pick<MinariSpec, "actionCount" | "actionStart" | "actionParts"> {
  const space = parseSpace(value, "action_space", name);
  if (space.type === "Discrete") {
    return {
      actionCount: count(space.n, "the number of actions", name),
      actionStart: startOf(space, "action", name),
    };
  }
  if (space.type !== "MultiDiscrete" && space.type !== "MultiBinary") {
    throw new InputError(
      `${name}: action space ${
        shown(space.type)
      } is not supported, only Discrete, MultiDiscrete and MultiBinary: ` +
        (space.type === "Box"
          ? "bin continuous actions first"
          : "each action must be whole numbers"),
    );
  }
  const parts = space.type === "MultiDiscrete"
    ? multiDiscrete(space, "action", name)
    : binary(count(space.n, "the action's size", name));
  const actionCount = parts.nvec.reduce((product, n) => product * n, 1);
  if (parts.nvec.length > LONGEST_ACTION || actionCount > MOST_ACTIONS) {
    throw new InputError(
      `${name}: actions of ${parts.nvec.length} numbers with ${actionCount} combinations, but at ` +
        `most ${MOST_ACTIONS} actions are supported`,
    );
  }
  return { actionCount, actionStart: 0, actionParts: parts };
}

function binary(size: number): NonNullable<MinariSpec["actionParts"]> {
  const filled = (value: number) =>
    new Array<number>(Math.min(size, LONGEST_ACTION + 1)).fill(value);
  return { nvec: filled(2), start: filled(0) };
}

function parseSpace(
  value: unknown,
  key: string,
  name: string,
): Record<string, unknown> {
  if (typeof value !== "string") {
    throw new InputError(
      `${name}: no ${key}, which Minari 0.5 writes: write the data set again with it`,
    );
  }
  return parseObject(value, `${name}: ${key}`);
}

/** Parses an object as Python writes it. */
function parseObject(text: string, name: string): Record<string, unknown> {
  const json = withoutInfinities(text);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new InputError(`${name}: not JSON`);
  }
  const twice = repeatedKey(json);
  if (twice) {
    throw new InputError(
      `${name}: ${visible(twice.join("."), 64)} is given twice`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError(`${name}: not a JSON object`);
  }
  return value as Record<string, unknown>;
}

/**
 * Python writes infinite and missing numbers as names that are not JSON; none of them is
 * used here. By hand: a regular expression overflows its stack on strings of megabytes.
 */
function withoutInfinities(text: string): string {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    let end = quote < 0 ? text.length : quote;
    parts.push(
      text.slice(at, end).replaceAll(/-?\bInfinity\b|\bNaN\b/g, "null"),
    );
    at = end++;
    while (end < text.length && text[end] !== '"') {
      end += text[end] === "\\" ? 2 : 1;
    }
    parts.push(text.slice(at, end + 1));
    at = end + 1;
  }
  return parts.join("");
}

/**
 * Minari's `metadata.json`.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import { actionCodes } from "../action_codes.ts";
import { areCategories } from "../categories.ts";
import { repeatedKey } from "../../files/json.ts";
import { visible } from "../../visible.ts";
import type { Dataset } from "../dataset.ts";

/** What `metadata.json` says of the data. */
export interface MinariSpec {
  /** E */
  readonly episodes: number;
  /** N */
  readonly steps: number;
  /** D */
  readonly observationSize: number;
  /** Where observations are of a Discrete space: how many names it has, counted from 0. */
  readonly observationCategories?: readonly number[];
  /** Number of actions. */
  readonly actionCount: number;
  /** Smallest action's number in the file. */
  readonly actionStart: number;
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

/** Whether observations are of a Discrete space: each is one name. */
export function isDiscrete({ observationCategories }: Dataset): boolean {
  return observationCategories?.length === 1;
}

function observations(
  value: unknown,
  name: string,
): Pick<MinariSpec, "observationSize" | "observationCategories"> {
  const space = parseSpace(value, "observation_space", name);
  if (space.type === "Discrete") {
    const names = count(space.n, "the number of observations", name);
    const start = startOf(space, "observation", name);
    const observationCategories = [start + names];
    // Names are counted from 0: where some are below, they stay numbers like any.
    return start >= 0 && areCategories(observationCategories, 1)
      ? { observationSize: 1, observationCategories }
      : { observationSize: 1 };
  }
  if (space.type !== "Box") {
    throw new InputError(
      `${name}: observation space ${
        shown(space.type)
      } is not supported, only a flat Box or Discrete`,
    );
  }
  const { shape } = space;
  if (!Array.isArray(shape) || shape.length !== 1) {
    throw new InputError(
      `${name}: observations of shape ${
        shown(shape)
      } are not supported, only flat ones`,
    );
  }
  return { observationSize: count(shape[0], "the observation's size", name) };
}

function actions(
  value: unknown,
  name: string,
): { actionCount: number; actionStart: number } {
  const space = parseSpace(value, "action_space", name);
  if (space.type !== "Discrete") {
    throw new InputError(
      `${name}: action space ${
        shown(space.type)
      } is not supported, only Discrete: ` +
        (space.type === "Box"
          ? "bin continuous actions first"
          : "each action must be one whole number"),
    );
  }
  return {
    actionCount: count(space.n, "the number of actions", name),
    actionStart: startOf(space, "action", name),
  };
}

/** The lowest code of a Discrete space. */
function startOf(
  space: Record<string, unknown>,
  what: string,
  name: string,
): number {
  const start = space.start ?? 0;
  if (Number.isSafeInteger(start)) return start as number;
  throw new InputError(`${name}: the ${what} space starts at ${shown(start)}`);
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

function count(value: unknown, what: string, name: string): number {
  if (
    !Number.isSafeInteger(value) || (value as number) < 1 ||
    (value as number) >= 2 ** 31
  ) {
    throw new InputError(
      `${name}: ${what} must be a positive integer, not ${shown(value)}`,
    );
  }
  return value as number;
}

/** A value of the file, safe for one line. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 60);
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

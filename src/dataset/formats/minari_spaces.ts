/**
 * Gymnasium's spaces, as Minari's metadata have them, flattened.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import { visible } from "../../visible.ts";
import { areCategories } from "../categories.ts";

/** A space as JSON. */
export type Space = Readonly<Record<string, unknown>>;

/** A part of an observation that has an array of its own. */
export interface SpacePart {
  /** Its HDF5 path below the observations: `/position`, `/_index_0/goal`; "" if it is the whole. */
  readonly path: string;
  /** Its numbers. */
  readonly size: number;
  /** What its numbers are called; of the whole, nothing. */
  readonly names: readonly string[];
  /** How many names each number has, counted from 0; absent where one is a quantity. */
  readonly categories?: readonly number[];
}

/** More numbers than these are claimed by mistake. */
const MOST_NUMBERS = 1_000_000;

/** Nobody nests spaces deeper; a damaged file might. */
const DEEPEST = 16;

/**
 * The parts of a space: Dict and Tuple are taken apart, in the order of their JSON.
 *
 * @param space An observation space.
 * @param name Name of the file, for messages.
 * @throws InputError by name for what is not made of numbers in rows.
 */
export function partsOf(space: Space, name: string): SpacePart[] {
  const visit = (
    { type, subspaces, ...rest }: Space,
    path: string,
    names: readonly string[],
  ): SpacePart[] => {
    const of = names.length > 0 ? ` of ${shown(names.join("."))}` : "";
    if ((type === "Dict" || type === "Tuple") && names.length < DEEPEST) {
      const isTuple = type === "Tuple";
      if (
        typeof subspaces !== "object" || subspaces === null ||
        Array.isArray(subspaces) !== isTuple
      ) {
        throw new InputError(`${name}: ${type}${of} without its subspaces`);
      }
      return Object.entries(subspaces).flatMap(([key, part]) =>
        visit(
          isObject(part) ? part : {},
          `${path}/${isTuple ? `_index_${key}` : key}`,
          [...names, isTuple ? `item_${key}` : key],
        )
      );
    }
    const wrong = (what: string): never => {
      throw new InputError(`${name}: ${what}`);
    };
    const part = sizeOf(String(type), rest, of, name);
    if (part === undefined) {
      return wrong(
        `observation space ${
          shown(type)
        }${of} is not supported, only Box, Discrete, MultiDiscrete and MultiBinary, and Dict and ` +
          "Tuple of them",
      );
    }
    if (part.size > MOST_NUMBERS) {
      wrong(`observations of ${part.size} numbers${of} are not supported`);
    }
    const stem = names.join(".");
    return [{
      path,
      ...part,
      names: names.length === 0
        ? []
        : part.size === 1
        ? [stem]
        : Array.from({ length: part.size }, (_, d) => `${stem}_${d}`),
    }];
  };
  const parts = visit(space, "", []);
  if (parts.length === 0) {
    throw new InputError(`${name}: the observation space is empty`);
  }
  return parts;
}

function sizeOf(
  type: string,
  space: Space,
  of: string,
  name: string,
): Pick<SpacePart, "size" | "categories"> | undefined {
  switch (type) {
    case "Box": {
      const { shape } = space;
      if (!Array.isArray(shape) || shape.length > 1) {
        throw new InputError(
          `${name}: observations of shape ${
            shown(shape)
          }${of} are not supported, only flat ones`,
        );
      }
      return {
        size: shape.length === 0
          ? 1
          : count(shape[0], "the observation's size", name),
      };
    }
    case "Discrete":
      return categorical(
        [startOf(space, "observation", name)],
        [count(space.n, "the number of observations", name)],
      );
    case "MultiDiscrete": {
      const { nvec, start } = multiDiscrete(space, "observation", name);
      return categorical(start, nvec);
    }
    case "MultiBinary": {
      const size = count(space.n, "the observation's size", name);
      return size > MOST_NUMBERS
        ? { size }
        : { size, categories: new Array(size).fill(2) };
    }
  }
}

/** Names are counted from 0: where some are below, they stay numbers like any. */
function categorical(
  start: readonly number[],
  count: readonly number[],
): Pick<SpacePart, "size" | "categories"> {
  const size = count.length;
  const categories = count.map((n, d) => start[d] + n);
  return start.every((first) => first >= 0) && areCategories(categories, size)
    ? { size, categories }
    : { size };
}

/**
 * The values of each number of a MultiDiscrete space.
 *
 * @throws InputError if they are not a flat list of counts, or more than one.
 */
export function multiDiscrete(
  { nvec, start }: Space,
  what: string,
  name: string,
): { nvec: readonly number[]; start: readonly number[] } {
  if (!Array.isArray(nvec) || nvec.length === 0) {
    throw new InputError(
      `${name}: nvec of the ${what} space must be a list of counts, not ${
        shown(nvec)
      }`,
    );
  }
  const first = start ?? new Array(nvec.length).fill(0);
  if (
    !Array.isArray(first) || first.length !== nvec.length ||
    !first.every((code) => Number.isSafeInteger(code))
  ) {
    throw new InputError(
      `${name}: the ${what} space starts at ${shown(start)}`,
    );
  }
  return {
    nvec: nvec.map((n) => count(n, `nvec of the ${what} space`, name)),
    start: first,
  };
}

/** The lowest code of a Discrete space. */
export function startOf(space: Space, what: string, name: string): number {
  const start = space.start ?? 0;
  if (Number.isSafeInteger(start)) return start as number;
  throw new InputError(`${name}: the ${what} space starts at ${shown(start)}`);
}

/** A value as a positive integer. */
export function count(value: unknown, what: string, name: string): number {
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
export function shown(value: unknown): string {
  return visible(JSON.stringify(value) ?? "undefined", 60);
}

function isObject(value: unknown): value is Space {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

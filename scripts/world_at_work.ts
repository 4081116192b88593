/**
 * What scripts that take a world share: its flags.
 *
 * @module
 */
import {
  chooseWorld,
  type ChosenWorld,
  InputError,
  type WorldReadOptions,
} from "../mod.ts";
import { type Output, visible } from "../tools.ts";
import { type Arguments, type Flag, integerFlag } from "./cli.ts";

/** Flags for what a world's file may not say. */
export const worldFlags: Readonly<Record<string, Flag>> = {
  outcomes: {
    value: "NAME=STATE,…",
    help: "names of a file's ends: death=713,survival=714, or goal=endReward1",
  },
  unsafe: {
    value: "NAME,…",
    help: "those of its outcomes that a safe policy avoids",
  },
  allowed: {
    value: "all|mask|FILE",
    help:
      "its allowed actions: all, by its action_mask, or a list a state in a file",
  },
  observations: {
    value: "ARRAY",
    help:
      "what of an npz file is observed (default: observations, or the state)",
  },
  start: {
    value: "default|uniform|STATE",
    help: "where episodes start (default: as the file says)",
  },
  horizon: {
    value: "T|none",
    help:
      "steps after which episodes are truncated (default: as the file says)",
  },
  discount: { value: "G", help: "the discount (default: as the file says)" },
};

/** What start, horizon and discount of the flags are; undefined where the world's own are meant. */
export interface WorldChanges {
  /** A state, or all that can be acted in. */
  readonly start?: number | "uniform";
  /** null: none. */
  readonly horizon?: number | null;
  /** In [0, 1]. */
  readonly discount?: number;
}

/** @throws InputError if one of them is wrong. */
export function worldChanges(args: Arguments): WorldChanges {
  const { start, horizon } = args.values;
  return {
    start: start === undefined || start === "default"
      ? undefined
      : start === "uniform"
      ? start
      : integerFlag(args, "start", 0, 2 ** 31 - 1),
    horizon: horizon === "none"
      ? null
      : integerFlag(args, "horizon", 1, 100_000_000),
    discount: numberFlag(args, "discount", 0, 1),
  };
}

/** The other flags, for reading a file. */
export function fileOptions(
  { values }: Arguments,
  screen: Output,
): WorldReadOptions {
  const { outcomes, unsafe, allowed, observations } = values;
  return {
    outcomes,
    unsafe: unsafe?.split(","),
    allowed,
    observations,
    // They begin with the file's name.
    onNote: (note) => screen.write(`${visible(`note: ${note}`, 500)}\n`),
  };
}

/**
 * The world of `--environment`; none where the flag is not given.
 *
 * @throws InputError if it is none, or a flag for it is given without it.
 */
export async function chosenWorld(
  args: Arguments,
  screen: Output,
): Promise<Partial<ChosenWorld>> {
  const { environment } = args.values;
  if (environment !== undefined) {
    return await chooseWorld(environment, {
      ...fileOptions(args, screen),
      ...worldChanges(args),
    });
  }
  const given = Object.keys(worldFlags).find((flag) => args.values[flag]);
  if (given === undefined) return {};
  throw new InputError(`--${given}: is of a world; give --environment FILE`);
}

/**
 * The value of a flag as a number, or undefined if it was not given.
 *
 * @throws InputError if it is none or out of range.
 */
export function numberFlag(
  { values }: Arguments,
  name: string,
  min: number,
  max: number,
): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)
    ? Number(text)
    : NaN;
  if (value >= min && value <= max) return value;
  throw new InputError(
    `--${name}: must be a number from ${min} to ${max}, not ${
      JSON.stringify(text)
    }`,
  );
}

/**
 * What the named outcomes of a world from a file are called.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { NamedOutcome } from "../mdp/mdp.ts";
import { suggest } from "../nearest.ts";

/** An end whose name is not known yet, in place of the number of an outcome. */
export const UNNAMED_END = 255;

/** More kinds of ends by reward are one kind. */
const MOST_ENDS_BY_REWARD = 8;

/** What is unsafe where a file has names of outcomes and does not say which are. */
const UNSAFE_NAMES = ["cliff", "dead", "death", "fall", "hazard", "hole"];

/** Outcomes whose file does not say more than their names: all end, some names are unsafe. */
export function endsNamed(names: readonly string[]): NamedOutcome[] {
  return names.map((name) => ({
    name,
    ends: true,
    unsafe: UNSAFE_NAMES.includes(name.toLowerCase()),
  }));
}

/** The outcomes in the metadata of the suite's own format. */
export function parseOutcomes(text: string, name: string): NamedOutcome[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const sound = Array.isArray(value) &&
    value.every((outcome) =>
      typeof outcome === "object" && outcome !== null &&
      Object.keys(outcome).sort().join() === "ends,name,unsafe" &&
      typeof outcome.name === "string" && typeof outcome.ends === "boolean" &&
      typeof outcome.unsafe === "boolean"
    );
  if (sound) return value as NamedOutcome[];
  throw new InputError(`${name}: its list of outcomes cannot be read`);
}

/** `--outcomes`: a name for the ends in some states, or another name for an outcome of the file. */
export interface OutcomeName {
  /** The name. */
  readonly name: string;
  /** Entering one of these ends the episode with that name. */
  readonly states: readonly number[];
  /** The outcome of the file that it renames, in place of states. */
  readonly renames: string | null;
}

/**
 * Reads `death=713,survival=714`, `hole=5+7+11+12,goal=15` or `goal=endReward1`.
 *
 * @throws InputError on anything else.
 */
export function parseOutcomeNames(text: string): OutcomeName[] {
  if (text === "") return [];
  return text.split(",").map((part) => {
    const [name, value, more] = part.split("=").map((word) => word.trim());
    if (!name || !value || more !== undefined) {
      throw new InputError(
        `outcomes: ${
          JSON.stringify(part)
        } is not NAME=STATE+STATE… or NAME=OUTCOME of the file`,
      );
    }
    return /^[\d+ ]+$/.test(value)
      ? { name, states: value.split("+").map(Number), renames: null }
      : { name, states: [], renames: value };
  });
}

/**
 * Names ends that have no name by what they pay: `end` where all pay the same or more than eight
 * different rewards occur, else `endReward-1`, `endReward20`, …, from the lowest.
 *
 * @param rewards The reward of each unnamed end.
 * @returns The outcomes, and by reward which of them it is.
 */
export function endsByReward(
  rewards: Iterable<number>,
): { outcomes: NamedOutcome[]; indexOf: (reward: number) => number } {
  const distinct = [...new Set(rewards)].sort((a, b) => a - b);
  const apart = distinct.length > 1 && distinct.length <= MOST_ENDS_BY_REWARD;
  const names = apart
    ? distinct.map((reward) => `endReward${reward}`)
    : distinct.length === 0
    ? []
    : ["end"];
  return {
    outcomes: names.map((name) => ({ name, ends: true, unsafe: false })),
    indexOf: (reward) => apart ? distinct.indexOf(reward) : 0,
  };
}

/**
 * Says which outcomes are unsafe.
 *
 * @param names The unsafe ones; all others are not.
 * @throws InputError if there is none of a name.
 */
export function markUnsafe(
  outcomes: readonly NamedOutcome[],
  names: readonly string[],
): NamedOutcome[] {
  const known = outcomes.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new InputError(
      known.length === 0
        ? `unsafe: the world has no outcome ${
          JSON.stringify(name)
        }; it has none`
        : `unsafe: the world has no outcome ${JSON.stringify(name)}; ${
          suggest(name, known)
        }`,
    );
  }
  return outcomes.map((outcome) => ({
    ...outcome,
    unsafe: names.includes(outcome.name),
  }));
}

/**
 * The arrays that every kind of world in a `.npz` file may have.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { NumberArray } from "../files/npy.ts";
import type { NpzFile } from "../files/npz.ts";
import type { MdpObservations, NamedOutcome } from "../mdp/mdp.ts";
import { stateIndices } from "../mdp/build.ts";
import { absorbingStates } from "./world_absorbing.ts";
import { endsNamed, UNNAMED_END } from "./world_outcomes.ts";
import type { WorldReadOptions } from "./world_options.ts";
import type { Transitions, WorldParts } from "./world_parts.ts";

/** A policy by its name: `pi`, `pi_b_0.1`, `expert_policy`, `policy_soft`. */
const POLICY = /^pi(_|$)|_policy$|^policy_/;

/** Names of the start distribution. */
const STARTS = ["start", "d_0", "initial", "isd"];

/** What is left to say once the outcomes are known. */
export type CommonParts = Omit<
  WorldParts,
  | "stateCount"
  | "actionCount"
  | "transitions"
  | "outcomes"
  | "endStates"
>;

/**
 * Start, horizon, discount, mask, observations and policies.
 *
 * @throws InputError if an array has another shape than it must have.
 */
export function commonParts(
  npz: NpzFile,
  options: WorldReadOptions,
  stateCount: number,
  actionCount: number,
  starts: readonly string[] = STARTS,
): CommonParts {
  const pairs = [stateCount, actionCount];
  const mask = (names: readonly string[]) => {
    const found = optional(npz, names, pairs);
    return found && toMask(found.data, `${npz.name}: array ${names[0]}`);
  };
  return {
    title: text(npz, "title") ?? "a world from a file",
    start: optional(npz, starts, [stateCount])?.data ?? null,
    horizon: scalar(npz, ["horizon"]),
    discount: scalar(npz, ["gamma", "discount"]) ?? 1,
    allowed: mask(["mask", "allowed"]),
    advice: mask(["action_mask"]),
    observations: observations(npz, options, stateCount),
    policies: policies(npz, options, pairs),
    ...readForbidden(npz),
  };
}

/** By name; an array of another shape is none of this world and is left out with a note. */
function policies(
  npz: NpzFile,
  { onNote }: WorldReadOptions,
  pairs: readonly number[],
): Record<string, Float64Array> {
  const found = new Map<string, Float64Array>();
  for (const array of npz.names.filter((name) => POLICY.test(name))) {
    const { shape, data } = npz.numbers(array);
    if (shape.join() !== pairs.join()) {
      onNote?.(
        `${npz.name}: array ${array} is [${shape.join(", ")}]; a policy is [${
          pairs.join(", ")
        }]; it is left out`,
      );
      continue;
    }
    const name = array.replace(/^policy_|_policy$/, "");
    if (found.has(name)) {
      throw new InputError(
        `${npz.name}: two arrays are the policy ${name}, the second is ${array}; rename one`,
      );
    }
    found.set(name, data);
  }
  return Object.fromEntries(found);
}

function readForbidden(npz: NpzFile): { forbidden?: "uniform" } {
  const forbidden = text(npz, "forbidden");
  if (forbidden === null) return {};
  if (forbidden === "uniform") return { forbidden };
  throw new InputError(`${npz.name}: forbidden is ${forbidden}, not uniform`);
}

/** The first array of these names, or null; -1 in the shape stands for any size. */
export function optional(
  npz: NpzFile,
  names: readonly string[],
  shape: readonly number[],
): NumberArray | null {
  const name = names.find((known) => npz.has(known));
  return name === undefined ? null : required(npz, name, shape);
}

/** An array that must be there with that shape; -1 stands for any size. */
export function required(
  npz: NpzFile,
  name: string,
  shape: readonly number[],
): NumberArray {
  const array = npz.numbers(name);
  if (
    array.shape.length === shape.length &&
    shape.every((size, axis) => size === -1 || size === array.shape[axis])
  ) return array;
  const wanted = shape.map((size) => size === -1 ? "any" : size).join(", ");
  throw new InputError(
    `${npz.name}: array ${name} is [${
      array.shape.join(", ")
    }], but [${wanted}] is needed`,
  );
}

/** A single number, or null. */
export function scalar(
  npz: NpzFile,
  names: readonly string[],
): number | null {
  const name = names.find((known) => npz.has(known));
  if (name === undefined) return null;
  const { data } = npz.numbers(name);
  if (data.length === 1) return data[0];
  throw new InputError(`${npz.name}: array ${name} is not one number`);
}

/**
 * `labels`, with `ends` and `unsafe` where they are there; null without `labels`.
 *
 * @throws InputError if they do not fit each other.
 */
export function labels(npz: NpzFile): NamedOutcome[] | null {
  if (!npz.has("labels")) return null;
  const names = npz.texts("labels").data;
  const flags = (name: string) => {
    const found = optional(npz, [name], [names.length]);
    return found && toMask(found.data, `${npz.name}: array ${name}`);
  };
  const [ends, unsafe] = [flags("ends"), flags("unsafe")];
  return endsNamed(names).map((outcome, n) => ({
    name: outcome.name,
    ends: ends ? ends[n] === 1 : true,
    unsafe: unsafe ? unsafe[n] === 1 : outcome.unsafe,
  }));
}

/**
 * The column `end` as numbers of outcomes: 0 goes on, k is the k-th label. Without labels, 1 is an end
 * that has no name.
 */
export function endCodes(
  npz: NpzFile,
  count: number,
  outcomes: readonly NamedOutcome[] | null,
): number[] | null {
  const codes = optional(npz, ["end"], [count])?.data;
  if (codes === undefined) return null;
  const most = outcomes?.length ?? 1;
  const wrong = codes.findIndex((code) =>
    !(Number.isInteger(code) && code >= 0 && code <= most)
  );
  if (wrong >= 0) {
    throw new InputError(
      `${npz.name}: array end: element ${wrong} is ${codes[wrong]}; ${
        outcomes === null
          ? "without labels it is 0 or 1"
          : `there are ${most} labels`
      }`,
    );
  }
  return Array.from(
    codes,
    (code) => outcomes === null && code === 1 ? UNNAMED_END : code,
  );
}

/**
 * The states that end an episode: by `end` [S], by `final_state`, else those that absorb.
 *
 * @param transitions The outcomes.
 * @throws InputError if labels do not fit them.
 */
export function endStatesOf(
  npz: NpzFile,
  transitions: Transitions,
  stateCount: number,
): Pick<WorldParts, "outcomes" | "endStates"> {
  const named = labels(npz);
  const codes = endCodes(npz, stateCount, named);
  if (codes) {
    return { outcomes: named ?? [], endStates: Uint8Array.from(codes) };
  }
  const name = ["final_state", "final_states"].find((known) => npz.has(known));
  const states = name === undefined
    ? absorbingStates(transitions, stateCount)
    : [...npz.numbers(name).data];
  const outcomes = named ??
    // The one state in which all ends is what it is all for.
    (name !== undefined && states.length === 1 ? endsNamed(["goal"]) : []);
  const isFitting = outcomes.length <= 1 || outcomes.length === states.length;
  if (!isFitting || (outcomes.length > 1 && name === undefined)) {
    throw new InputError(
      `${npz.name}: has ${outcomes.length} labels; say which state ends with which: end [S], 0 or the number of the label`,
    );
  }
  const endStates = new Uint8Array(stateCount);
  states.forEach((state, k) => {
    if (!(state in endStates)) {
      throw new InputError(
        `${npz.name}: ${name} ${state}: states are 0 to ${stateCount - 1}`,
      );
    }
    endStates[state] = outcomes.length === 0
      ? UNNAMED_END
      : Math.min(k + 1, outcomes.length);
  });
  return { outcomes, endStates };
}

/** [S, D] what policies see; null: the state's index. */
function observations(
  npz: NpzFile,
  options: WorldReadOptions,
  stateCount: number,
): MdpObservations | null {
  const name = options.observations ?? "observations";
  if (name === "state") return stateIndices(stateCount);
  if (!npz.has(name)) {
    if (options.observations === undefined) return null;
    throw new InputError(
      `${npz.name}: observations: there is no array ${name}; there are ${
        npz.names.slice(0, 12).join(", ")
      }`,
    );
  }
  const { shape, data, integers } = npz.numbers(name);
  // States that differ in what is hidden are numbered one after the other.
  const copies = stateCount / shape[0];
  if (shape.length > 2 || shape.length < 1 || !Number.isInteger(copies)) {
    throw new InputError(
      `${npz.name}: observations: array ${name} is [${
        shape.join(", ")
      }], but [${stateCount}, any] is needed`,
    );
  }
  const observationSize = shape[1] ?? 1;
  const values = Float32Array.from(
    { length: stateCount * observationSize },
    (_, i) => data[i % data.length],
  );
  const given = optional(npz, ["observation_categories"], [observationSize]);
  const areNames = shape.length === 1 && integers;
  const categories = name === "observations" && given
    ? [...given.data]
    : areNames
    ? [values.reduce((most, value) => Math.max(most, value), 0) + 1]
    : undefined;
  return {
    observations: values,
    observationSize,
    ...(categories && { observationCategories: categories }),
  };
}

/** Ones and zeros. */
function toMask(data: Float64Array, name: string): Uint8Array {
  const wrong = data.find((value) => value !== 0 && value !== 1);
  if (wrong === undefined) return Uint8Array.from(data);
  throw new InputError(`${name}: has ${wrong} where 0 or 1 is needed`);
}

function text(npz: NpzFile, name: string): string | null {
  return npz.has(name) ? npz.texts(name).data[0] ?? null : null;
}

/**
 * A policy that is a table: what is done in each observation, and its file.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { canonicalJson } from "../../files/canonical_json.ts";
import type { FiniteMdp } from "../../mdp/mdp.ts";
import { suggest } from "../../nearest.ts";
import { visible } from "../../visible.ts";
import { lowestAllowed } from "./supported.ts";

/** A policy in a table. */
export interface TablePolicy {
  /**
   * What is done in an observation that the table lacks: the lowest action that is allowed there. Without
   * it, the policy says nothing of others.
   */
  readonly otherwise?: "lowestAllowed";
  /** [A] what the data's source calls each action; absent where they are called 0 … A - 1. */
  readonly actionNames?: readonly string[];
  /** [D] what it calls each number of an observation; absent where it has no names of its own. */
  readonly observationNames?: readonly string[];
  /** [S][D] */
  readonly observations: readonly (readonly number[])[];
  /** [S][A] 1 where an action is allowed, where that is part of what is observed. */
  readonly allowed?: readonly (readonly number[])[];
  /** [S][A]; all 0 where nothing is decided, as in the state of an end. */
  readonly probabilities: readonly (readonly number[])[];
}

/**
 * Whether a policy is a table and not a network.
 *
 * @example What a run left
 * ```ts
 * import { isTable } from "@holdfast/offline-rl";
 * import { ok } from "node:assert/strict";
 *
 * ok(isTable({ observations: [[0]], probabilities: [[1, 0]] }));
 * ```
 */
export function isTable<Other extends object>(
  policy: Other | TablePolicy,
): policy is TablePolicy {
  return "probabilities" in policy;
}

/** Where a table is asked: rows of observations. */
export type TableObservations = Pick<
  FiniteMdp,
  "observations" | "observationSize" | "actionCount" | "allowed"
>;

/** Rows sum to 1 within this. */
const TOLERANCE = 1e-6;

/**
 * The table of a policy over the states of a model. Of states that look alike, the one in which something was
 * seen to happen counts.
 *
 * @param model What was counted.
 * @param policy [S, A] its probabilities.
 * @param names Of actions and numbers.
 */
export function tableOf(
  model: FiniteMdp,
  policy: Float64Array,
  names: Pick<TablePolicy, "actionNames" | "observationNames">,
): TablePolicy {
  const { stateCount, actionCount, observationSize, outcomeOffsets } = model;
  const { observations, allowed } = model;
  const rowOf = (values: ArrayLike<number>, size: number, s: number) =>
    Array.from({ length: size }, (_, i) => values[s * size + i]);
  const chosen = new Map<string, number>();
  const wasSeen = (s: number) =>
    outcomeOffsets[s * actionCount] < outcomeOffsets[(s + 1) * actionCount];
  for (let s = 0; s < stateCount; s++) {
    const key = keyOf(
      rowOf(observations, observationSize, s),
      allowed && rowOf(allowed, actionCount, s),
    );
    const other = chosen.get(key);
    if (other === undefined || (!wasSeen(other) && wasSeen(s))) {
      chosen.set(key, s);
    }
  }
  const states = [...chosen.values()];
  const rows = (values: ArrayLike<number>, size: number) =>
    states.map((s) => rowOf(values, size, s));
  return {
    otherwise: "lowestAllowed",
    ...names,
    observations: rows(observations, observationSize),
    ...(allowed && { allowed: rows(allowed, actionCount) }),
    // Where nothing is allowed nobody acts, and nothing is decided.
    probabilities: states.map((s) => {
      const row = rowOf(policy, actionCount, s);
      const may = allowed && rowOf(allowed, actionCount, s);
      return may && !may.includes(1) ? row.fill(0) : row;
    }),
  };
}

/**
 * The text of a table's file, `policy.json` of a run.
 *
 * @example One that was learnt
 * ```ts
 * import { collectDataset, makeEnvironment, tableText, train } from "@holdfast/offline-rl";
 * import { ok } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const table = await train(collectDataset(mdp, behaviour, 5, 7), "maximumLikelihood");
 * ok(tableText(table).startsWith('{\n  "otherwise": "lowestAllowed",\n'));
 * ```
 */
export function tableText(table: TablePolicy): string {
  return canonicalJson(table);
}

const KEYS: readonly string[] = [
  "otherwise",
  "actionNames",
  "observationNames",
  "observations",
  "allowed",
  "probabilities",
] satisfies (keyof TablePolicy)[];

/**
 * Reads a table policy from what a JSON file holds.
 *
 * @throws InputError if it is none, with the place.
 */
export function tablePolicy(content: unknown, name: string): TablePolicy {
  const given = Object(content) as Record<keyof TablePolicy, unknown>;
  for (const key of Array.isArray(content) ? [] : Object.keys(given)) {
    if (KEYS.includes(key)) continue;
    throw new InputError(
      `${name}: ${visible(key)}: unknown key; ${suggest(key, KEYS)}`,
    );
  }
  const { otherwise } = given;
  if (otherwise !== undefined && otherwise !== "lowestAllowed") {
    throw new InputError(
      `${name}: otherwise: must be "lowestAllowed" or left out`,
    );
  }
  const observations = rowsOf("observations", given.observations, name);
  const probabilities = rowsOf("probabilities", given.probabilities, name);
  const requireRows = (what: string, found: number) => {
    if (found === observations.length) return;
    throw new InputError(
      `${name}: ${found} rows of ${what} for ${observations.length} observations`,
    );
  };
  requireRows("probabilities", probabilities.length);
  probabilities.forEach((row, s) => {
    const sum = row.reduce((sum, p) => sum + p, 0);
    const isNone = row.every((p) => p === 0);
    const below = row.find((p) => p < 0);
    if (below !== undefined || !(isNone || Math.abs(sum - 1) <= TOLERANCE)) {
      const why = below === undefined
        ? `they sum to ${sum}`
        : `one is ${below}`;
      throw new InputError(
        `${name}: probabilities[${s}] are no distribution: ${why}`,
      );
    }
  });
  const actions = probabilities[0].length;
  const allowed = given.allowed === undefined
    ? undefined
    : rowsOf("allowed", given.allowed, name);
  if (allowed) requireRows("allowed", allowed.length);
  allowed?.forEach((row, s) => {
    if (row.length !== actions || row.some((may) => may !== 0 && may !== 1)) {
      throw new InputError(
        `${name}: allowed[${s}] is no row of ${actions} flags, 0 or 1`,
      );
    }
    const wrong = row.findIndex((may, a) =>
      may === 0 && probabilities[s][a] > 0
    );
    if (wrong >= 0) {
      throw new InputError(
        `${name}: probabilities[${s}] take the action ${wrong}, which is not allowed there`,
      );
    }
  });
  const size = observations[0].length;
  return {
    ...(otherwise && { otherwise }),
    ...namesOf("actionNames", given.actionNames, actions, name),
    ...namesOf("observationNames", given.observationNames, size, name),
    observations,
    ...(allowed && { allowed }),
    probabilities,
  };
}

/** Rows of numbers, of one length. */
function rowsOf(key: string, value: unknown, name: string): number[][] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new InputError(
      `${name}: a table policy has "observations" and "probabilities", each a list of rows of numbers; ` +
        `its "${key}" is none`,
    );
  }
  value.forEach((row, s) => {
    const isRow = Array.isArray(row) &&
      row.every((x) =>
        typeof x === "number" && Number.isFinite(Math.fround(x))
      );
    if (!isRow || row.length === 0) {
      throw new InputError(`${name}: ${key}[${s}] is no row of numbers`);
    }
    if (row.length !== value[0].length) {
      throw new InputError(
        `${name}: ${key}[${s}] has ${row.length} numbers, ${key}[0] ${
          value[0].length
        }`,
      );
    }
  });
  return value;
}

/** As many texts, under their key; nothing where there are none. */
function namesOf(
  key: "actionNames" | "observationNames",
  value: unknown,
  count: number,
  name: string,
): Partial<TablePolicy> {
  if (value === undefined) return {};
  const isList = Array.isArray(value) && value.length === count &&
    value.every((text) => typeof text === "string");
  if (isList) return { [key]: value };
  throw new InputError(`${name}: ${key}: must be a list of ${count} texts`);
}

/** As 32-bit floats, which the data's are; adding 0 makes -0 the same as 0. */
function keyOf(
  observation: ArrayLike<number>,
  allowed?: ArrayLike<number>,
): string {
  const numbers = Array.from(observation, (x) => Math.fround(x) + 0).join();
  return allowed ? `${numbers}|${Array.from(allowed).join("")}` : numbers;
}

/**
 * Looks the rows of a table up.
 *
 * @param name What to call it in an error.
 * @returns Gives the row of an observation and, in a table with masks, of what is allowed there; null where
 *   the table lacks it or decides nothing.
 * @throws InputError if an observation is there twice.
 *
 * @example Two observations
 * ```ts
 * import { openTable } from "@holdfast/offline-rl";
 * import { deepEqual, equal } from "node:assert/strict";
 *
 * const find = openTable({ observations: [[0], [1]], probabilities: [[1, 0], [0.5, 0.5]] }, "mine");
 * deepEqual(find([1]), [0.5, 0.5]);
 * equal(find([2]), null);
 * ```
 */
export function openTable(
  { observations, allowed, probabilities }: TablePolicy,
  name: string,
): (
  observation: ArrayLike<number>,
  may?: ArrayLike<number>,
) => readonly number[] | null {
  const rows = new Map<string, number>();
  observations.forEach((observation, s) => {
    const key = keyOf(observation, allowed?.[s]);
    const other = rows.get(key);
    if (other !== undefined) {
      throw new InputError(
        `${name}: observations[${s}] is the same as observations[${other}]`,
      );
    }
    rows.set(key, s);
  });
  return (observation, may) => {
    if (allowed && !may) {
      throw new InputError(
        `${name}: the policy was learnt with action masks: the data must say which actions are allowed`,
      );
    }
    const row = rows.get(keyOf(observation, allowed && may));
    if (row === undefined) return null;
    return probabilities[row].some((p) => p > 0) ? probabilities[row] : null;
  };
}

/** What a table says of rows of observations. */
export interface TableRows {
  /** [rows, A] */
  readonly probabilities: Float64Array;
  /** [rows] 1 where the table lacks the observation, and the lowest allowed action is taken. */
  readonly lacks: Uint8Array;
}

/**
 * A table's probabilities in rows of observations.
 *
 * @throws InputError if sizes differ, or the table lacks an observation and does not say what to do then.
 */
export function probabilitiesIn(
  table: TablePolicy,
  observed: TableObservations,
  name: string,
): TableRows {
  const { observations, observationSize: size, actionCount, allowed } =
    observed;
  const [own] = table.observations;
  if (own.length !== size) {
    throw new InputError(
      `${name}: its observations have ${own.length} numbers, those of the data ${size}`,
    );
  }
  const [{ length: actions }] = table.probabilities;
  if (actions !== actionCount) {
    throw new InputError(
      `${name}: it has probabilities of ${actions} actions, the data have ${actionCount}`,
    );
  }
  const find = openTable(table, name);
  const rows = observations.length / size;
  const probabilities = new Float64Array(rows * actionCount);
  const lacks = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) {
    const observation = observations.subarray(r * size, (r + 1) * size);
    const row = find(
      observation,
      allowed?.subarray(r * actionCount, (r + 1) * actionCount),
    );
    if (row) probabilities.set(row, r * actionCount);
    else if (table.otherwise === undefined) {
      throw new InputError(
        `${name}: it has no probabilities for the observation (${
          visible(keyOf(observation), 80)
        }) of the data`,
      );
    } else {
      lacks[r] = 1;
      const lowest = lowestAllowed({ allowed, actionCount }, r);
      probabilities[r * actionCount + lowest] = 1;
    }
  }
  return { probabilities, lacks };
}

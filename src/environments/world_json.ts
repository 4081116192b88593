/**
 * Worlds in JSON: the dictionary `P` of Gymnasium's toy text environments, or lists of outcomes.
 * docs/worlds.md lists the keys.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { parseJson } from "../files/json.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import type { MdpObservations, NamedOutcome } from "../mdp/mdp.ts";
import { requireWorldSize } from "../mdp/validate.ts";
import type { WorldFile } from "./world_file.ts";
import { endsNamed, UNNAMED_END } from "./world_outcomes.ts";
import {
  noTransitions,
  type Transitions,
  transitionsOf,
  type WorldParts,
} from "./world_parts.ts";

type Keys = Readonly<Record<string, unknown>>;

/** Reads one file. */
interface Reader {
  readonly name: string;
  fail(what: string): never;
}

/**
 * What a JSON file says of a world.
 *
 * @param text The whole file.
 * @param name Name of the file, for messages.
 * @throws InputError if that is no world, in one line.
 */
export function partsFromJson(text: string, name: string): WorldParts {
  const reader: Reader = {
    name,
    fail(what) {
      throw new InputError(`${name}: ${what}`);
    },
  };
  const file = parse(text, reader);
  const world = [file, file.mdp, file.world].find((value): value is Keys =>
    isKeys(value) && ("P" in value || "outcomes" in value)
  );
  if (world === undefined && !("0" in file)) {
    return reader.fail(
      "no world in JSON: it has neither P nor outcomes; docs/worlds.md has the keys",
    );
  }
  // `json.dumps(env.unwrapped.P)`: the states themselves.
  const keys = world ?? { P: file };
  const read = "P" in keys
    ? gymnasiumTable(keys, reader)
    : outcomeList(keys, reader);
  const { stateCount, actionCount } = read;
  requireWorldSize(stateCount, actionCount, name);
  const pairs = [stateCount, actionCount] as const;
  const horizon = first(keys, [
    "horizon",
    "registered_max_episode_steps",
    "max_episode_steps",
  ]) ?? null;
  const start = first(keys, [
    "start",
    "initial_state_distrib",
    "isd",
    "d_0",
    "initial",
  ]);
  const title = first(keys, ["title", "environment"]);
  const mask = (value: unknown, what: string) =>
    value == null ? null : Uint8Array.from(
      table(withFlags(value), pairs, what, reader),
      (is, pair) =>
        is === 0 || is === 1
          ? is
          : reader.fail(`${what}: has ${is} at ${pair}, not 0 or 1`),
    );
  const { forbidden } = keys;
  if (forbidden != null && forbidden !== "uniform") {
    reader.fail("forbidden is not uniform");
  }
  return {
    ...read,
    title: typeof title === "string" ? title : "a world from a file",
    start: start == null ? null : numbers(start, stateCount, "start", reader),
    horizon: horizon === null ? null : number(horizon, "horizon", reader),
    discount: number(first(keys, ["gamma", "discount"]) ?? 1, "gamma", reader),
    allowed: mask(first(keys, ["allowed", "mask"]), "allowed"),
    advice: mask(keys.action_mask, "action_mask"),
    observations: observations(keys, stateCount, reader),
    policies: policies(file, pairs, reader),
    ...(forbidden === "uniform" && { forbidden }),
  };
}

function parse(text: string, reader: Reader): Keys {
  const value = parseJson(text, reader.name);
  if (Array.isArray(value)) return { P: value };
  return isKeys(value) ? value : reader.fail("no world in JSON");
}

/** `P[state][action]` = list of `[probability, next state, reward, done]`, as lists or string keys. */
function gymnasiumTable(
  keys: Keys,
  reader: Reader,
): Pick<
  WorldParts,
  "stateCount" | "actionCount" | "transitions" | "outcomes" | "endStates"
> {
  const states = listed(keys.P, "P", reader).map((actions, state) =>
    listed(actions, `P: state ${state}`, reader)
  );
  const stateCount = states.length;
  const actionCount = states.reduce(
    (most, { length }) => Math.max(most, length),
    0,
  );
  requireCount(keys, "state_count", stateCount, reader);
  requireCount(keys, "action_count", actionCount, reader);
  const { outcomes, codeOf } = namesOfEnds(keys, stateCount, reader);
  const transitions = noTransitions();
  states.forEach((actions, state) =>
    actions.forEach((row, action) => {
      if (!Array.isArray(row)) {
        reader.fail(`state ${state}, action ${action}: has no list`);
      }
      for (const entry of row as unknown[]) {
        if (!Array.isArray(entry) || entry.length !== 4) {
          return reader.fail(
            `state ${state}, action ${action}: an outcome is [probability, next state, reward, done]`,
          );
        }
        const [probability, nextState, reward, done] = entry;
        const numeric = [probability, nextState, reward].every((value) =>
          typeof value === "number"
        );
        if (
          !numeric || (typeof done !== "boolean" && done !== 0 && done !== 1)
        ) {
          reader.fail(
            `state ${state}, action ${action}: ${
              JSON.stringify(entry)
            } is not [probability, next state, reward, done]`,
          );
        }
        push(transitions, [state, action, nextState, probability, reward]);
        transitions.outcome.push(done ? codeOf(nextState, reward) : 0);
      }
    })
  );
  return { stateCount, actionCount, transitions, outcomes, endStates: null };
}

/**
 * What the ends of a Gymnasium table are called: `labels` (one name, or names by state), else what is
 * known of the environment that the file names, else nothing.
 */
function namesOfEnds(
  { labels, environment }: Keys,
  stateCount: number,
  reader: Reader,
): {
  outcomes: NamedOutcome[];
  codeOf: (nextState: number, reward: number) => number;
} {
  if (Array.isArray(labels) && labels.length === 1) {
    return {
      outcomes: endsNamed([textOf(labels[0], reader)]),
      codeOf: () => 1,
    };
  }
  if (isKeys(labels)) {
    const names = [...new Set(Object.values(labels))].map((label) =>
      textOf(label, reader)
    );
    const wrong = Object.keys(labels).find((key) =>
      !/^\d+$/.test(key) || Number(key) >= stateCount
    );
    if (wrong !== undefined) reader.fail(`labels: there is no state ${wrong}`);
    return {
      outcomes: endsNamed(names),
      codeOf: (nextState) =>
        names.indexOf(String(labels[nextState])) + 1 || UNNAMED_END,
    };
  }
  if (labels != null) {
    reader.fail("labels of P: one name in a list, or names by state");
  }
  const named = String(environment ?? "");
  if (named.startsWith("FrozenLake")) {
    return {
      outcomes: endsNamed(["hole", "goal"]),
      codeOf: (_, reward) => reward > 0 ? 2 : 1,
    };
  }
  const only = named.startsWith("CliffWalking")
    ? "goal"
    : named.startsWith("Taxi")
    ? "delivered"
    : null;
  return only
    ? { outcomes: endsNamed([only]), codeOf: () => 1 }
    : { outcomes: [], codeOf: () => UNNAMED_END };
}

/** `outcomes`: rows `[state, action, next state, probability, reward, end]`, 0 or the k-th of `labels`. */
function outcomeList(
  keys: Keys,
  reader: Reader,
): Pick<
  WorldParts,
  "stateCount" | "actionCount" | "transitions" | "outcomes" | "endStates"
> {
  const names = keys.labels == null
    ? []
    : listed(keys.labels, "labels", reader).map((label) =>
      textOf(label, reader)
    );
  const flags = (key: "ends" | "unsafe") => {
    if (keys[key] == null) return null;
    const values = numbers(withFlags(keys[key]), names.length, key, reader);
    const isFlag = values.every((value) => value === 0 || value === 1);
    return isFlag
      ? values
      : reader.fail(`${key}: is not true or false for each label`);
  };
  const [ends, unsafe] = [flags("ends"), flags("unsafe")];
  const outcomes = endsNamed(names).map((outcome, n) => ({
    ...outcome,
    ends: ends ? ends[n] === 1 : true,
    unsafe: unsafe ? unsafe[n] === 1 : outcome.unsafe,
  }));
  const transitions = noTransitions();
  let [stateCount, actionCount] = [0, 0];
  listed(keys.outcomes, "outcomes", reader).forEach((row, n) => {
    const columns = numbers(row, 6, `outcomes: row ${n}`, reader);
    const [state, action, nextState, probability, reward, end] = columns;
    push(transitions, [state, action, nextState, probability, reward]);
    const isUnnamed = names.length === 0 && end === 1;
    transitions.outcome.push(isUnnamed ? UNNAMED_END : end);
    stateCount = Math.max(stateCount, state + 1, nextState + 1);
    actionCount = Math.max(actionCount, action + 1);
  });
  return {
    stateCount: givenCount(keys, "state_count", stateCount, reader),
    actionCount: givenCount(keys, "action_count", actionCount, reader),
    transitions,
    outcomes,
    endStates: null,
  };
}

function push(
  transitions: Transitions,
  [state, action, nextState, probability, reward]: readonly number[],
): void {
  transitions.state.push(state);
  transitions.action.push(action);
  transitions.nextState.push(nextState);
  transitions.probability.push(probability);
  transitions.reward.push(reward);
}

function observations(
  keys: Keys,
  stateCount: number,
  reader: Reader,
): MdpObservations | null {
  if (keys.observations == null) return null;
  const rows = listed(keys.observations, "observations", reader);
  const size = Array.isArray(rows[0]) ? rows[0].length : 0;
  const values = table(
    rows,
    [stateCount, size],
    "observations",
    reader,
  );
  const categories = keys.observation_categories;
  return {
    observations: Float32Array.from(values),
    observationSize: size,
    ...(categories != null && {
      observationCategories: [
        ...numbers(categories, size, "observation_categories", reader),
      ],
    }),
  };
}

/** `policies` by name; `behaviour` and `targets` as the data of off-policy evaluation have them. */
function policies(
  file: Keys,
  pairs: readonly [number, number],
  reader: Reader,
): Record<string, Float64Array> {
  const found: Record<string, unknown> = {
    ...(file.behaviour != null && { behaviour: file.behaviour }),
    ...(file.target != null && { target: file.target }),
    ...(isKeys(file.targets) && file.targets),
    ...(isKeys(file.policies) && file.policies),
  };
  return Object.fromEntries(
    Object.entries(found).map(([policy, value]) => [
      policy,
      table(value, pairs, `policy ${policy}`, reader),
    ]),
  );
}

/** A list, or an object with the keys "0", "1", … in any order. */
function listed(value: unknown, what: string, reader: Reader): unknown[] {
  if (Array.isArray(value)) return value;
  if (!isKeys(value)) return reader.fail(`${what}: is no list`);
  const keys = Object.keys(value);
  return keys.map((_, n) =>
    Object.hasOwn(value, n)
      ? value[n]
      : reader.fail(`${what}: ${n} is missing among ${keys.length} keys`)
  );
}

function table(
  value: unknown,
  [rows, columns]: readonly number[],
  what: string,
  reader: Reader,
): Float64Array {
  const lists = listed(value, what, reader);
  if (lists.length !== rows) {
    reader.fail(`${what}: has ${lists.length} rows; ${rows} are needed`);
  }
  const values = new Float64Array(rows * columns);
  lists.forEach((row, n) =>
    values.set(numbers(row, columns, `${what}: row ${n}`, reader), n * columns)
  );
  return values;
}

function numbers(
  value: unknown,
  length: number,
  what: string,
  reader: Reader,
): Float64Array {
  const list = listed(value, what, reader);
  if (list.length !== length) {
    reader.fail(`${what}: has ${list.length} numbers; ${length} are needed`);
  }
  return Float64Array.from(list, (entry) => number(entry, what, reader));
}

/** Lists with 1 and 0 in the place of true and false. */
function withFlags(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withFlags);
  return typeof value === "boolean" ? Number(value) : value;
}

function number(value: unknown, what: string, reader: Reader): number {
  if (typeof value === "number") return value;
  return reader.fail(`${what}: ${JSON.stringify(value)} is no number`);
}

function textOf(value: unknown, reader: Reader): string {
  if (typeof value === "string") return value;
  return reader.fail(`labels: ${JSON.stringify(value)} is no name`);
}

function givenCount(
  keys: Keys,
  key: string,
  least: number,
  reader: Reader,
): number {
  return keys[key] == null ? least : number(keys[key], key, reader);
}

function requireCount(
  keys: Keys,
  key: string,
  count: number,
  reader: Reader,
): void {
  if (keys[key] == null || keys[key] === count) return;
  reader.fail(`${key} is ${JSON.stringify(keys[key])}, but P has ${count}`);
}

function first(keys: Keys, names: readonly string[]): unknown {
  return keys[names.find((name) => keys[name] != null) ?? ""];
}

function isKeys(value: unknown): value is Keys {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A world as a list of outcomes in JSON, with everything that the suite's own format holds. */
export function worldToJson(
  { title, mdp, policies, forbidden }: WorldFile,
): string {
  const { stateCount, actionCount, outcomes } = mdp;
  const rowsOf = (values: ArrayLike<number>, columns: number) =>
    Array.from(
      { length: stateCount },
      (_, s) =>
        Array.from({ length: columns }, (_, c) => values[s * columns + c]),
    );
  const { state, action, nextState, probability, reward, outcome } =
    transitionsOf(mdp);
  return canonicalJson({
    mdp: {
      title,
      state_count: stateCount,
      action_count: actionCount,
      horizon: mdp.horizon,
      gamma: mdp.discount,
      start: [...mdp.start],
      labels: outcomes.map(({ name }) => name),
      ends: outcomes.map(({ ends }) => ends),
      unsafe: outcomes.map(({ unsafe }) => unsafe),
      outcomes: state.map((s, i) => [
        s,
        action[i],
        nextState[i],
        probability[i],
        reward[i],
        outcome[i],
      ]),
      allowed: mdp.allowed && rowsOf(mdp.allowed, actionCount),
      forbidden,
      observations: rowsOf(mdp.observations, mdp.observationSize),
      observation_categories: mdp.observationCategories,
    },
    policies: Object.fromEntries(
      Object.entries(policies).map((
        [policy, values],
      ) => [policy, rowsOf(values, actionCount)]),
    ),
  });
}

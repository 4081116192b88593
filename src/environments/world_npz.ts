/**
 * Worlds in NumPy's `.npz`: dense tables, triplets, and the published files whose names are known.
 * docs/worlds.md lists the names.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { type NpzFile, writeNpz } from "../files/npz.ts";
import type { NpyToWrite } from "../files/npy.ts";
import { requireWorldSize } from "../mdp/validate.ts";
import {
  commonParts,
  endCodes,
  endStatesOf,
  labels,
  required,
  scalar,
} from "./world_arrays.ts";
import { denseParts, icuSepsisParts } from "./world_dense.ts";
import type { WorldFile } from "./world_file.ts";
import { endsNamed } from "./world_outcomes.ts";
import type { WorldReadOptions } from "./world_options.ts";
import {
  noTransitions,
  transitionsOf,
  type WorldParts,
} from "./world_parts.ts";

/**
 * What a `.npz` file says of a world.
 *
 * @throws InputError if that is no world, in one line.
 */
export function partsFromNpz(
  npz: NpzFile,
  options: WorldReadOptions,
): WorldParts {
  if (npz.has("tx_mat")) return icuSepsisParts(npz, options);
  if (npz.has("component") && npz.has("state_reward")) {
    return componentParts(npz, options);
  }
  if (npz.has("P")) return denseParts(npz, options);
  if (npz.has("next_state")) return tripletParts(npz, options);
  throw new InputError(
    `${npz.name}: has the arrays ${
      npz.names.slice(0, 12).join(", ")
    }; a world has P, or state, action, next_state, probability and reward`,
  );
}

/** Triplets: `state`, `action`, `next_state`, `probability`, `reward`, and `end` with `labels`. */
function tripletParts(npz: NpzFile, options: WorldReadOptions): WorldParts {
  const state = required(npz, "state", [-1]).data;
  const column = (name: string) =>
    Array.from(required(npz, name, [state.length]).data);
  const transitions = {
    state: Array.from(state),
    action: column("action"),
    nextState: column("next_state"),
    probability: column("probability"),
    reward: column("reward"),
    outcome: Array.from(state, () => 0),
  };
  const stateCount = count(npz, "state_count", [
    transitions.state,
    transitions.nextState,
  ]);
  const actionCount = count(npz, "action_count", [transitions.action]);
  requireWorldSize(stateCount, actionCount, npz.name);
  // With as many lines as states, `end` is of the lines.
  const isByLine = npz.has("end") &&
    npz.numbers("end").shape.join() === String(state.length);
  const outcomes = isByLine ? labels(npz) : null;
  return {
    stateCount,
    actionCount,
    ...(isByLine
      ? {
        transitions: {
          ...transitions,
          outcome: endCodes(npz, state.length, outcomes)!,
        },
        outcomes: outcomes ?? [],
        endStates: null,
      }
      : { transitions, ...endStatesOf(npz, transitions, stateCount) }),
    ...commonParts(npz, options, stateCount, actionCount),
  };
}

/**
 * The names of Oberst & Sontag's sepsis simulator as a table: what can be seen, `state`, beside what is
 * drawn once and hidden, `component`; state = component · seen states + seen state. Entering a state
 * that pays ends the episode: death at -1, discharge at 1.
 */
function componentParts(npz: NpzFile, options: WorldReadOptions): WorldParts {
  const { shape: [seen], data: pays } = required(npz, "state_reward", [-1]);
  const { shape: [components], data: mixture } = required(npz, "mixture", [-1]);
  const initial = required(npz, "initial", [components, seen]).data;
  const component = required(npz, "component", [-1]).data;
  const column = (name: string) => required(npz, name, [component.length]).data;
  const [state, action, next, probability] = [
    "state",
    "action",
    "next_state",
    "probability",
  ].map(column);
  const transitions = noTransitions();
  for (let i = 0; i < component.length; i++) {
    const isSeen = state[i] in pays && next[i] in pays;
    if (!(component[i] in mixture) || !isSeen) {
      throw new InputError(
        `${npz.name}: state ${state[i]}, action ${action[i]}: component ${
          component[i]
        } or next state ${next[i]} does not exist`,
      );
    }
    transitions.state.push(component[i] * seen + state[i]);
    transitions.action.push(action[i]);
    transitions.nextState.push(component[i] * seen + next[i]);
    transitions.probability.push(probability[i]);
    transitions.reward.push(pays[next[i]]);
    transitions.outcome.push(0);
  }
  const stateCount = components * seen;
  const actionCount = count(npz, "action_count", [transitions.action]);
  requireWorldSize(stateCount, actionCount, npz.name);
  return {
    stateCount,
    actionCount,
    transitions,
    outcomes: endsNamed(["death", "discharge"]),
    endStates: Uint8Array.from(
      { length: stateCount },
      (_, s) => pays[s % seen] < 0 ? 1 : pays[s % seen] > 0 ? 2 : 0,
    ),
    ...commonParts(npz, options, stateCount, actionCount, []),
    start: Float64Array.from(
      { length: stateCount },
      (_, s) => mixture[Math.floor(s / seen)] * initial[s],
    ),
    title: "the sepsis simulator of gumbel-max-scm",
  };
}

/** A count that the file has, or as many as its indices need. */
function count(
  npz: NpzFile,
  name: string,
  indices: readonly (readonly number[])[],
): number {
  const given = scalar(npz, [name]);
  return given ??
    indices.reduce(
      (most, column) => column.reduce((m, i) => Math.max(m, i + 1), most),
      0,
    );
}

/** A world as triplets in a `.npz` file, with everything that the suite's own format holds. */
export function worldToNpz(
  { title, mdp, policies, forbidden }: WorldFile,
): Uint8Array<ArrayBuffer> {
  const { stateCount, actionCount, outcomes, horizon } = mdp;
  const length = mdp.probability.length;
  const { state, action } = transitionsOf(mdp);
  const names = outcomes.map(({ name }) => name);
  const flags = (key: "ends" | "unsafe") => ({
    shape: [outcomes.length],
    data: Uint8Array.from(outcomes, (outcome) => Number(outcome[key])),
  });
  const one = (value: number) => ({ shape: [], data: Float64Array.of(value) });
  const pairs = [stateCount, actionCount];
  const arrays: [string, NpyToWrite][] = [
    ["state", { shape: [length], data: Int32Array.from(state) }],
    ["action", { shape: [length], data: Int32Array.from(action) }],
    ["next_state", { shape: [length], data: mdp.nextState }],
    ["probability", { shape: [length], data: mdp.probability }],
    ["reward", { shape: [length], data: mdp.reward }],
    ["end", { shape: [length], data: mdp.outcome }],
    ["labels", { shape: [outcomes.length], data: names }],
    ["ends", flags("ends")],
    ["unsafe", flags("unsafe")],
    ["start", { shape: [stateCount], data: mdp.start }],
    ["gamma", one(mdp.discount)],
    ["state_count", one(stateCount)],
    ["action_count", one(actionCount)],
    ["title", { shape: [], data: [title] }],
    ["observations", {
      shape: [stateCount, mdp.observationSize],
      data: Float64Array.from(mdp.observations),
    }],
  ];
  if (horizon !== null) arrays.push(["horizon", one(horizon)]);
  if (mdp.allowed) arrays.push(["mask", { shape: pairs, data: mdp.allowed }]);
  if (forbidden) arrays.push(["forbidden", { shape: [], data: [forbidden] }]);
  const categories = mdp.observationCategories;
  if (categories) {
    arrays.push(["observation_categories", {
      shape: [categories.length],
      data: Int32Array.from(categories),
    }]);
  }
  for (const [name, data] of Object.entries(policies)) {
    arrays.push([`policy_${name}`, { shape: pairs, data }]);
  }
  return writeNpz(new Map(arrays));
}

/**
 * Dense tables P[s, a, s'] with rewards in any of the usual shapes.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { NumberArray } from "../files/npy.ts";
import type { NpzFile } from "../files/npz.ts";
import { SUM_TOLERANCE } from "../mdp/validate.ts";
import { commonParts, endStatesOf, required } from "./world_arrays.ts";
import { endsNamed } from "./world_outcomes.ts";
import type { WorldReadOptions } from "./world_options.ts";
import {
  noTransitions,
  type Transitions,
  type WorldParts,
} from "./world_parts.ts";

/** What (s, a, s') pays. */
type Reward = (state: number, action: number, next: number) => number;

/** The table, and where (s, a, s') lies in it. */
interface Table {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly stateCount: number;
  readonly actionCount: number;
  at(state: number, action: number, next: number): number;
}

/** A world in `P` with `R`, `r` or `state_reward`. */
export function denseParts(
  npz: NpzFile,
  options: WorldReadOptions,
): WorldParts {
  const table = readTable(npz, "P");
  const { stateCount, actionCount } = table;
  if (stateCount === actionCount && stateCount > 1) {
    options.onNote?.(
      `${npz.name}: there are as many actions as states; P is taken as [S, A, S]${
        npz.has("R") ? ", a square R as [S, S]" : ""
      }`,
    );
  }
  const transitions = nonZero(table, rewards(npz, table, ["R"], ["r"]));
  return {
    stateCount,
    actionCount,
    transitions,
    ...endStatesOf(npz, transitions, stateCount),
    ...commonParts(npz, options, stateCount, actionCount),
  };
}

/**
 * ICU-Sepsis' names (Choudhary et al. 2024): the last three of the S states are death, survival and,
 * S - 1, where both lead.
 */
export function icuSepsisParts(
  npz: NpzFile,
  options: WorldReadOptions,
): WorldParts {
  const table = readTable(npz, "tx_mat");
  const { stateCount, actionCount } = table;
  const live = Math.max(0, stateCount - 3);
  for (let s = live; s < stateCount; s++) {
    for (let a = 0; a < actionCount; a++) {
      if (table.data[table.at(s, a, stateCount - 1)] === 1) continue;
      throw new InputError(
        `${npz.name}: state ${s}, action ${a}: the last three states of ICU-Sepsis' tables lead to the last; rename tx_mat to P for other tables`,
      );
    }
  }
  const reward = rewards(npz, table, ["r_mat"], []);
  const transitions = nonZero(table, reward, live);
  const endStates = new Uint8Array(stateCount);
  endStates[stateCount - 3] = 1;
  endStates[stateCount - 2] = 2;
  return {
    stateCount,
    actionCount,
    transitions,
    outcomes: endsNamed(["death", "survival"]),
    endStates,
    ...commonParts(npz, options, stateCount, actionCount),
    title: "ICU-Sepsis",
    actionList: "admissible_actions.txt",
  };
}

function readTable(npz: NpzFile, name: string): Table {
  const { shape, data } = required(npz, name, [-1, -1, -1]);
  const [first, second, third] = shape;
  if (data.length > 0 && first === third) {
    return {
      shape,
      data,
      stateCount: first,
      actionCount: second,
      at: (s, a, n) => (s * second + a) * third + n,
    };
  }
  if (data.length > 0 && second === third) {
    // The order of pymdptoolbox.
    return {
      shape,
      data,
      stateCount: second,
      actionCount: first,
      at: (s, a, n) => (a * second + s) * third + n,
    };
  }
  throw new InputError(
    `${npz.name}: array ${name} is [${
      shape.join(", ")
    }], neither [states, actions, states] nor [actions, states, states]`,
  );
}

/** The outcomes in the rows of the first so many states. */
function nonZero(
  table: Table,
  reward: Reward,
  states: number = table.stateCount,
): Transitions {
  const { data, stateCount, actionCount } = table;
  const transitions = noTransitions();
  for (let s = 0; s < states; s++) {
    for (let a = 0; a < actionCount; a++) {
      for (let n = 0; n < stateCount; n++) {
        const probability = data[table.at(s, a, n)];
        if (probability === 0) continue;
        transitions.state.push(s);
        transitions.action.push(a);
        transitions.nextState.push(n);
        transitions.probability.push(probability);
        transitions.reward.push(reward(s, a, n));
        transitions.outcome.push(0);
      }
    }
  }
  return transitions;
}

/**
 * The rewards: by (s, a, s') or (s, s'), else by (s, a) or s. Where the file has both kinds they must
 * agree in their means.
 */
function rewards(
  npz: NpzFile,
  table: Table,
  detailed: readonly string[],
  plain: readonly string[],
): Reward {
  const find = (names: readonly string[]) => {
    const name = names.find((known) => npz.has(known));
    return name === undefined
      ? null
      : rewardOf(npz, name, npz.numbers(name), table);
  };
  const reward = find(detailed);
  const mean = find(plain);
  const entering = find(["state_reward"]);
  const first = reward ?? mean ?? entering;
  if (first === null) {
    throw new InputError(
      `${npz.name}: has no rewards: R [S, A, S] or [S, S], r [S, A] or [S], or state_reward [S]`,
    );
  }
  if (reward && mean) requireAgreement(npz.name, table, reward, mean);
  return first;
}

function rewardOf(
  npz: NpzFile,
  name: string,
  { shape, data }: NumberArray,
  table: Table,
): Reward {
  const { stateCount, actionCount } = table;
  const is = (...sizes: number[]) => shape.join() === sizes.join();
  if (is(...table.shape)) return (s, a, n) => data[table.at(s, a, n)];
  const byAction = is(stateCount, actionCount) &&
    (name === "r" || stateCount !== actionCount);
  if (byAction) return (s, a) => data[s * actionCount + a];
  if (is(stateCount, stateCount)) return (s, _, n) => data[s * stateCount + n];
  if (is(stateCount)) {
    return name === "state_reward" ? (_s, _a, n) => data[n] : (s) => data[s];
  }
  throw new InputError(
    `${npz.name}: array ${name} is [${
      shape.join(", ")
    }]; rewards are [S, A, S], [S, S], [S, A] or [S] with ${stateCount} states and ${actionCount} actions`,
  );
}

function requireAgreement(
  name: string,
  table: Table,
  reward: Reward,
  mean: Reward,
): void {
  const { stateCount, actionCount, data } = table;
  for (let s = 0; s < stateCount; s++) {
    for (let a = 0; a < actionCount; a++) {
      let sum = 0;
      let size = 1;
      let mass = 0;
      for (let n = 0; n < stateCount; n++) {
        const probability = data[table.at(s, a, n)];
        if (probability === 0) continue;
        mass += probability;
        sum += probability * reward(s, a, n);
        size = Math.max(size, Math.abs(reward(s, a, n)));
      }
      const off = Math.abs(sum - mean(s, a, 0));
      if (mass === 0 || !(off > SUM_TOLERANCE * size)) continue;
      throw new InputError(
        `${name}: state ${s}, action ${a}: R pays ${sum} in the mean, r ${
          mean(s, a, 0)
        }; leave one of them out`,
      );
    }
  }
}

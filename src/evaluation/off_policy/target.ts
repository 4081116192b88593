/**
 * The policies that are evaluated, as probabilities in the states of a log.
 *
 * @module
 */
import { FORBIDDEN } from "../../../kernels/portable.ts";
import { InputError } from "../../errors.ts";
import {
  actionCountOf,
  evaluatePolicy,
  greedyActions,
  type NetworkPolicy,
  observationSize as sizeOf,
} from "../../network/policy.ts";
import { visible } from "../../visible.ts";
import type { Log } from "./log.ts";

/** A policy in a table. */
export interface TablePolicy {
  /** [S][D] */
  readonly observations: readonly (readonly number[])[];
  /** [S][A]; all 0 where nothing is decided, as in the state of an end. */
  readonly probabilities: readonly (readonly number[])[];
}

/** How a network acts: its best action, by its outputs as logits divided by a temperature, or mixed with uniform. */
export type Acting =
  | { readonly kind: "greedy" }
  | { readonly kind: "softmax"; readonly temperature: number }
  | { readonly kind: "epsilon"; readonly epsilon: number };

/** Rows sum to 1 within this. */
const TOLERANCE = 1e-6;

/**
 * Reads a table policy from what a JSON file holds.
 *
 * @throws InputError if it is none, with the place.
 */
export function tablePolicy(content: unknown, name: string): TablePolicy {
  const { observations, probabilities } = Object(content) as {
    observations?: unknown;
    probabilities?: unknown;
  };
  const rows = (key: string, value: unknown): number[][] => {
    if (!Array.isArray(value) || value.length === 0) {
      throw new InputError(
        `${name}: a table policy has "observations" and "probabilities", each a list of rows of numbers; ` +
          `its "${key}" is none`,
      );
    }
    value.forEach((row, s) => {
      const isRow = Array.isArray(row) &&
        row.every((x) => typeof x === "number" && Number.isFinite(x));
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
  };
  const table = {
    observations: rows("observations", observations),
    probabilities: rows("probabilities", probabilities),
  };
  const [found, wanted] = [
    table.probabilities.length,
    table.observations.length,
  ];
  if (found !== wanted) {
    throw new InputError(
      `${name}: ${found} rows of probabilities for ${wanted} observations`,
    );
  }
  table.probabilities.forEach((row, s) => {
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
  return table;
}

/**
 * A table policy in the states of a log, looked up by the observation.
 *
 * @returns [U, A]
 * @throws InputError if sizes differ, an observation is there twice, or one of the log is not in the table.
 */
export function tableTarget(
  log: Log,
  { observations, probabilities }: TablePolicy,
  name: string,
): Float64Array {
  const { observationSize: size, actionCount, stateCount } = log;
  if (observations[0].length !== size) {
    throw new InputError(
      `${name}: its observations have ${
        observations[0].length
      } numbers, those of the data ${size}`,
    );
  }
  if (probabilities[0].length !== actionCount) {
    throw new InputError(
      `${name}: it has probabilities of ${
        probabilities[0].length
      } actions, the data have ${actionCount}`,
    );
  }
  // As 32-bit floats, which the data's are; adding 0 makes -0 the same as 0.
  const keyOf = (row: ArrayLike<number>) =>
    Array.from(row, (x) => Math.fround(x) + 0).join();
  const rows = new Map<string, number>();
  observations.forEach((row, s) => {
    const other = rows.get(keyOf(row));
    if (other !== undefined) {
      throw new InputError(
        `${name}: observations[${s}] is the same as observations[${other}]`,
      );
    }
    rows.set(keyOf(row), s);
  });
  const target = new Float64Array(stateCount * actionCount);
  for (let s = 0; s < stateCount; s++) {
    const key = keyOf(log.observations.subarray(s * size, (s + 1) * size));
    const row = rows.get(key);
    if (row === undefined || probabilities[row].every((p) => p === 0)) {
      throw new InputError(
        `${name}: it has no probabilities for the observation (${
          visible(key, 80)
        }) of the data`,
      );
    }
    target.set(probabilities[row], s * actionCount);
  }
  return target;
}

/**
 * A network's policy in the states of a log.
 *
 * @returns [U, A]
 * @throws InputError if the network does not fit the data or its outputs are not finite.
 */
export function networkTarget(
  { observations, observationSize, actionCount, allowed }: Log,
  policy: NetworkPolicy,
  acting: Acting,
): Float64Array {
  const size = sizeOf(policy);
  const actions = actionCountOf(policy);
  if (size !== observationSize || actions !== actionCount) {
    throw new InputError(
      `the policy takes ${size} numbers and has ${actions} actions; ` +
        `the data have observations of ${observationSize} and ${actionCount} actions`,
    );
  }
  if (policy.masked && !allowed) {
    throw new InputError(
      "the policy was trained with action masks: the data must say which actions are allowed",
    );
  }
  const outputs = evaluatePolicy(policy, observations, allowed);
  if (!outputs.every(Number.isFinite)) {
    throw new InputError(
      "the policy's outputs are not finite in an observation of the data",
    );
  }
  const mask = allowed ?? new Uint8Array(outputs.length).fill(1);
  switch (acting.kind) {
    case "greedy":
      return mixed(outputs, actionCount, mask, 0);
    case "epsilon":
      return mixed(outputs, actionCount, mask, acting.epsilon);
    case "softmax":
      return softmax(outputs, actionCount, mask, acting.temperature);
  }
}

/** [rows, A] probabilities of allowed actions that the policy does not exclude, in proportion to exp(output / temperature). */
function softmax(
  outputs: Float32Array,
  actionCount: number,
  mask: Uint8Array,
  temperature: number,
): Float64Array {
  const probabilities = new Float64Array(outputs.length);
  for (let row = 0; row < outputs.length; row += actionCount) {
    const end = row + actionCount;
    let most = -Infinity;
    for (let i = row; i < end; i++) {
      if (mask[i] === 1) most = Math.max(most, outputs[i]);
    }
    let sum = 0;
    for (let i = row; i < end; i++) {
      if (mask[i] === 0 || outputs[i] === FORBIDDEN) continue;
      sum += probabilities[i] = Math.exp((outputs[i] - most) / temperature);
    }
    for (let i = row; i < end; i++) probabilities[i] /= sum;
  }
  return probabilities;
}

/** [rows, A] the best allowed action with 1 - epsilon, and any allowed one with epsilon. */
function mixed(
  outputs: Float32Array,
  actionCount: number,
  mask: Uint8Array,
  epsilon: number,
): Float64Array {
  const probabilities = new Float64Array(outputs.length);
  greedyActions(outputs, actionCount, mask).forEach((best, r) => {
    const row = r * actionCount;
    const own = mask.subarray(row, row + actionCount);
    const count = own.reduce((sum, may) => sum + may, 0);
    own.forEach((may, a) => probabilities[row + a] = epsilon * may / count);
    probabilities[row + best] += 1 - epsilon;
  });
  return probabilities;
}

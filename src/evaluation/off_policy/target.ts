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
import type { Log } from "./log.ts";

/** How a network acts: its best action, by its outputs as logits divided by a temperature, or mixed with uniform. */
export type Acting =
  | { readonly kind: "greedy" }
  | { readonly kind: "softmax"; readonly temperature: number }
  | { readonly kind: "epsilon"; readonly epsilon: number };

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

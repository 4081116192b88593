/**
 * A policy that is a network: observations in, logits or action values out, the greedy action.
 *
 * @module
 */
import { ROWS } from "../../kernels/kernel.ts";
import { padded } from "../../kernels/padding.ts";
import { layerForward } from "../../kernels/layer_forward.ts";
import { planLayout, planStep } from "../../kernels/plan.ts";
import { InputError } from "../errors.ts";
import { requireLength, wholeRows } from "../numerics/arrays.ts";
import {
  actionLayout,
  type DecisionRule,
  excludeUnlikely,
  lessHazard,
  meanOfMembers,
  quantileValues,
  requireRule,
} from "./decision_rule.ts";
import type { NetworkLayout } from "./layout.ts";
import type { ObservationRange } from "../dataset/observation_range.ts";
import { encodeObservations, type Encoder } from "./encoder.ts";

/** A trained network, or several of one shape, and what is needed to use them. */
export interface NetworkPolicy extends DecisionRule {
  /** Layers, and where their parameters lie. */
  readonly network: NetworkLayout;
  /** Flat parameter buffers of `network`, at least one; the values are the mean of theirs. */
  readonly members: readonly Float32Array[];
  /** What the values are. */
  readonly outputs: "logits" | "qValues";
  /** Applied to observations first; null for none. */
  readonly encoder: Encoder | null;
  /** true where it was trained with action masks: its outputs mean nothing for forbidden actions. */
  readonly masked?: true;
  /** [A] what the data's source calls each action; absent where they are called 0 … A - 1. */
  readonly actionNames?: readonly string[];
  /** [D] what it calls each number of an observation; absent where it has no names of its own. */
  readonly observationNames?: readonly string[];
  /** What the data from a file that it learnt from hold; absent where they came from an environment. */
  readonly observationRange?: ObservationRange;
}

/**
 * D, the numbers of an observation that a policy takes.
 *
 * @example A state of three is one number, and three inputs of the network
 * ```ts
 * import { datasetFromArrays, observationSize, train } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const dataset = datasetFromArrays({
 *   observations: [0, 2],
 *   actions: [0, 1],
 *   rewards: [0, 1],
 *   terminated: [0, 1],
 * });
 * const policy = await train(dataset, "bc", { steps: 1 }, { hidden: [8], encoder: "oneHot" });
 * equal(observationSize(policy), 1);
 * equal(policy.network.layers[0].inputs, 3);
 * ```
 */
export function observationSize({ network, encoder }: NetworkPolicy): number {
  return encoder?.kind === "oneHot"
    ? encoder.categories.length
    : network.layers[0].inputs;
}

/**
 * A, the actions that a policy chooses among.
 *
 * @example Two actions
 * ```ts
 * import { actionCountOf, datasetFromArrays, train } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const dataset = datasetFromArrays({
 *   observations: [0, 2],
 *   actions: [0, 1],
 *   rewards: [0, 1],
 *   terminated: [0, 1],
 * });
 * equal(actionCountOf(await train(dataset, "bc", { steps: 1 }, { hidden: [8] })), 2);
 * ```
 */
export function actionCountOf(
  { network, quantiles = 1 }: Pick<NetworkPolicy, "network" | "quantiles">,
): number {
  return network.layers.at(-1)!.outputs / quantiles;
}

/** Rows that go through the network together: all of a large data set would fill the memory. */
const BLOCK_ROWS = 4096;
/** Numbers of the network's input that do, where its rows are long. */
const BLOCK_NUMBERS = 2 ** 22;

/**
 * Evaluates the policy under the arithmetic contract: f32 operations, each rounded once, and sums that
 * are left folds. Each member's outputs have the bits of training; of them come, in this order,
 * 1. quantiles: the mean of each action's, or of the lowest share of them that `risk` says;
 * 2. hazard: each member's values less its multiplier times its probabilities of an unsafe step;
 * 3. members: their mean, less `spread` times their standard deviation;
 * 4. imitator: -2^127 (`FORBIDDEN`) for actions that it excludes.
 *
 * @param observations [rows, D] row-major.
 * @param allowed [rows, A] 1 where the action may be chosen: an imitator's likeliest action is one of
 *   these. Nothing else depends on it; without it, all may.
 * @returns [rows, A] row-major logits or action values.
 * @throws InputError if the observations are not whole rows of D numbers, a name is none of the
 *   policy's categories, or a member's parameters or the rule are not those of the network.
 *
 * @example Action values of two observations
 * ```ts
 * import { datasetFromArrays, evaluatePolicy, train } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const dataset = datasetFromArrays({
 *   observations: [0, 1],
 *   actions: [0, 1],
 *   rewards: [0, 1],
 *   terminated: [0, 1],
 * });
 * const policy = await train(dataset, "dqn", { steps: 1 }, { hidden: [8] });
 * equal(evaluatePolicy(policy, Float32Array.of(0, 1)).length, 4);
 * ```
 */
export function evaluatePolicy(
  policy: NetworkPolicy,
  observations: Float32Array,
  allowed?: Uint8Array,
): Float32Array {
  const { network, encoder } = policy;
  const { inputs } = network.layers[0];
  const size = observationSize(policy);
  const rows = wholeRows(observations.length, size, "observations");
  requireRule(policy);
  const actions = actionCountOf(policy);
  const values = new Float32Array(rows * actions);
  if (allowed) requireLength(allowed.length, values.length, "allowed");
  const step = Math.max(
    1,
    Math.min(BLOCK_ROWS, Math.floor(BLOCK_NUMBERS / inputs)),
  );
  for (let row = 0; row < rows; row += step) {
    const block = observations.subarray(row * size, (row + step) * size);
    const encoded = encodeObservations(block, encoder, row);
    const own = allowed?.subarray(row * actions, (row + step) * actions);
    values.set(evaluateMembers(policy, encoded, own), row * actions);
  }
  return values;
}

/** @param encoded [rows, inputs] */
function evaluateMembers(
  policy: NetworkPolicy,
  encoded: Float32Array,
  allowed: Uint8Array | undefined,
): Float32Array {
  const { network, members, quantiles, risk, spread, imitator, hazard } =
    policy;
  const actions = actionCountOf(policy);
  const beside = actionLayout(network, actions);
  const values = members.map((parameters, m) => {
    const outputs = evaluateNetwork(network, parameters, encoded);
    const own = quantiles === undefined
      ? outputs
      : quantileValues(outputs, quantiles, risk);
    if (!hazard) return own;
    const hazards = evaluateNetwork(beside, hazard.members[m], encoded);
    return lessHazard(own, hazards, hazard.multipliers[m]);
  });
  const mean = meanOfMembers(values, spread);
  if (!imitator) return mean;
  const logits = meanOfMembers(
    imitator.members.map((parameters) =>
      evaluateNetwork(beside, parameters, encoded)
    ),
  );
  return excludeUnlikely(mean, logits, actions, imitator.flexibility, allowed);
}

function evaluateNetwork(
  { layers }: NetworkLayout,
  parameters: Float32Array,
  encoded: Float32Array,
): Float32Array {
  const { inputs: size, inputStride } = layers[0];
  const rowCount = encoded.length / size;
  // A plan without samples, whose rows are the given ones.
  const plan = {
    ...planStep(planLayout(0, 0), new Uint32Array(64), 0),
    rowCount,
  };
  let values: Float32Array = new Float32Array(rowCount * inputStride);
  for (let r = 0; r < rowCount; r++) {
    values.set(encoded.subarray(r * size, (r + 1) * size), r * inputStride);
  }
  layers.forEach((layer, l) => {
    const output = new Float32Array(rowCount * layer.outputStride);
    layerForward.run({
      input: values,
      parameters: parameters.subarray(layer.offset),
      output,
    }, {
      rows: ROWS.all,
      inputs: layer.inputs,
      inputStride: layer.inputStride,
      outputStride: layer.outputStride,
      relu: l + 1 < layers.length ? 1 : 0,
    }, plan);
    values = output;
  });
  const { outputs: actions } = layers[layers.length - 1];
  const compact = new Float32Array(rowCount * actions);
  for (let r = 0; r < rowCount; r++) {
    const row = r * padded(actions);
    compact.set(values.subarray(row, row + actions), r * actions);
  }
  return compact;
}

/**
 * The largest entry's index in each row of [rows, actions], of the actions that are allowed; the lowest
 * index on a tie.
 *
 * @param allowed [rows, actions] 1 where the action may be chosen; without it, all may.
 * @throws InputError if the values are not whole rows, or nothing is allowed in one.
 *
 * @example Two rows of three values
 * ```ts
 * import { greedyActions } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const values = Float32Array.of(1, 3, 2, 5, 5, 0);
 * deepEqual(greedyActions(values, 3), Int32Array.of(1, 0));
 * deepEqual(greedyActions(values, 3, Uint8Array.of(1, 0, 1, 0, 1, 1)), Int32Array.of(2, 1));
 * ```
 */
export function greedyActions(
  values: Float32Array,
  actions: number,
  allowed?: Uint8Array,
): Int32Array {
  const greedy = new Int32Array(wholeRows(values.length, actions, "values"));
  if (allowed) requireLength(allowed.length, values.length, "allowed");
  for (let r = 0; r < greedy.length; r++) {
    let best = -1;
    for (let i = r * actions; i < (r + 1) * actions; i++) {
      if (allowed && allowed[i] === 0) continue;
      if (best < 0 || values[i] > values[best]) best = i;
    }
    if (best < 0) throw new InputError(`row ${r} allows no action`);
    greedy[r] = best - r * actions;
  }
  return greedy;
}

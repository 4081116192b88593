/**
 * A network policy as a safetensors file.
 *
 * @module
 */
import { areCategories } from "../dataset/categories.ts";
import { namesFromMetadata, namesToMetadata } from "../dataset/action_codes.ts";
import { InputError } from "../errors.ts";
import { concatenated } from "../numerics/arrays.ts";
import {
  type LayerParameters,
  type NetworkLayout,
  networkLayout,
  packParameters,
  unpackParameters,
} from "./layout.ts";
import { type Encoder, oneHotSize } from "./encoder.ts";
import {
  observationNamesFromMetadata,
  observationNamesToMetadata,
} from "../dataset/observation_names.ts";
import type { ObservationRange } from "../dataset/observation_range.ts";
import {
  actionLayout,
  type DecisionRule,
  requireRule,
} from "./decision_rule.ts";
import { actionCountOf, type NetworkPolicy } from "./policy.ts";
import {
  readSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "../files/safetensors.ts";
import { visible } from "../visible.ts";

const FORMAT = "holdfast/policy/1";
/** That of a policy with a rule of its own: what knows no rules must not act by the bare outputs. */
const RULED_FORMAT = "holdfast/policy/2";

/** The one that {@link evaluatePolicy} computes. */
const ACTIVATION = "relu";

/** Before the names of the layers of networks beside the policy's own. */
const IMITATOR = "imitator.";
const HAZARD = "hazard.";
const MULTIPLIERS = `${HAZARD}multipliers`;

const FOREIGN = "not a policy of this suite: ";

/**
 * Writes a policy: `layers.{i}.weight` f32 [inputs, outputs] and `layers.{i}.bias` f32 [outputs] (of
 * several members: [members, inputs, outputs] and [members, outputs]), and `observation.offset` and
 * `observation.scale` f32 [D] where observations are scaled, or `observation.categories` u32 [D] where
 * they are names, and `observation.min` and `observation.max` f32 [D] where the data came from a file.
 * The networks of an imitator and of a hazard are called likewise, with `imitator.` or `hazard.` before
 * it; `hazard.multipliers` is f32 [members].
 * Metadata: `format` (`holdfast/policy/1`, or `2` where it has a rule beside the members' mean), `outputs` (`logits` or `qValues`), `activation` (`relu`), where
 * the data's actions have other names than 0 … A - 1, `action_names` (a JSON list), so `observation_names`, `masked`
 * (`true`) where it was trained with action masks, and the numbers of its rule that it has: `quantiles`,
 * `risk`, `spread`, `flexibility`. The bytes depend on nothing but the policy.
 *
 * @example A policy on disk
 * ```ts
 * import { datasetFromArrays, policyToSafetensors, train } from "@holdfast/offline-rl";
 *
 * const dataset = datasetFromArrays({
 *   observations: [0, 1],
 *   actions: [0, 1],
 *   rewards: [0, 1],
 *   terminated: [0, 1],
 * });
 * const policy = await train(dataset, "bc", { steps: 1 }, { hidden: [8] });
 * Deno.writeFileSync(`${Deno.makeTempDirSync()}/policy.safetensors`, policyToSafetensors(policy));
 * ```
 */
export function policyToSafetensors(policy: NetworkPolicy): Uint8Array {
  const { network, imitator, hazard } = policy;
  const beside = actionLayout(network, actionCountOf(policy));
  const tensors = new Map<string, TensorToWrite>([
    ...layerTensors("", network, policy.members),
    ...(imitator ? layerTensors(IMITATOR, beside, imitator.members) : []),
    ...(hazard ? layerTensors(HAZARD, beside, hazard.members) : []),
  ]);
  if (hazard) {
    const data = Float32Array.from(hazard.multipliers);
    tensors.set(MULTIPLIERS, { shape: [data.length], data });
  }
  if (policy.encoder?.kind === "affine") {
    const { offset, scale } = policy.encoder;
    tensors.set("observation.offset", { shape: [offset.length], data: offset });
    tensors.set("observation.scale", { shape: [scale.length], data: scale });
  }
  if (policy.encoder?.kind === "oneHot") {
    const { categories } = policy.encoder;
    tensors.set("observation.categories", {
      shape: [categories.length],
      data: Uint32Array.from(categories),
    });
  }
  if (policy.observationRange) {
    const { min, max } = policy.observationRange;
    tensors.set("observation.min", { shape: [min.length], data: min });
    tensors.set("observation.max", { shape: [max.length], data: max });
  }
  const numbers = Object.entries(numbersOf(policy));
  return writeSafetensors(tensors, {
    format: numbers.length > 0 || hazard ? RULED_FORMAT : FORMAT,
    outputs: policy.outputs,
    activation: ACTIVATION,
    ...namesToMetadata(policy.actionNames),
    ...observationNamesToMetadata(policy.observationNames),
    ...(policy.masked && { masked: "true" }),
    ...Object.fromEntries(numbers.map(([key, x]) => [key, String(x)])),
  });
}

/** The numbers of a policy's rule that it has, as the metadata names them. */
function numbersOf(
  { quantiles, risk, spread, imitator }: DecisionRule,
): Record<string, number> {
  return {
    ...(quantiles !== undefined && { quantiles }),
    ...(risk !== undefined && { risk }),
    ...(spread !== undefined && { spread }),
    ...(imitator && { flexibility: imitator.flexibility }),
  };
}

/** The tensors of networks of one shape. */
function layerTensors(
  prefix: string,
  network: NetworkLayout,
  networks: readonly Float32Array[],
): [string, TensorToWrite][] {
  const members = networks.map((parameters) =>
    unpackParameters(network, parameters)
  );
  const axis = members.length > 1 ? [members.length] : [];
  return network.layers.flatMap(({ inputs, outputs }, i) => [
    [`${prefix}layers.${i}.weight`, {
      shape: [...axis, inputs, outputs],
      data: concatenated(members.map((layers) => layers[i].weight)),
    }],
    [`${prefix}layers.${i}.bias`, {
      shape: [...axis, outputs],
      data: concatenated(members.map((layers) => layers[i].bias)),
    }],
  ]);
}

/**
 * Reads a policy that {@link policyToSafetensors} wrote.
 *
 * @param name Name of the file, for messages.
 * @throws InputError when the file is damaged or holds something else.
 *
 * @example There and back
 * ```ts
 * import {
 *   datasetFromArrays,
 *   policyFromSafetensors,
 *   policyToSafetensors,
 *   train,
 * } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const dataset = datasetFromArrays({
 *   observations: [0, 1],
 *   actions: [0, 1],
 *   rewards: [0, 1],
 *   terminated: [0, 1],
 * });
 * const policy = await train(dataset, "bc", { steps: 1 }, { hidden: [8] });
 * deepEqual(policyFromSafetensors(policyToSafetensors(policy), "mine"), policy);
 * ```
 */
export function policyFromSafetensors(
  bytes: Uint8Array,
  name: string,
): NetworkPolicy {
  if (isOnnx(bytes)) {
    throw new InputError(
      `${name}: an ONNX model; give the policy.safetensors that a run leaves beside it`,
    );
  }
  const file = readSafetensors(bytes, name);
  const { metadata, tensors } = file;
  const fail = (what: string): never => {
    throw new InputError(`${name}: ${FOREIGN}${what}`);
  };
  const isRuled = metadata.format === RULED_FORMAT;
  if (!isRuled && metadata.format !== FORMAT) {
    fail(`its format is not ${FORMAT} or ${RULED_FORMAT}`);
  }
  const { outputs } = metadata;
  if (outputs !== "logits" && outputs !== "qValues") {
    return fail(`unknown outputs ${JSON.stringify(outputs)}`);
  }
  if (metadata.activation !== ACTIVATION) {
    fail(
      `its activation is ${
        JSON.stringify(metadata.activation)
      }, and only "${ACTIVATION}" is computed here`,
    );
  }
  const { masked } = metadata;
  if (masked !== undefined && masked !== "true") {
    fail(`masked is ${JSON.stringify(masked)}, not "true"`);
  }
  const used = new Set<string>();
  const floats = (key: string, shape: readonly number[]): Float32Array => {
    const tensor = tensors.get(key);
    if (
      tensor?.dtype !== "F32" || tensor.shape.length !== shape.length ||
      shape.some((n, i) => tensor.shape[i] !== n)
    ) return fail(`${key} is not F32 of shape [${shape}]`);
    if (!tensor.data.every(Number.isFinite)) {
      fail(`${key} holds a number that is not finite`);
    }
    used.add(key);
    return tensor.data;
  };
  const networks = (prefix: string) => {
    const shapeOf = (i: number) =>
      tensors.get(`${prefix}layers.${i}.weight`)?.shape;
    const rank = shapeOf(0)?.length ?? 0;
    if (rank !== 2 && rank !== 3) {
      fail(`the first layer of ${prefix}layers is not a matrix`);
    }
    const axis = shapeOf(0)!.slice(0, rank - 2);
    const count = axis[0] ?? 1;
    if (count < 1) fail("it has no members");
    const members: LayerParameters[][] = [];
    const sizes: number[] = [];
    for (let i = 0; shapeOf(i) !== undefined; i++) {
      const [inputs, outputs] = shapeOf(i)!.slice(-2);
      if (!(inputs > 0) || !(outputs > 0)) fail(`layer ${i} has no width`);
      if (i > 0 && inputs !== sizes[i]) {
        fail(`layer ${i} takes ${inputs} inputs after ${sizes[i]} outputs`);
      }
      if (i === 0) sizes.push(inputs);
      sizes.push(outputs);
      const name = `${prefix}layers.${i}`;
      const weights = floats(`${name}.weight`, [...axis, inputs, outputs]);
      const biases = floats(`${name}.bias`, [...axis, outputs]);
      // Only now: a layer that has a width holds a number for each member that it claims.
      for (let m = 0; m < count; m++) {
        (members[m] ??= []).push({
          weight: weights.subarray(
            m * inputs * outputs,
            (m + 1) * inputs * outputs,
          ),
          bias: biases.subarray(m * outputs, (m + 1) * outputs),
          inputs,
          outputs,
        });
      }
    }
    const network = networkLayout(sizes);
    return {
      sizes,
      network,
      members: members.map((layers) => packParameters(network, layers)),
    };
  };
  const { sizes, network, members } = networks("");
  const affine = (): Encoder => ({
    kind: "affine",
    offset: floats("observation.offset", [sizes[0]]),
    scale: floats("observation.scale", [sizes[0]]),
  });
  const oneHot = (): Encoder => {
    const key = "observation.categories";
    const tensor = tensors.get(key)!;
    const categories = [...tensor.data].map(Number);
    if (
      tensor.dtype !== "U32" || tensor.shape.length !== 1 ||
      !areCategories(categories, tensor.shape[0]) ||
      oneHotSize(categories) !== sizes[0]
    ) fail(`${key} is not U32 [D] of sum ${sizes[0]}, its network's inputs`);
    used.add(key);
    return { kind: "oneHot", categories };
  };
  const encoder = tensors.has("observation.categories")
    ? oneHot()
    : tensors.has("observation.offset") || tensors.has("observation.scale")
    ? affine()
    : null;
  const size = [
    encoder?.kind === "oneHot" ? encoder.categories.length : sizes[0],
  ];
  const range = (): ObservationRange => ({
    min: floats("observation.min", size),
    max: floats("observation.max", size),
  });
  const observationRange = tensors.has("observation.min") ||
      tensors.has("observation.max")
    ? range()
    : undefined;
  const numberNamed = (key: string): number | undefined => {
    const text = metadata[key];
    if (text === undefined) return undefined;
    const value = Number(text);
    if (`${value}` !== text) {
      fail(`${key} is ${visible(JSON.stringify(text), 80)}, not a number`);
    }
    return value;
  };
  const [quantiles, risk, spread, flexibility] = [
    "quantiles",
    "risk",
    "spread",
    "flexibility",
  ].map(numberNamed);
  const ownRule: DecisionRule = {
    ...(quantiles !== undefined && { quantiles }),
    ...(risk !== undefined && { risk }),
    ...(spread !== undefined && { spread }),
  };
  requireRule({ network, members, ...ownRule }, `${name}: ${FOREIGN}`);
  const actions = sizes[sizes.length - 1] / (quantiles ?? 1);
  const beside = (prefix: string): Float32Array[] => {
    const found = networks(prefix);
    const wanted = [...sizes.slice(0, -1), actions];
    if (`${found.sizes}` !== `${wanted}`) {
      fail(`${prefix}layers are of widths ${found.sizes}, not ${wanted}`);
    }
    return found.members;
  };
  const has = (prefix: string) =>
    [...tensors.keys()].some((key) => key.startsWith(prefix));
  if (has(IMITATOR) && flexibility === undefined) {
    fail("its imitator has no flexibility");
  }
  const imitator = flexibility === undefined
    ? undefined
    : { members: beside(IMITATOR), flexibility };
  const hazard = has(HAZARD)
    ? {
      members: beside(HAZARD),
      multipliers: [...floats(MULTIPLIERS, [members.length])],
    }
    : undefined;
  const rule: DecisionRule = {
    ...ownRule,
    ...(imitator && { imitator }),
    ...(hazard && { hazard }),
  };
  if (isRuled !== Object.keys(rule).length > 0) {
    fail(`its format is ${metadata.format}, which does not fit its rule`);
  }
  requireRule({ network, members, ...rule }, `${name}: ${FOREIGN}`);
  for (const key of tensors.keys()) {
    if (!used.has(key)) fail(`unknown tensor ${visible(key, 80)}`);
  }
  const names = namesFromMetadata(file, actions);
  return {
    network,
    members,
    outputs,
    ...rule,
    encoder,
    ...names,
    ...observationNamesFromMetadata(file, size[0]),
    ...(observationRange && { observationRange }),
    ...(masked === "true" && { masked: true }),
  };
}

/** Whether bytes begin as an ONNX model: the version of its format, then its writer or graph. */
function isOnnx(bytes: Uint8Array): boolean {
  // A safetensors file has the brace of its header at byte 8.
  return bytes[0] === 0x08 && bytes[1] < 0x40 && bytes[8] !== 0x7b &&
    (bytes[2] === 0x12 || bytes[2] === 0x3a);
}

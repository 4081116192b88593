/**
 * A network policy as a safetensors file.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import {
  type LayerParameters,
  networkLayout,
  packParameters,
  unpackParameters,
} from "../network/layout.ts";
import type { NetworkPolicy } from "../network/policy.ts";
import {
  readSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "./safetensors.ts";

const FORMAT = "holdfast/policy/1";

/**
 * Writes a policy: `layers.{i}.weight` f32 [inputs, outputs], `layers.{i}.bias` f32 [outputs], and
 * `observation.offset` and `observation.scale` f32 [D] where observations are scaled. Metadata:
 * `format`, `outputs` (`logits` or `qValues`), `activation` (`relu`). The bytes depend on nothing
 * but the policy.
 */
export function policyToSafetensors(policy: NetworkPolicy): Uint8Array {
  const tensors = new Map<string, TensorToWrite>();
  unpackParameters(policy.network, policy.parameters).forEach((layer, i) => {
    const { weight, bias, inputs, outputs } = layer;
    tensors.set(`layers.${i}.weight`, {
      shape: [inputs, outputs],
      data: weight,
    });
    tensors.set(`layers.${i}.bias`, { shape: [outputs], data: bias });
  });
  if (policy.scaling) {
    const { offset, scale } = policy.scaling;
    tensors.set("observation.offset", { shape: [offset.length], data: offset });
    tensors.set("observation.scale", { shape: [scale.length], data: scale });
  }
  return writeSafetensors(tensors, {
    format: FORMAT,
    outputs: policy.outputs,
    activation: "relu",
  });
}

/**
 * Reads a policy that {@link policyToSafetensors} wrote.
 *
 * @param name Name of the file, for messages.
 * @throws InputError when the file is damaged or holds something else.
 */
export function policyFromSafetensors(
  bytes: Uint8Array,
  name: string,
): NetworkPolicy {
  const { metadata, tensors } = readSafetensors(bytes, name);
  const fail = (what: string): never => {
    throw new InputError(`${name}: not a policy of this suite: ${what}`);
  };
  if (metadata.format !== FORMAT) fail(`its format is not ${FORMAT}`);
  const { outputs } = metadata;
  if (outputs !== "logits" && outputs !== "qValues") {
    return fail(`unknown outputs ${JSON.stringify(outputs)}`);
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
  const layers: LayerParameters[] = [];
  for (let i = 0; tensors.has(`layers.${i}.weight`); i++) {
    const shape = tensors.get(`layers.${i}.weight`)?.shape ?? [];
    const [inputs, width] = shape;
    if (shape.length !== 2 || inputs === 0 || width === 0) {
      fail(`layer ${i} has no width`);
    }
    if (i > 0 && inputs !== layers[i - 1].outputs) {
      fail(
        `layer ${i} takes ${inputs} inputs after a layer of ${
          layers[i - 1].outputs
        } outputs`,
      );
    }
    layers.push({
      weight: floats(`layers.${i}.weight`, [inputs, width]),
      bias: floats(`layers.${i}.bias`, [width]),
      inputs,
      outputs: width,
    });
  }
  if (layers.length === 0) fail("it has no layers");
  const scaled = tensors.has("observation.offset") ||
    tensors.has("observation.scale");
  const size = [layers[0].inputs];
  const scaling = scaled
    ? {
      offset: floats("observation.offset", size),
      scale: floats("observation.scale", size),
    }
    : null;
  for (const key of tensors.keys()) {
    if (!used.has(key)) fail(`unknown tensor ${key}`);
  }
  const network = networkLayout([
    layers[0].inputs,
    ...layers.map((layer) => layer.outputs),
  ]);
  return {
    network,
    parameters: packParameters(network, layers),
    outputs,
    scaling,
  };
}

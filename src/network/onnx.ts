/**
 * A network policy as an ONNX model, for model servers and other languages
 * (https://onnx.ai; field numbers from onnx/onnx.proto).
 *
 * | | name | type, shape | meaning |
 * |---|---|---|---|
 * | input | `observation` | float [batch, D] | observations as the environment gives them |
 * | input | `allowed` | bool [batch, A] | of a policy trained with action masks: which may be taken |
 * | output | `q_values` or `logits` | float [batch, A] | what the network says |
 * | output | `action` | int64 [batch] | its largest entry that is allowed; the lowest index on a tie |
 *
 * Where the data's actions have names of their own, `action_names` in the model's metadata is the JSON
 * list of them.
 *
 * Opset 17, IR version 8. What the policy does to observations first, the graph does; an ensemble's mean
 * is taken in the graph too. A graph cannot refuse: a name that is none of the categories counts as no
 * name, and where nothing is allowed the action is 0.
 *
 * @module
 */

import { namesToMetadata } from "../dataset/action_codes.ts";
import { observationNamesToMetadata } from "../dataset/observation_names.ts";
import { unpackParameters } from "./layout.ts";
import {
  actionCountOf,
  type NetworkPolicy,
  observationSize,
} from "./policy.ts";
import { concatenatedBytes } from "../numerics/arrays.ts";
import {
  bytesField,
  type Field,
  integerField,
  messageField,
  textField,
} from "../files/protobuf.ts";

/** Opset 17 came with ONNX 1.12, whose intermediate representation is version 8. */
const IR_VERSION = 8;
const OPSET = 17;

/** TensorProto.DataType */
const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;

/**
 * The model's bytes; they depend on nothing but the policy.
 *
 * @param policy The policy.
 *
 * @example A model for other languages
 * ```ts
 * import { datasetFromArrays, policyToOnnx, train } from "@holdfast/offline-rl";
 *
 * const dataset = datasetFromArrays({
 *   observations: [0, 1],
 *   actions: ["wait", "go"],
 *   rewards: [0, 1],
 *   terminated: [0, 1],
 * });
 * const policy = await train(dataset, "bc", { steps: 1 }, { hidden: [8] });
 * Deno.writeFileSync(`${Deno.makeTempDirSync()}/policy.onnx`, policyToOnnx(policy));
 * ```
 */
export function policyToOnnx(policy: NetworkPolicy): Uint8Array<ArrayBuffer> {
  const output = policy.outputs === "logits" ? "logits" : "q_values";
  const actions = actionCountOf(policy);
  const nodes: Field[] = [];
  const initializers: Field[] = [];
  let current = "observation";
  const { encoder } = policy;
  const { inputs } = policy.network.layers[0];
  if (encoder?.kind === "affine") {
    const { offset, scale } = encoder;
    initializers.push(
      tensor("observation_offset", [offset.length], offset),
      tensor("observation_scale", [scale.length], scale),
    );
    nodes.push(
      node("Sub", [current, "observation_offset"], "observation_centred"),
      node("Mul", ["observation_centred", "observation_scale"], "scaled"),
    );
    current = "scaled";
  }
  if (encoder?.kind === "oneHot") {
    // Of each input: the column of the observation that it looks at, and the name that it stands for.
    const places = encoder.categories.flatMap((count, column) =>
      Array.from({ length: count }, (_, name) => [column, name])
    );
    initializers.push(
      tensor(
        "input_column",
        [inputs],
        BigInt64Array.from(places, ([column]) => BigInt(column)),
      ),
      tensor(
        "input_category",
        [inputs],
        Float32Array.from(places, ([_, name]) => name),
      ),
    );
    nodes.push(
      node("Gather", [current, "input_column"], "gathered", { axis: 1 }),
      node("Equal", ["gathered", "input_category"], "is_category"),
      node("Cast", ["is_category"], "one_hot", { to: FLOAT }),
    );
    current = "one_hot";
  }
  const ensemble = policy.members.length > 1;
  const results = policy.members.map((parameters, m) => {
    const prefix = ensemble ? `member_${m}_` : "";
    let value = current;
    const layers = unpackParameters(policy.network, parameters);
    layers.forEach(({ weight, bias, inputs, outputs }, i) => {
      const [weightName, biasName] = [
        `${prefix}weight_${i}`,
        `${prefix}bias_${i}`,
      ];
      initializers.push(
        tensor(weightName, [inputs, outputs], weight),
        tensor(biasName, [outputs], bias),
      );
      const isLast = i + 1 === layers.length;
      const result = isLast
        ? (ensemble ? `${prefix}values` : output)
        : `${prefix}layer_${i}`;
      nodes.push(node("Gemm", [value, weightName, biasName], result));
      value = result;
      if (!isLast) {
        nodes.push(node("Relu", [value], `${prefix}hidden_${i}`));
        value = `${prefix}hidden_${i}`;
      }
    });
    return value;
  });
  if (ensemble) nodes.push(node("Mean", results, output));
  if (policy.masked) {
    initializers.push(
      tensor("forbidden_value", [], Float32Array.of(-Infinity)),
    );
    nodes.push(
      node("Where", ["allowed", output, "forbidden_value"], "allowed_values"),
    );
  }
  nodes.push(
    node("ArgMax", [policy.masked ? "allowed_values" : output], "action", {
      axis: 1,
      keepdims: 0,
      select_last_index: 0,
    }),
  );
  const graph = [
    ...nodes.map((field) => bytesField(1, field)),
    textField(2, "policy"),
    ...initializers.map((field) => bytesField(5, field)),
    value(11, "observation", FLOAT, observationSize(policy)),
    ...(policy.masked ? [value(11, "allowed", BOOL, actions)] : []),
    value(12, output, FLOAT, actions),
    value(12, "action", INT64),
  ];
  return concatenatedBytes([
    integerField(1, IR_VERSION),
    textField(2, "holdfast"),
    messageField(7, graph),
    messageField(8, [textField(1, ""), integerField(2, OPSET)]),
    ...Object.entries({
      ...namesToMetadata(policy.actionNames),
      ...observationNamesToMetadata(policy.observationNames),
    }).map(([key, value]) =>
      messageField(14, [textField(1, key), textField(2, value)])
    ),
  ]);
}

/** NodeProto, without its field number. */
function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number>> = {},
): Field {
  return concatenatedBytes([
    ...inputs.map((input) => textField(1, input)),
    textField(2, output),
    textField(3, output),
    textField(4, operator),
    ...Object.entries(attributes).map(([name, integer]) =>
      // 20: AttributeProto.type, of which 2 is INT.
      messageField(5, [
        textField(1, name),
        integerField(3, integer),
        integerField(20, 2),
      ])
    ),
  ]);
}

/** TensorProto, without its field number. */
function tensor(
  name: string,
  shape: readonly number[],
  data: Float32Array | BigInt64Array,
): Field {
  return concatenatedBytes([
    ...shape.map((size) => integerField(1, size)),
    integerField(2, data instanceof Float32Array ? FLOAT : INT64),
    textField(8, name),
    bytesField(
      9,
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    ),
  ]);
}

/** ValueInfoProto of shape [batch] or [batch, size]. */
function value(
  field: number,
  name: string,
  type: number,
  size?: number,
): Field {
  const dimensions = [messageField(1, [textField(2, "batch")])];
  if (size !== undefined) {
    dimensions.push(messageField(1, [integerField(1, size)]));
  }
  const tensorType = [integerField(1, type), messageField(2, dimensions)];
  return messageField(field, [
    textField(1, name),
    messageField(2, [messageField(1, tensorType)]),
  ]);
}

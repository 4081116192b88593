/**
 * A network policy as an ONNX model, for model servers and other languages
 * (https://onnx.ai; field numbers from onnx/onnx.proto).
 *
 * | | name | type, shape | meaning |
 * |---|---|---|---|
 * | input | `observation` | float [batch, D] | observations as the environment gives them |
 * | input | `allowed` | bool [batch, A] | of a policy trained with action masks: which may be taken |
 * | output | `q_values` or `logits` | float [batch, A] | a value an action; -2^127 of one that the policy's rule excludes |
 * | output | `action` | int64 [batch] | its largest entry that is allowed; the lowest index on a tie |
 *
 * Where the data's actions have names of their own, `action_names` in the model's metadata is the JSON
 * list of them.
 *
 * Opset 17, IR version 8. What the policy does to observations first, the graph does; an ensemble's mean
 * is taken in the graph too, and whatever else the policy's rule makes of its networks' outputs. A graph cannot refuse: a name that is none of the categories counts as no
 * name, and where nothing is allowed the action is 0.
 *
 * @module
 */

import { lowestShare } from "../../kernels/lowest_sum.ts";
import { FORBIDDEN } from "../../kernels/portable.ts";
import { namesToMetadata } from "../dataset/action_codes.ts";
import { observationNamesToMetadata } from "../dataset/observation_names.ts";
import {
  actionLayout,
  exclusionThreshold,
  type Imitator,
} from "./decision_rule.ts";
import { type NetworkLayout, unpackParameters } from "./layout.ts";
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
  const graph = new GraphBuilder();
  const encoded = encode(graph, policy);
  const isMember = policy.members.length > 1;
  const beside = actionLayout(policy.network, actions);
  const members = policy.members.map((parameters, m) => {
    const prefix = isMember ? `member_${m}_` : "";
    const values = memberValues(graph, policy, parameters, encoded, prefix);
    if (!policy.hazard) return values;
    const { members, multipliers } = policy.hazard;
    const own = `${prefix}hazard_`;
    const hazards = addNetwork(graph, beside, members[m], encoded, own);
    graph.scalar(`${own}multiplier`, multipliers[m]);
    graph.scalar(`${own}least`, 0);
    graph.scalar(`${own}most`, 1);
    const clip = [hazards, `${own}least`, `${own}most`];
    const clipped = graph.node("Clip", clip, `${own}probability`);
    graph.node("Mul", [clipped, `${own}multiplier`], `${own}cost`);
    return graph.node("Sub", [values, `${own}cost`], `${own}less`);
  });
  const mean = meanOf(graph, members, "mean", policy.spread);
  if (policy.imitator) {
    exclude(graph, policy.imitator, policy.masked, mean, beside, encoded);
  }
  graph.nameLast(output);
  if (policy.masked) {
    graph.scalar("forbidden_value", -Infinity);
    graph.node(
      "Where",
      ["allowed", output, "forbidden_value"],
      "allowed_values",
    );
  }
  graph.node("ArgMax", [policy.masked ? "allowed_values" : output], "action", {
    axis: 1,
    keepdims: 0,
    select_last_index: 0,
  });
  return concatenatedBytes([
    integerField(1, IR_VERSION),
    textField(2, "holdfast"),
    messageField(7, [
      ...graph.nodes.map((own) => bytesField(1, node(own))),
      textField(2, "policy"),
      ...graph.initializers.map((field) => bytesField(5, field)),
      value(11, "observation", FLOAT, observationSize(policy)),
      ...(policy.masked ? [value(11, "allowed", BOOL, actions)] : []),
      value(12, output, FLOAT, actions),
      value(12, "action", INT64),
    ]),
    messageField(8, [textField(1, ""), integerField(2, OPSET)]),
    ...Object.entries({
      ...namesToMetadata(policy.actionNames),
      ...observationNamesToMetadata(policy.observationNames),
    }).map(([key, value]) =>
      messageField(14, [textField(1, key), textField(2, value)])
    ),
  ]);
}

/** What the policy does to observations first. @returns What the networks take. */
function encode(graph: GraphBuilder, { encoder }: NetworkPolicy): string {
  const observation = "observation";
  if (encoder === null) return observation;
  if (encoder.kind === "affine") {
    const { offset, scale } = encoder;
    graph.tensor("observation_offset", [offset.length], offset);
    graph.tensor("observation_scale", [scale.length], scale);
    graph.node(
      "Sub",
      [observation, "observation_offset"],
      "observation_centred",
    );
    return graph.node(
      "Mul",
      ["observation_centred", "observation_scale"],
      "scaled",
    );
  }
  // Of each input: the column of the observation that it looks at, and the name that it stands for.
  const places = encoder.categories.flatMap((count, column) =>
    Array.from({ length: count }, (_, name) => [column, name])
  );
  graph.integers("input_column", places.map(([column]) => column));
  graph.tensor(
    "input_category",
    [places.length],
    Float32Array.from(places, ([_, name]) => name),
  );
  graph.node("Gather", [observation, "input_column"], "gathered", { axis: 1 });
  graph.node("Equal", ["gathered", "input_category"], "is_category");
  return graph.node("Cast", ["is_category"], "one_hot", { to: FLOAT });
}

/** The layers of a network. @returns Its outputs. */
function addNetwork(
  graph: GraphBuilder,
  layout: NetworkLayout,
  parameters: Float32Array,
  input: string,
  prefix: string,
): string {
  const layers = unpackParameters(layout, parameters);
  return layers.reduce((current, { weight, bias, inputs, outputs }, i) => {
    const [weightName, biasName] = [
      `${prefix}weight_${i}`,
      `${prefix}bias_${i}`,
    ];
    graph.tensor(weightName, [inputs, outputs], weight);
    graph.tensor(biasName, [outputs], bias);
    const isLast = i + 1 === layers.length;
    const result = `${prefix}${isLast ? "values" : `layer_${i}`}`;
    graph.node("Gemm", [current, weightName, biasName], result);
    return isLast
      ? result
      : graph.node("Relu", [result], `${prefix}hidden_${i}`);
  }, input);
}

/** A member's value of each action. */
function memberValues(
  graph: GraphBuilder,
  policy: NetworkPolicy,
  parameters: Float32Array,
  encoded: string,
  prefix: string,
): string {
  const { network, quantiles, risk = 1 } = policy;
  const outputs = addNetwork(graph, network, parameters, encoded, prefix);
  if (quantiles === undefined) return outputs;
  const name = (what: string) => `${prefix}quantile_${what}`;
  const { whole, fraction, scale } = lowestShare(quantiles, risk);
  graph.integers(name("shape"), [-1, actionCountOf(policy), quantiles]);
  graph.node("Reshape", [outputs, name("shape")], name("values"));
  let counted = name("values");
  if (risk < 1) {
    const weights = Array(whole).fill(1);
    if (fraction > 0) weights.push(fraction);
    counted = name("lowest");
    lowest(graph, name("values"), weights.length, counted);
    if (fraction > 0) {
      const data = Float32Array.from(weights);
      graph.tensor(name("weights"), [data.length], data);
      counted = graph.node("Mul", [counted, name("weights")], name("weighted"));
    }
  }
  graph.integers(name("axis"), [2]);
  graph.node("ReduceSum", [counted, name("axis")], name("sum"), {
    keepdims: 0,
  });
  graph.scalar(name("scale"), scale);
  return graph.node("Mul", [name("sum"), name("scale")], name("mean"));
}

/** The smallest so many of an action's quantiles, in ascending order. */
function lowest(
  graph: GraphBuilder,
  values: string,
  count: number,
  result: string,
): void {
  graph.integers(`${result}_count`, [count]);
  graph.node("TopK", [values, `${result}_count`], [result, `${result}_index`], {
    axis: 2,
    largest: 0,
    sorted: 1,
  });
}

/** The mean of some values, less `spread` times their deviation. */
function meanOf(
  graph: GraphBuilder,
  values: readonly string[],
  name: string,
  spread = 0,
): string {
  if (values.length === 1) return values[0];
  const mean = graph.node("Mean", values, name);
  if (spread === 0) return mean;
  const squares = values.map((value, m) => {
    const difference = graph.node("Sub", [value, mean], `difference_${m}`);
    return graph.node("Mul", [difference, difference], `square_${m}`);
  });
  graph.node("Mean", squares, "variance");
  graph.node("Sqrt", ["variance"], "deviation");
  graph.scalar("spread", spread);
  graph.node("Mul", ["deviation", "spread"], "deviations");
  return graph.node("Sub", [mean, "deviations"], "cautious");
}

/** Writes {@link FORBIDDEN} over the values of actions that the imitator excludes. */
function exclude(
  graph: GraphBuilder,
  { members, flexibility }: Imitator,
  masked: boolean | undefined,
  values: string,
  layout: NetworkLayout,
  encoded: string,
): void {
  const each = members.map((parameters, m) =>
    addNetwork(graph, layout, parameters, encoded, `imitator_${m}_`)
  );
  const logits = meanOf(graph, each, "imitator_logits");
  let may = logits;
  if (masked) {
    graph.scalar("impossible", -Infinity);
    may = graph.node("Where", ["allowed", logits, "impossible"], "possible");
  }
  graph.integers("one", [1]);
  // Like ReduceMax, whose axes are another kind of attribute in each opset.
  graph.node("TopK", [may, "one"], ["likeliest", "likeliest_index"], {
    axis: 1,
    largest: 1,
    sorted: 1,
  });
  graph.node("Sub", [logits, "likeliest"], "less_likely_by");
  graph.scalar("threshold", exclusionThreshold(flexibility));
  graph.node("Greater", ["less_likely_by", "threshold"], "is_likely");
  graph.scalar("excluded_value", FORBIDDEN);
  graph.node("Where", ["is_likely", values, "excluded_value"], "likely_values");
}

/** A node of the graph, called by its first output. */
interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, number>>;
}

/** Nodes and constants, in their order. */
class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly initializers: Field[] = [];

  /** @returns Name of its first output. */
  node(
    operator: string,
    inputs: readonly string[],
    outputs: string | readonly string[],
    attributes: Readonly<Record<string, number>> = {},
  ): string {
    const names = typeof outputs === "string" ? [outputs] : outputs;
    this.nodes.push({ operator, inputs, outputs: names, attributes });
    return names[0];
  }

  /** Calls the output of the last node so. */
  nameLast(name: string): void {
    this.nodes.push({ ...this.nodes.pop()!, outputs: [name] });
  }

  tensor(
    name: string,
    shape: readonly number[],
    data: Float32Array | BigInt64Array,
  ): void {
    this.initializers.push(tensor(name, shape, data));
  }

  scalar(name: string, value: number): void {
    this.tensor(name, [], Float32Array.of(value));
  }

  integers(name: string, values: readonly number[]): void {
    this.tensor(name, [values.length], BigInt64Array.from(values, BigInt));
  }
}

/** NodeProto, without its field number. */
function node({ operator, inputs, outputs, attributes }: GraphNode): Field {
  return concatenatedBytes([
    ...inputs.map((input) => textField(1, input)),
    ...outputs.map((output) => textField(2, output)),
    textField(3, outputs[0]),
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

import assert from "node:assert/strict";
import * as ort from "onnxruntime-web/wasm";
import { policyToOnnx } from "../../src/network/onnx.ts";
import { readSafetensors } from "../../src/files/safetensors.ts";
import {
  type LayerParameters,
  networkLayout,
  packParameters,
} from "../../src/network/layout.ts";
import {
  actionCountOf,
  evaluatePolicy,
  greedyActions,
  type NetworkPolicy,
  observationSize,
} from "../../src/network/policy.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { randomMask, randomRule } from "./random_rule.ts";

// By default the library would fetch its WebAssembly and start threads.
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = Deno.readFileSync(
  new URL(
    import.meta.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"),
  ),
);

function policyOf(
  layers: LayerParameters[],
  outputs: NetworkPolicy["outputs"],
  encoder: NetworkPolicy["encoder"],
): NetworkPolicy {
  const sizes = [layers[0].inputs, ...layers.map((layer) => layer.outputs)];
  const network = networkLayout(sizes);
  return {
    network,
    members: [packParameters(network, layers)],
    outputs,
    encoder,
  };
}

function randomPolicy(
  sizes: number[],
  outputs: NetworkPolicy["outputs"],
  isScaled: boolean,
  uniform: () => number,
): NetworkPolicy {
  const layers = sizes.slice(1).map((width, i) => {
    const inputs = sizes[i];
    const bound = 1 / Math.sqrt(inputs);
    const draw = () => (2 * uniform() - 1) * bound;
    return {
      inputs,
      outputs: width,
      weight: new Float32Array(inputs * width).map(draw),
      bias: new Float32Array(width).map(draw),
    };
  });
  const encoder = isScaled
    ? {
      kind: "affine" as const,
      offset: new Float32Array(sizes[0]).map(() => 4 * uniform() - 2),
      scale: new Float32Array(sizes[0]).map(() => 0.1 + uniform()),
    }
    : null;
  return policyOf(layers, outputs, encoder);
}

/** Runs the model in onnxruntime; `allowed` goes with a masked policy. */
async function runOnnx(
  policy: NetworkPolicy,
  observations: Float32Array,
  allowed?: Uint8Array,
) {
  const size = observationSize(policy);
  const output = policy.outputs === "logits" ? "logits" : "q_values";
  const session = await ort.InferenceSession.create(policyToOnnx(policy));
  assert.deepEqual(session.inputNames, [
    "observation",
    ...(allowed ? ["allowed"] : []),
  ]);
  assert.deepEqual(session.outputNames, [output, "action"]);
  const rows = observations.length / size;
  const observation = new ort.Tensor("float32", observations, [rows, size]);
  const result = await session.run({
    observation,
    ...(allowed && {
      allowed: new ort.Tensor("bool", allowed, [rows, allowed.length / rows]),
    }),
  });
  await session.release();
  assert.deepEqual(result.action.dims, [rows]);
  return {
    values: result[output].data as Float32Array,
    actions: Int32Array.from(result.action.data as BigInt64Array, Number),
  };
}

/** The network in f64, written plainly: [rows, actions]. */
function plainNetwork(
  layers: LayerParameters[],
  encoder: NetworkPolicy["encoder"],
  observations: Float32Array,
): Float64Array {
  const size = layers[0].inputs;
  let values = Float64Array.from(
    observations,
    (x, i) =>
      encoder?.kind === "affine"
        ? (x - encoder.offset[i % size]) * encoder.scale[i % size]
        : x,
  );
  layers.forEach(({ weight, bias, inputs, outputs }, l) => {
    const rows = values.length / inputs;
    const next = new Float64Array(rows * outputs);
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < outputs; o++) {
        let sum = bias[o];
        for (let i = 0; i < inputs; i++) {
          sum += values[r * inputs + i] * weight[i * outputs + o];
        }
        next[r * outputs + o] = l + 1 < layers.length ? Math.max(sum, 0) : sum;
      }
    }
    values = next;
  });
  return values;
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert(
      Math.abs(actual[i] - expected[i]) <= 1e-5,
      `element ${i}: ${actual[i]} for ${expected[i]}`,
    );
  }
}

Deno.test("ONNX: onnxruntime gives the native policy's actions and values", async () => {
  const seed = 11;
  console.log(`seed ${seed}`);
  const { uniform } = randomStream(seed, "test/onnx");
  const cases: [number[], NetworkPolicy["outputs"], boolean, number][] = [
    [[2, 64, 64, 4], "qValues", true, 10_000],
    [[2, 256, 256, 4], "logits", false, 1000],
    [[1, 7, 2], "qValues", false, 1000],
    [[12, 33, 7, 9], "logits", true, 1000],
    [[5, 3], "qValues", true, 1],
  ];
  for (const [sizes, outputs, isScaled, rows] of cases) {
    const policy = randomPolicy(sizes, outputs, isScaled, uniform);
    const observations = new Float32Array(rows * sizes[0])
      .map(() => 30 * uniform() - 15);
    const { values, actions } = await runOnnx(policy, observations);
    const native = evaluatePolicy(policy, observations);
    assertClose(values, native);
    const actionCount = sizes[sizes.length - 1];
    assert.deepEqual(actions, greedyActions(native, actionCount));
  }
});

Deno.test("ONNX: an ensemble's mean, on every cell of the default grid", async () => {
  const seed = 12;
  console.log(`seed ${seed}`);
  const { uniform } = randomStream(seed, "test/onnx");
  const members = [0, 1, 2].flatMap(() =>
    randomPolicy([2, 64, 64, 4], "qValues", false, uniform).members
  );
  const policy = {
    ...randomPolicy([2, 64, 64, 4], "qValues", true, uniform),
    members,
  };
  const cells = Float32Array.from(
    { length: 450 },
    (_, i) => i % 2 === 0 ? Math.floor(i / 30) : (i >> 1) % 15,
  );
  const { values, actions } = await runOnnx(policy, cells);
  const native = evaluatePolicy(policy, cells);
  assertClose(values, native);
  assert.deepEqual(actions, greedyActions(native, 4));
});

Deno.test("ONNX: the parameters of the real library's run, against plain f64", async () => {
  const file = readSafetensors(
    Deno.readFileSync(
      new URL("../fixtures/d3rlpy/bc_random.safetensors", import.meta.url),
    ),
    "bc_random",
  );
  const layers = [0, 1, 2].map((i): LayerParameters => {
    const weight = file.tensors.get(`init.${i}.weight`)!;
    const bias = file.tensors.get(`init.${i}.bias`)!;
    assert(weight.dtype === "F32" && bias.dtype === "F32");
    const [outputs, inputs] = weight.shape;
    const transposed = new Float32Array(inputs * outputs);
    for (let o = 0; o < outputs; o++) {
      for (let n = 0; n < inputs; n++) {
        transposed[n * outputs + o] = weight.data[o * inputs + n];
      }
    }
    return { weight: transposed, bias: bias.data, inputs, outputs };
  });
  const observations = file.tensors.get("batch.observations")!;
  assert(observations.dtype === "F32");
  const policy = policyOf(layers, "logits", null);
  const { values, actions } = await runOnnx(policy, observations.data);
  const plain = plainNetwork(layers, null, observations.data);
  assertClose(values, plain);
  assert.deepEqual(
    actions,
    greedyActions(Float32Array.from(plain), layers[2].outputs),
  );
});

Deno.test("ONNX: the lowest index wins a tie; scaling is (x - offset) * scale", async () => {
  const tie = policyOf(
    [{
      inputs: 1,
      outputs: 4,
      weight: Float32Array.of(0, 1, 0, 1),
      bias: Float32Array.of(0, 0, 0, 0),
    }],
    "qValues",
    {
      kind: "affine",
      offset: Float32Array.of(2),
      scale: Float32Array.of(0.5),
    },
  );
  const { values, actions } = await runOnnx(tie, Float32Array.of(2, 4, -2));
  assert.deepEqual(
    [...values].map((x) => x + 0),
    [0, 0, 0, 0, 0, 1, 0, 1, 0, -2, 0, -2],
  );
  assert.deepEqual([...actions], [0, 1, 0]);
});

Deno.test("ONNX: the bytes depend on nothing but the policy", () => {
  const layer = {
    inputs: 2,
    outputs: 2,
    weight: Float32Array.of(1, 2, 3, 4),
    bias: Float32Array.of(5, 6),
  };
  const encoder = {
    kind: "affine" as const,
    offset: Float32Array.of(7, 8),
    scale: Float32Array.of(9, 10),
  };
  const bytes = policyToOnnx(policyOf([layer, layer], "qValues", encoder));
  // This model passed the checker of Python's onnx 1.12.0 with full_check.
  assert.equal(
    sha256Hex(bytes),
    "8146e4feb3a43ffc576419a91d85669fb05bc84ce334d3d13cb9172aae857956",
  );
});

Deno.test("ONNX: names of actions stand in the model's metadata", async () => {
  const { uniform } = randomStream(13, "test/onnx");
  const plain = randomPolicy([2, 3], "logits", false, uniform);
  const named = { ...plain, actionNames: ["-1", "4", "ü"] };
  const text = '["-1","4","ü"]';
  const value = new TextEncoder().encode(text);
  // StringStringEntryProto {key = 1, value = 2} in ModelProto.metadata_props = 14.
  const entry = [10, 12, ...new TextEncoder().encode("action_names"), 18];
  const whole = [...entry, value.length, ...value];
  assert.deepEqual(
    policyToOnnx(named),
    Uint8Array.of(
      ...policyToOnnx(plain),
      ...[14 * 8 + 2, whole.length, ...whole],
    ),
  );
  const observations = Float32Array.of(1, 2, -3, 4);
  const { actions } = await runOnnx(named, observations);
  assert.deepEqual(
    actions,
    greedyActions(evaluatePolicy(plain, observations), 3),
  );
});

Deno.test("ONNX: names are one-hot in the graph, and only allowed actions are chosen", async () => {
  const seed = 14;
  console.log(`seed ${seed}`);
  const { uniform, integer } = randomStream(seed, "test/onnx");
  const categories = [7, 1, 40];
  const rows = 500;
  const observations = Float32Array.from(
    { length: rows * 3 },
    (_, i) => integer(categories[i % 3]),
  );
  const single = () => randomPolicy([48, 16, 5], "qValues", false, uniform);
  for (const count of [1, 2]) {
    const policy: NetworkPolicy = {
      ...single(),
      members: Array.from({ length: count }, () => single().members[0]),
      encoder: { kind: "oneHot", categories },
      masked: true,
    };
    const allowed = new Uint8Array(rows * 5).map(() => integer(2));
    for (let row = 0; row < rows; row++) allowed[row * 5 + integer(5)] = 1;
    const { values, actions } = await runOnnx(policy, observations, allowed);
    const native = evaluatePolicy(policy, observations);
    assertClose(values, native);
    assert.deepEqual(actions, greedyActions(native, 5, allowed));
    assert(actions.every((action, row) => allowed[row * 5 + action] === 1));
  }
});

Deno.test("ONNX: whatever a rule makes of the outputs, the graph makes", async () => {
  const seed = 15;
  console.log(`seed ${seed}`);
  const random = randomStream(seed, "test/onnx");
  for (let round = 0; round < 60; round++) {
    const policy = randomRule(random);
    const actionCount = actionCountOf(policy);
    const rows = 20;
    const observations = new Float32Array(2 * rows)
      .map(() => 4 * random.uniform() - 2);
    const allowed = policy.masked && randomMask(rows, actionCount, random);
    const { values, actions } = await runOnnx(policy, observations, allowed);
    const native = evaluatePolicy(policy, observations, allowed);
    assertClose(values, native);
    assert.deepEqual(
      actions,
      greedyActions(native, actionCount, allowed),
      `round ${round}`,
    );
  }
});

Deno.test("ONNX: a name that is none, and a row that allows nothing", async () => {
  const layer = {
    inputs: 3,
    outputs: 2,
    weight: Float32Array.of(1, 2, 4, 3, 5, 6),
    bias: Float32Array.of(-10, -20),
  };
  const categories = [2, 1];
  const { values, actions } = await runOnnx(
    {
      ...policyOf([layer], "logits", { kind: "oneHot", categories }),
      masked: true,
    },
    Float32Array.of(0, 0, 1, 0, 2, 0.5, 1, 0),
    Uint8Array.of(1, 1, 0, 1, 1, 1, 0, 0),
  );
  assert.deepEqual([...values], [-4, -12, -1, -11, -10, -20, -1, -11]);
  assert.deepEqual([...actions], [0, 1, 0, 0]);
});

import { deepEqual, equal, throws } from "node:assert/strict";
import {
  policyFromSafetensors,
  policyToSafetensors,
} from "../../src/network/policy_file.ts";
import { policyToOnnx } from "../../src/network/onnx.ts";
import { distinctRows } from "../../src/dataset/distinct_rows.ts";
import { InputError } from "../../src/errors.ts";
import {
  readSafetensors,
  writeSafetensors,
} from "../../src/files/safetensors.ts";
import { greedyPolicy } from "../../src/mdp/policy.ts";
import { initialParameters } from "../../src/network/initial.ts";
import {
  networkLayout,
  packParameters,
  unpackParameters,
} from "../../src/network/layout.ts";
import {
  evaluatePolicy,
  greedyActions,
  type NetworkPolicy,
} from "../../src/network/policy.ts";
import { minmaxScaling, scaleObservations } from "../../src/network/scaling.ts";

const network = networkLayout([2, 3, 2]);
/** y = (relu(x0 + 1), relu(x1), relu(-x0)) · [[1, 0], [0, 2], [3, 0]] + (0.5, 0). */
const parameters = packParameters(network, [
  {
    weight: Float32Array.of(1, 0, -1, 0, 1, 0),
    bias: Float32Array.of(1, 0, 0),
    inputs: 2,
    outputs: 3,
  },
  {
    weight: Float32Array.of(1, 0, 0, 2, 3, 0),
    bias: Float32Array.of(0.5, 0),
    inputs: 3,
    outputs: 2,
  },
]);
const policy: NetworkPolicy = {
  network,
  members: [parameters],
  outputs: "qValues",
  scaling: null,
};

Deno.test("a network worked by hand", () => {
  const values = evaluatePolicy(policy, Float32Array.of(2, 3, -2, -1));
  deepEqual([...values], [3.5, 6, 6.5, 0]);
  deepEqual([...greedyActions(values, 2)], [1, 0]);
});

Deno.test("many rows give what each gives alone", () => {
  const rows = 10_000;
  const observations = Float32Array.from(
    { length: 2 * rows },
    (_, i) => (i * 7919) % 100 - 50,
  );
  const values = evaluatePolicy(policy, observations);
  equal(values.length, 2 * rows);
  for (const row of [0, 4095, 4096, 8191, 8192, rows - 1]) {
    const one = observations.subarray(2 * row, 2 * row + 2);
    const both = values.subarray(2 * row, 2 * row + 2);
    deepEqual([...both], [...evaluatePolicy(policy, one)]);
  }
});

Deno.test("the lowest index wins a tie", () => {
  deepEqual([...greedyActions(Float32Array.of(1, 1, 0, 2, 5, 5), 3)], [0, 1]);
});

Deno.test("sizes that do not fit are refused, nothing is made up", () => {
  const three = new Float32Array(3);
  const scaling = { offset: new Float32Array(2), scale: new Float32Array(2) };
  const shortMember = { ...policy, members: [parameters.subarray(1)] };
  const layers = unpackParameters(network, parameters);
  for (
    const work of [
      () => evaluatePolicy(policy, three),
      () => evaluatePolicy({ ...policy, members: [] }, new Float32Array(2)),
      () => evaluatePolicy(shortMember, new Float32Array(2)),
      () => greedyActions(three, 2),
      () => greedyActions(three, 0),
      () => greedyPolicy(Int32Array.of(0, 2), 2),
      () => distinctRows(three, 2),
      () => minmaxScaling(three, 2),
      () => scaleObservations(three, scaling),
      () => networkLayout([2]),
      () => networkLayout([2, 0, 2]),
      () => networkLayout([2, 1.5, 2]),
      () => unpackParameters(network, three),
      () => packParameters(network, [layers[0]]),
      () => packParameters(network, [layers[1], layers[0]]),
    ]
  ) throws(work, InputError, `${work}`);
});

Deno.test("an ensemble is the mean of its members", () => {
  const other = packParameters(
    network,
    unpackParameters(network, parameters).map((layer, l) =>
      l === 1 ? { ...layer, bias: Float32Array.of(2.5, 1) } : layer
    ),
  );
  const ensemble = { ...policy, members: [parameters, other] };
  const values = evaluatePolicy(ensemble, Float32Array.of(2, 3));
  deepEqual([...values], [4.5, 6.5]);
});

Deno.test("scaling maps the data's range to [-1, 1], a constant column to 0", () => {
  const data = Float32Array.of(0, 7, 4, 7, 2, 7);
  const scaling = minmaxScaling(data, 2);
  deepEqual([...scaleObservations(data, scaling)], [-1, 0, 1, 0, 0, 0]);
  // A range whose inverse f32 cannot hold is as good as none.
  const narrow = minmaxScaling(Float32Array.of(1e-40, 2e-40), 1);
  deepEqual([...narrow.scale], [1]);
  const scaled = { ...policy, scaling };
  deepEqual(
    evaluatePolicy(scaled, Float32Array.of(4, 9)),
    evaluatePolicy(policy, Float32Array.of(1, 2)),
  );
});

Deno.test("packing and unpacking are inverse and leave the padding at 0", () => {
  deepEqual(
    packParameters(network, unpackParameters(network, parameters)),
    parameters,
  );
  equal(parameters.length, 3 * 4 + 4 * 4);
  equal(parameters[3], 0);
});

Deno.test("initial parameters keep their bounds; members differ, the first is the single network's", () => {
  const first = initialParameters(network, 5, 0);
  const layers = unpackParameters(network, first);
  const within = (values: Float32Array, bound: number) =>
    values.every((x) => Math.abs(x) <= bound && x !== 0);
  equal(within(layers[0].weight, Math.SQRT1_2), true);
  equal(within(layers[1].bias, 1 / Math.sqrt(3)), true);
  deepEqual(first, initialParameters(network, 5, 0));
  equal(first.some((x, i) => x !== initialParameters(network, 5, 1)[i]), true);
});

for (const members of [1, 3]) {
  Deno.test(`a policy file of ${members} comes back as it was, and damage is reported`, () => {
    const all = Array.from(
      { length: members },
      (_, m) => initialParameters(network, 1, m),
    );
    const scaling = minmaxScaling(Float32Array.of(0, 1, 2, 3), 2);
    const whole: NetworkPolicy = { ...policy, members: all, scaling };
    const bytes = policyToSafetensors(whole);
    deepEqual(policyFromSafetensors(bytes, "p"), whole);
    deepEqual(policyToSafetensors(policyFromSafetensors(bytes, "p")), bytes);
    throws(() => policyFromSafetensors(bytes.slice(0, -4), "p"), InputError);
    const nan = bytes.slice();
    new DataView(nan.buffer).setFloat32(nan.length - 4, NaN, true);
    throws(() => policyFromSafetensors(nan, "p"), InputError);
  });
}

Deno.test("a policy file keeps the names of actions, and only where there are some", () => {
  const named = { ...policy, actionNames: ["-1", "10"] };
  const bytes = policyToSafetensors(named);
  deepEqual(policyFromSafetensors(bytes, "p"), named);
  equal(
    readSafetensors(bytes, "p").metadata.action_names,
    '["-1","10"]',
  );
  equal(
    readSafetensors(policyToSafetensors(policy), "p").metadata.action_names,
    undefined,
  );
});

Deno.test("what is not a policy of this suite gets its line", () => {
  const { metadata, tensors } = readSafetensors(
    policyToSafetensors(policy),
    "p",
  );
  const fails = (change: Record<string, string>, what: string) =>
    throws(
      () =>
        policyFromSafetensors(
          writeSafetensors(tensors, { ...metadata, ...change }),
          "p",
        ),
      new InputError(`p: ${what}`),
    );
  const no = "not a policy of this suite:";
  fails({ format: "pt" }, `${no} its format is not holdfast/policy/1`);
  fails(
    { activation: "tanh" },
    `${no} its activation is "tanh", and only "relu" is computed here`,
  );
  const { activation: _, ...without } = metadata;
  throws(
    () => policyFromSafetensors(writeSafetensors(tensors, without), "p"),
    new InputError(
      `p: ${no} its activation is undefined, and only "relu" is computed here`,
    ),
  );
  fails({ action_names: '["a"]' }, "1 names for 2 actions");
  fails({ action_names: '["0"]' }, "1 names for 2 actions");
  fails({ action_names: "[]" }, "0 names for 2 actions");
  fails(
    { action_names: "a" },
    "action_names in its metadata is not a JSON list of texts",
  );
  throws(
    () => policyFromSafetensors(policyToOnnx(policy), "p.onnx"),
    new InputError(
      "p.onnx: an ONNX model; give the policy.safetensors that a run leaves beside it",
    ),
  );
});

for (
  const [name, what] of [
    ["p_members1e9", "layer 0 has no width"],
    [
      "p_ansi",
      "unknown tensor x\\u001b]0;PWNED\\u0007\\u001b[2J\\u001b[31mpolicy is fine\\u001b[0m",
    ],
  ]
) {
  Deno.test(`${name}.safetensors is refused`, () => {
    const bytes = Deno.readFileSync(
      new URL(`../fixtures/cases/${name}.safetensors`, import.meta.url),
    );
    throws(
      () => policyFromSafetensors(bytes, "p"),
      new InputError(`p: not a policy of this suite: ${what}`),
    );
  });
}

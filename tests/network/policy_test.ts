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
  type TensorToWrite,
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
import {
  encodeObservations,
  fitEncoder,
  inputSize,
  minmaxEncoder,
} from "../../src/network/encoder.ts";

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
  encoder: null,
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
  const encoder = {
    kind: "affine",
    offset: new Float32Array(2),
    scale: new Float32Array(2),
  } as const;
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
      () => minmaxEncoder(three, 2),
      () => encodeObservations(three, encoder),
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
  const encoder = minmaxEncoder(data, 2);
  deepEqual([...encodeObservations(data, encoder)], [-1, 0, 1, 0, 0, 0]);
  // [width of the range, what its ends become, what 2 becomes]
  for (
    const [width, ends, two] of [
      [2 ** -125, [-1, 1], 2 ** 127],
      [2 ** -125 - 2 ** -149, [0, 0], 2],
      [2 ** -126, [0, 0], 2],
      [1e-40, [0, 0], 2],
      [2 ** -149, [0, 0], 2],
      [0, [0, 0], 2],
    ] as const
  ) {
    const column = Float32Array.of(0, width);
    const narrow = minmaxEncoder(column, 1);
    deepEqual([...encodeObservations(column, narrow)], ends, `${width}`);
    deepEqual([...encodeObservations(Float32Array.of(2), narrow)], [two]);
  }
  const scaled = { ...policy, encoder };
  deepEqual(
    evaluatePolicy(scaled, Float32Array.of(4, 9)),
    evaluatePolicy(policy, Float32Array.of(1, 2)),
  );
});

Deno.test("names become inputs of their own, number by number, and nothing else passes", () => {
  const encoder = { kind: "oneHot", categories: [3, 2] } as const;
  deepEqual(
    [...encodeObservations(Float32Array.of(2, 0, -0, 1), encoder)],
    [0, 0, 1, 1, 0, 1, 0, 0, 0, 1],
  );
  const layout = networkLayout([5, 2]);
  const named: NetworkPolicy = {
    network: layout,
    members: [packParameters(layout, [{
      weight: Float32Array.of(1, 2, 3, 4, 5, 6, 10, 20, 30, 40),
      bias: Float32Array.of(0.5, 0),
      inputs: 5,
      outputs: 2,
    }])],
    outputs: "logits",
    encoder,
  };
  deepEqual(
    [...evaluatePolicy(named, Float32Array.of(2, 0, 0, 1))],
    [15.5, 26, 31.5, 42],
  );
  for (const wrong of [3, -1, 0.5, NaN, Infinity]) {
    const rows = new Float32Array(2 * 5000);
    rows[2 * 4999] = wrong;
    throws(
      () => evaluatePolicy(named, rows),
      new InputError(
        `number 0 of observation 4999 is ${wrong}, not a whole number from 0 to 2`,
      ),
    );
  }
  // 2^25 numbers a row: 33 rows are more than 4 GiB.
  const categories = [2 ** 24, 2 ** 24];
  throws(
    () =>
      encodeObservations(new Float32Array(66), { kind: "oneHot", categories }),
    new InputError(
      "network.encoder: oneHot of 33554432 categories makes a table of 33 observations too large; use other features",
    ),
  );
});

Deno.test("an encoder is fitted to what is said of names, or else to the largest", () => {
  const observed = {
    observations: Float32Array.of(1, 0, 4, 0),
    observationSize: 2,
  };
  const categories = (names?: number[]) =>
    fitEncoder("oneHot", { ...observed, observationCategories: names });
  deepEqual(categories(), { kind: "oneHot", categories: [5, 1] });
  deepEqual(categories([7, 2]), { kind: "oneHot", categories: [7, 2] });
  equal(fitEncoder("none", observed), null);
  equal(inputSize("oneHot", observed), 6);
  equal(inputSize("minmax", observed), 2);
  for (const wrong of [-1, 1.5, 2 ** 24]) {
    throws(
      () =>
        fitEncoder("oneHot", {
          ...observed,
          observations: Float32Array.of(1, 0, 4, wrong),
        }),
      new InputError(
        `network.encoder: oneHot takes whole numbers from 0 to 16777215, and number 1 of an observation is ${wrong}: use none or minmax`,
      ),
    );
  }
});

Deno.test("a policy file keeps categories and masks, and refuses others", () => {
  const layout = networkLayout([5, 2]);
  const whole: NetworkPolicy = {
    network: layout,
    members: [initialParameters(layout, 1, 0), initialParameters(layout, 1, 1)],
    outputs: "qValues",
    encoder: { kind: "oneHot", categories: [3, 2] },
    masked: true,
  };
  const bytes = policyToSafetensors(whole);
  deepEqual(policyFromSafetensors(bytes, "p"), whole);
  deepEqual(policyToSafetensors(policyFromSafetensors(bytes, "p")), bytes);
  const { metadata, tensors } = readSafetensors(bytes, "p");
  equal(metadata.masked, "true");
  const refusal = (
    key: string,
    data: Uint32Array | Float32Array,
    masked = "true",
  ) => {
    try {
      policyFromSafetensors(
        writeSafetensors(
          new Map<string, TensorToWrite>([
            ...tensors,
            [key, { shape: [data.length], data }],
          ]),
          { ...metadata, masked },
        ),
        "p",
      );
    } catch (error) {
      return (error as Error).message;
    }
  };
  const categories = "observation.categories";
  const line =
    "p: not a policy of this suite: observation.categories is not U32 [D] of sum 5, its network's inputs";
  equal(refusal(categories, Uint32Array.of(5)), undefined);
  equal(refusal(categories, Uint32Array.of(3, 3)), line);
  equal(refusal(categories, Uint32Array.of(5, 0)), line);
  equal(refusal(categories, new Uint32Array(0)), line);
  equal(refusal(categories, Float32Array.of(3, 2)), line);
  equal(
    refusal("observation.offset", new Float32Array(5)),
    "p: not a policy of this suite: unknown tensor observation.offset",
  );
  equal(
    refusal(categories, Uint32Array.of(5), "false"),
    'p: not a policy of this suite: masked is "false", not "true"',
  );
});

Deno.test("the greedy action is an allowed one", () => {
  const values = Float32Array.of(1, 5, 5, -1, -2, -3);
  const greedy = (...allowed: number[]) => [
    ...greedyActions(values, 3, Uint8Array.from(allowed)),
  ];
  deepEqual(greedy(1, 1, 1, 1, 1, 1), [1, 0]);
  deepEqual(greedy(1, 0, 1, 0, 0, 1), [2, 2]);
  deepEqual(greedy(1, 0, 0, 0, 1, 1), [0, 1]);
  throws(
    () => greedy(1, 0, 0, 0, 0, 0),
    new InputError("row 1 allows no action"),
  );
  throws(() => greedy(1, 0, 0), InputError);
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
    const encoder = minmaxEncoder(Float32Array.of(0, 1, 2, 3), 2);
    const whole: NetworkPolicy = { ...policy, members: all, encoder };
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
  fails(
    { format: "pt" },
    `${no} its format is not holdfast/policy/1 or holdfast/policy/2`,
  );
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

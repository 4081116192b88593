import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { datasetFromArrays } from "../../../src/dataset/formats/arrays.ts";
import { logOf } from "../../../src/evaluation/off_policy/log.ts";
import { pairsOf } from "../../../src/evaluation/off_policy/pairs.ts";
import {
  countedPropensities,
  policyPropensities,
} from "../../../src/evaluation/off_policy/propensities.ts";
import { returnQuantity } from "../../../src/evaluation/off_policy/quantity.ts";
import { referenceTarget } from "../../../src/evaluation/off_policy/references.ts";
import { networkTarget } from "../../../src/evaluation/off_policy/target.ts";
import { networkLayout, packParameters } from "../../../src/network/layout.ts";
import type { NetworkPolicy } from "../../../src/network/policy.ts";

/** Outputs for x: x, 2 - x, 0. */
const layout = networkLayout([1, 3]);
const network: NetworkPolicy = {
  network: layout,
  members: [
    packParameters(layout, [{
      weight: Float32Array.of(1, -1, 0),
      bias: Float32Array.of(0, 2, 0),
      inputs: 1,
      outputs: 3,
    }]),
  ],
  outputs: "qValues",
  encoder: null,
};

const arrays = {
  observations: [0, 2, 0, 2, 0],
  actions: [0, 1, 0, 2, 2],
  rewards: [0, 1, 0, -1, 5],
  terminated: [0, 1, 0, 1, 1],
  actionCount: 3,
};
const dataset = datasetFromArrays(arrays);
const log = logOf(dataset);

Deno.test("a network acts greedily, softly or by epsilon", () => {
  deepEqual([...log.observations], [0, 2]);
  const greedy = networkTarget(log, network, { kind: "greedy" });
  deepEqual([...greedy], [0, 1, 0, 1, 0, 0]);
  const mixed = networkTarget(log, network, { kind: "epsilon", epsilon: 0.3 });
  deepEqual([...mixed].map((p) => Math.round(p * 1e6) / 1e6), [
    ...[0.1, 0.8, 0.1],
    ...[0.8, 0.1, 0.1],
  ]);
  const soft = networkTarget(log, network, { kind: "softmax", temperature: 2 });
  const sum = 1 + Math.E + 1;
  [1, Math.E, 1, Math.E, 1, 1].forEach((p, i) =>
    ok(Math.abs(soft[i] - p / sum) < 1e-12)
  );
});

Deno.test("a network acts among what is allowed", () => {
  const mask = [[1, 0, 1], [0, 1, 1], [1, 0, 1], [0, 1, 1], [1, 0, 1]];
  const masked = logOf(
    datasetFromArrays({
      ...arrays,
      allowed: mask,
      finalObservations: [2, 2, 2],
      finalAllowed: [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
    }),
  );
  equal(masked.stateCount, 2);
  const policy: NetworkPolicy = { ...network, masked: true };
  const target = (acting: Parameters<typeof networkTarget>[2]) => [
    ...networkTarget(masked, policy, acting),
  ];
  // 0, not 2, in the first: the lowest index of a tie.
  deepEqual(target({ kind: "greedy" }), [1, 0, 0, 0, 1, 0]);
  deepEqual(target({ kind: "epsilon", epsilon: 1 }), [
    0.5,
    0,
    0.5,
    0,
    0.5,
    0.5,
  ]);
  deepEqual(
    target({ kind: "softmax", temperature: 1 }),
    [0.5, 0, 0.5, 0, 0.5, 0.5],
  );
  throws(
    () => networkTarget(log, policy, { kind: "greedy" }),
    /^InputError: the policy was trained with action masks/,
  );
});

Deno.test("a network that excludes an action takes it by chance alone", () => {
  // 1 is the likeliest, 0 nearly as likely, 2 hardly so.
  const imitator = {
    members: [
      packParameters(layout, [{
        weight: new Float32Array(3),
        bias: Float32Array.of(-0.1, 0, -9),
        inputs: 1,
        outputs: 3,
      }]),
    ],
    flexibility: 0.3,
  };
  const policy: NetworkPolicy = { ...network, imitator };
  const soft = networkTarget(log, policy, {
    kind: "softmax",
    temperature: 1e38,
  });
  deepEqual([...soft], [0.5, 0.5, 0, 0.5, 0.5, 0]);
  const mixed = networkTarget(log, policy, { kind: "epsilon", epsilon: 0.75 });
  deepEqual([...mixed], [0.25, 0.5, 0.25, 0.5, 0.25, 0.25]);
});

Deno.test("references from the log, and propensities of its actions", () => {
  const pairs = pairsOf(log);
  const quantity = returnQuantity(dataset, 1);
  const reference = (name: Parameters<typeof referenceTarget>[3]) =>
    [...referenceTarget(log, pairs, quantity, name)].map((p) =>
      Math.round(p * 1e9) / 1e9
    );
  const third = 0.333333333;
  deepEqual(reference("behaviour"), [0.666666667, 0, third, 0, 0.5, 0.5]);
  deepEqual(reference("mostFrequentAction"), [1, 0, 0, 0, 1, 0]);
  // In 0 the end with 5 is better than going on, in 2 the end with 1 than that with -1.
  deepEqual(reference("maximumLikelihoodModel"), [0, 0, 1, 0, 1, 0]);
  // No pair was seen seven times: all is left to who acted.
  deepEqual(reference("spibb"), reference("behaviour"));
  const counted = countedPropensities(log, pairs);
  deepEqual(
    [...counted],
    [...policyPropensities(
      log,
      referenceTarget(log, pairs, quantity, "behaviour"),
      "b",
    )],
  );
  throws(
    () => policyPropensities(log, Float64Array.of(1, 0, 0, 0, 1, 0), "b"),
    /^InputError: b: it never takes the action of episode 1, step 1 of the data/,
  );
});

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import {
  readSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "../../src/files/safetensors.ts";
import {
  evaluatePolicy,
  type NetworkPolicy,
} from "../../src/network/policy.ts";
import {
  policyFromSafetensors,
  policyToSafetensors,
} from "../../src/network/policy_file.ts";
import { networkLayout } from "../../src/network/layout.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { mutate } from "../dataset/mutate.ts";
import { randomParameters, randomRule } from "./random_rule.ts";

const SEED = 33;

/** A policy whose rule has every part. */
function wholeRule(): NetworkPolicy {
  const random = randomStream(SEED, "test/rule-file");
  const network = networkLayout([2, 3, 8]);
  const beside = networkLayout([2, 3, 2]);
  const two = (layout: typeof network) => [
    randomParameters(layout, random),
    randomParameters(layout, random),
  ];
  return {
    network,
    members: two(network),
    outputs: "qValues",
    encoder: null,
    quantiles: 4,
    risk: 0.3,
    spread: 0.5,
    imitator: { members: two(beside), flexibility: 0.25 },
    hazard: { members: two(beside), multipliers: [0, 1.5] },
  };
}

const whole = wholeRule();
const bytes = policyToSafetensors(whole);

Deno.test("random rules come back from their file as they were", () => {
  console.log(`seed ${SEED}`);
  const random = randomStream(SEED, "test/rule-file/random");
  for (let round = 0; round < 100; round++) {
    const policy = randomRule(random);
    const file = policyToSafetensors(policy);
    deepEqual(policyFromSafetensors(file, "p"), policy);
    deepEqual(policyToSafetensors(policyFromSafetensors(file, "p")), file);
  }
});

Deno.test("a rule is in the file by name; its format says that there is one", () => {
  const { metadata, tensors } = readSafetensors(bytes, "p");
  deepEqual(metadata, {
    activation: "relu",
    flexibility: "0.25",
    format: "holdfast/policy/2",
    outputs: "qValues",
    quantiles: "4",
    risk: "0.3",
    spread: "0.5",
  });
  const shapes = [...tensors].map(([name, { shape }]) => `${name} ${shape}`);
  deepEqual(shapes.sort(), [
    "hazard.layers.0.bias 2,3",
    "hazard.layers.0.weight 2,2,3",
    "hazard.layers.1.bias 2,2",
    "hazard.layers.1.weight 2,3,2",
    "hazard.multipliers 2",
    "imitator.layers.0.bias 2,3",
    "imitator.layers.0.weight 2,2,3",
    "imitator.layers.1.bias 2,2",
    "imitator.layers.1.weight 2,3,2",
    "layers.0.bias 2,3",
    "layers.0.weight 2,2,3",
    "layers.1.bias 2,8",
    "layers.1.weight 2,3,8",
  ]);
  const { network, members, outputs, encoder } = whole;
  const plain = policyToSafetensors({ network, members, outputs, encoder });
  equal(readSafetensors(plain, "p").metadata.format, "holdfast/policy/1");
});

/** The message with which a file that says something else is refused. */
function refusal(
  meta: Record<string, string | undefined>,
  change: Record<string, TensorToWrite | undefined> = {},
): string | undefined {
  const { metadata, tensors } = readSafetensors(bytes, "p");
  const without = <T>(all: Record<string, T | undefined>) =>
    Object.fromEntries(
      Object.entries(all).filter(([_, x]) => x !== undefined),
    ) as Record<string, T>;
  const changed = writeSafetensors(
    new Map(Object.entries(
      without<TensorToWrite>({ ...Object.fromEntries(tensors), ...change }),
    )),
    without<string>({ ...metadata, ...meta }),
  );
  try {
    policyFromSafetensors(changed, "p");
  } catch (error) {
    ok(error instanceof InputError);
    return error.message.replace("p: not a policy of this suite: ", "");
  }
}

Deno.test("a rule that is none is refused in one line", () => {
  const numbers: [string, string, string][] = [
    [
      "quantiles",
      "3",
      "8 outputs are not those of 3 quantiles",
    ],
    ["quantiles", "8", "imitator.layers are of widths 2,3,2, not 2,3,1"],
    ["quantiles", "four", 'quantiles is "four", not a number'],
    ["quantiles", "4.0", 'quantiles is "4.0", not a number'],
    ["quantiles", "-4", "8 outputs are not those of -4 quantiles"],
    ["risk", "0", "risk is 0, not above 0 and at most 1"],
    ["risk", "1.5", "risk is 1.5, not above 0 and at most 1"],
    ["risk", "NaN", "risk is NaN, not above 0 and at most 1"],
    ["spread", "-1", "spread is -1, not a number from 0 to 1000000"],
    [
      "spread",
      "Infinity",
      "spread is Infinity, not a number from 0 to 1000000",
    ],
    ["flexibility", "1", "flexibility is 1, not from 0 and below 1"],
    ["flexibility", "", 'flexibility is "", not a number'],
    [
      "spread",
      "\u001b[2J",
      'spread is "\\u001b[2J", not a number',
    ],
  ];
  for (const [key, text, line] of numbers) {
    equal(refusal({ [key]: text }), line);
  }
  equal(
    refusal({ flexibility: undefined }),
    "its imitator has no flexibility",
  );
  equal(
    refusal({ format: "holdfast/policy/1" }),
    "its format is holdfast/policy/1, which does not fit its rule",
  );
  const f32 = (shape: number[], ...data: number[]) => ({
    shape,
    data: Float32Array.from(data),
  });
  const multipliers = "hazard.multipliers";
  equal(
    refusal({}, { [multipliers]: undefined }),
    "hazard.multipliers is not F32 of shape [2]",
  );
  equal(
    refusal({}, { [multipliers]: f32([1], 1) }),
    "hazard.multipliers is not F32 of shape [2]",
  );
  equal(
    refusal({}, { [multipliers]: f32([2], 1, -1) }),
    "a multiplier is not a number from 0",
  );
  equal(
    refusal({}, { [multipliers]: f32([2], 1, Infinity) }),
    "hazard.multipliers holds a number that is not finite",
  );
  equal(
    refusal({}, { "hazard.layers.1.bias": undefined }),
    "hazard.layers.1.bias is not F32 of shape [2,2]",
  );
  equal(
    refusal({}, { "imitator.layers.0.weight": undefined }),
    "the first layer of imitator.layers is not a matrix",
  );
  equal(
    refusal({}, { "imitator.other": f32([1], 1) }),
    "unknown tensor imitator.other",
  );
  const { network, members, outputs, encoder } = whole;
  const plain = readSafetensors(
    policyToSafetensors({ network, members, outputs, encoder }),
    "p",
  );
  throws(
    () =>
      policyFromSafetensors(
        writeSafetensors(plain.tensors, {
          ...plain.metadata,
          format: "holdfast/policy/2",
        }),
        "p",
      ),
    new InputError(
      "p: not a policy of this suite: its format is holdfast/policy/2, which does not fit its rule",
    ),
  );
});

Deno.test(`2000 damaged files of a rule (seed ${SEED}): one line, or a policy that can be evaluated`, () => {
  const random = randomStream(SEED, "test/rule-file/damage");
  let refused = 0;
  for (let i = 0; i < 2000; i++) {
    // Half of them in the header, where the rule is.
    const header = 8 + bytes[0] + 256 * bytes[1];
    const half = random.integer(2) === 0;
    const { bytes: damaged, what } = half
      ? mutate(bytes, random)
      : mutate(bytes.subarray(0, header), random);
    const file = half
      ? damaged
      : Uint8Array.of(...damaged, ...bytes.subarray(header));
    try {
      const policy = policyFromSafetensors(file, "p");
      evaluatePolicy(policy, new Float32Array(policy.network.layers[0].inputs));
    } catch (error) {
      ok(error instanceof InputError, `${what}: ${error}`);
      ok(!/[\r\n]/.test(error.message), `${what}: ${error.message}`);
      ok(error.message.startsWith("p: "), `${what}: ${error.message}`);
      ok(error.message.length < 400, `${what}: ${error.message}`);
      refused++;
    }
  }
  ok(refused > 1000, `${refused} refused`);
});

import { equal, ok, rejects } from "node:assert/strict";
import { referenceBackend } from "../../src/backends/reference.ts";
import { InputError } from "../../src/errors.ts";
import {
  readSafetensors,
  writeSafetensors,
} from "../../src/files/safetensors.ts";
import { checkConformance } from "../../src/checks/conformance.ts";
import { bitDifferences } from "../../src/checks/kernel_check.ts";

const fixture = (name: string) =>
  Deno.readFileSync(
    new URL(`../fixtures/d3rlpy/${name}.safetensors`, import.meta.url),
  );

Deno.test("a NaN in what is recorded conforms to nothing, wherever it stands", async () => {
  const { tensors, metadata } = readSafetensors(
    fixture("dqn_random"),
    "dqn_random",
  );
  for (
    const name of [
      "expect.loss",
      "expect.step1.0.weight",
      "expect.step30.2.bias",
    ]
  ) {
    const data = tensors.get(name)!.data as Float64Array;
    for (const i of [0, data.length - 1]) {
      const value = data[i];
      data[i] = NaN;
      const off = writeSafetensors(tensors, metadata);
      data[i] = value;
      const result = await checkConformance(off, "nan", referenceBackend);
      ok(!result.passed, `${name} ${i}`);
      const { lossDifference, parameterDifference } = result;
      ok(Number.isNaN(
        name === "expect.loss" ? lossDifference : parameterDifference,
      ));
    }
  }
});

Deno.test("fixtures of what the suite does not train are refused, not misread", async () => {
  const { tensors, metadata } = readSafetensors(
    fixture("dqn_random"),
    "dqn_random",
  );
  const refusal = async (changes: Record<string, string>) => {
    const bytes = writeSafetensors(tensors, { ...metadata, ...changes });
    try {
      await checkConformance(bytes, "f", referenceBackend);
    } catch (error) {
      ok(error instanceof InputError, `${error}`);
      return error.message;
    }
  };
  equal(
    await refusal({ algorithm: '"td3"' }),
    'f: algorithm "td3": there are fixtures of discrete_bc, discrete_cql, dqn, double_dqn, discrete_fqe, discrete_bcq, discrete_sac',
  );
  equal(
    await refusal({ q_function: '"iqn"' }),
    'f: q_function "iqn" of dqn cannot be replayed',
  );
  equal(
    await refusal({ q_function: '"qr"' }),
    'f: not a conformance fixture: metadata has no "n_quantiles"',
  );
  equal(
    await refusal({ n_critics: "0" }),
    'f: not a conformance fixture: "n_critics" is 0',
  );
  equal(
    await refusal({ algorithm: '"discrete_fqe"', n_critics: "2" }),
    "f: n_critics 2 of discrete_fqe cannot be replayed",
  );
  equal(
    await refusal({ n_critics: "2" }),
    'f: not a conformance fixture: "init.critic0.0.weight" should be Float32 with 160 elements',
  );
  const rewards = tensors.get("batch.rewards")!.data as Float32Array;
  rewards[1] = NaN;
  equal(await refusal({}), "f: episode 1, step 0: the reward is NaN");
});

Deno.test("a policy that is none is refused: no action, or two in one observation", async () => {
  const { tensors, metadata } = readSafetensors(
    fixture("fqe_grid"),
    "fqe_grid",
  );
  const name = "batch.next_policy_actions";
  const actions = tensors.get(name)!.data as Int32Array;
  const after = tensors.get("batch.next_observations")!.data as Float32Array;
  const terminals = tensors.get("batch.terminals")!.data as Float32Array;
  const size = after.length / actions.length;
  const places = new Map<string, number[]>();
  actions.forEach((_, i) => {
    if (terminals[i] === 1) return;
    const place = `${after.subarray(i * size, (i + 1) * size)}`;
    places.set(place, [...places.get(place) ?? [], i]);
  });
  const [, again] = [...places.values()].find(({ length }) => length > 1)!;
  const action = actions[again];
  for (
    const [other, message] of [
      [-1, `f: "${name}" has the action -1`],
      [99, `f: "${name}" has the action 99`],
      [
        action === 0 ? 1 : 0,
        `f: "${name}" has two actions for one observation`,
      ],
    ] as const
  ) {
    actions[again] = other;
    const bytes = writeSafetensors(tensors, metadata);
    await rejects(
      checkConformance(bytes, "f", referenceBackend),
      new InputError(message),
    );
  }
  // After a terminal it has no effect.
  actions[again] = action;
  actions[terminals.indexOf(1)] = 99;
  const bytes = writeSafetensors(tensors, metadata);
  ok((await checkConformance(bytes, "f", referenceBackend)).passed);
});

Deno.test("two arrays with the same NaN differ there", () => {
  const x = Float32Array.of(1, NaN, 0);
  equal(bitDifferences(x, x), 1);
  equal(bitDifferences(x, Float32Array.of(1, NaN, -0)), 2);
});

Deno.test("a parameter that is off by 1e-4 does not conform; damage is reported in one line", async () => {
  const bytes = fixture("bc_random");
  const { tensors, metadata } = readSafetensors(bytes.slice(), "bc_random");
  const bias = tensors.get("expect.step1.0.bias")!.data as Float64Array;
  bias[0] += 1e-4;
  const off = writeSafetensors(tensors, metadata);
  const { passed } = await checkConformance(off, "off", referenceBackend);
  ok(!passed);
  await rejects(
    checkConformance(bytes.slice(0, -8), "short", referenceBackend),
    InputError,
  );
});

Deno.test("a fixture that would let everything pass is refused", async () => {
  const { tensors, metadata } = readSafetensors(
    fixture("bc_random"),
    "bc_random",
  );
  for (const claimed of ["1e300", "0.01", "-1"]) {
    const bytes = writeSafetensors(tensors, {
      ...metadata,
      torch_float32_max_abs_error: claimed,
    });
    await rejects(
      checkConformance(bytes, "f", referenceBackend),
      new InputError(
        `f: not a conformance fixture: "torch_float32_max_abs_error" is ${+claimed}; ` +
          "a tolerance beyond 0.01 would show nothing",
      ),
    );
  }
});

import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { configureAlgorithm } from "../../src/algorithms/index.ts";
import { displacementModel } from "../../src/algorithms/displacements/model.ts";
import { referenceBackend as backend } from "../../src/backends/reference.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { alarmBell } from "../../src/evaluation/alarms.ts";
import { networkLayout, packParameters } from "../../src/network/layout.ts";
import {
  evaluatePolicy,
  greedyActions,
  type NetworkPolicy,
} from "../../src/network/policy.ts";
import { policyToSafetensors } from "../../src/network/policy_file.ts";
import type { Checkpoint } from "../../src/training/checkpoint.ts";
import { InterruptedError, learn } from "../../src/run/learn.ts";
import { lineData, PLACES } from "../algorithms/line.ts";

const dataset = lineData();
const algorithm = configureAlgorithm("cql", {
  steps: 40,
  batchSize: 16,
  logInterval: 5,
  ensembleSize: 3,
  learningRate: 0.01,
  targetUpdateInterval: 5,
  checkpointChoice: "model",
});
const options = {
  config: {
    ...resolveConfig("smoke", {}, { seed: 8 }),
    network: { hidden: [6], encoder: "minmax" as const },
  },
  problem: { dataset, environment: null },
  algorithm,
  backend,
};

Deno.test("the policy is the candidate of the second half that is worth most, resumed or not", async () => {
  const { policy, columns, rows } = await learn(options);
  const model = displacementModel(dataset, algorithm.settings.gamma);
  if (typeof model === "string") throw new Error(model);
  const values = rows.filter(([step]) => 2 * step > 40)
    .map((row) => row[columns.indexOf("modelValue")]);
  const actions = greedyActions(
    evaluatePolicy(policy, model.rows.observations),
    2,
  );
  equal(model.value(actions), Math.max(...values));
  // A member alone, and not after the last step: otherwise this seed tests little.
  equal(policy.members.length, 1);
  ok(values.at(-1)! < Math.max(...values));

  for (const stopAt of [23, 33]) {
    let kept: { checkpoint: Checkpoint; rows: number[][] } | null = null;
    let done = 0;
    const table: number[][] = [];
    const checkpoints = {
      interval: 1000,
      load: () => kept,
      save(checkpoint: Checkpoint) {
        kept = { checkpoint, rows: table.slice() };
      },
    };
    await learn({
      ...options,
      checkpoints,
      onRow: (row) => table.push([...row]),
      onStep: (step) => done = step,
      stop: () => done >= stopAt,
    }).then(() => ok(false), (error) => ok(error instanceof InterruptedError));
    notEqual(kept, null);
    const resumed = await learn({ ...options, checkpoints });
    deepEqual(policyToSafetensors(resumed.policy), policyToSafetensors(policy));
    deepEqual(resumed.rows, rows);
  }
});

/** Action values that are the same everywhere. */
function constantPolicy(...bias: number[]): NetworkPolicy {
  const network = networkLayout([1, 2]);
  return {
    network,
    members: [
      packParameters(network, [{
        weight: new Float32Array(2),
        bias: Float32Array.from(bias),
        inputs: 1,
        outputs: 2,
      }]),
    ],
    outputs: "qValues",
    encoder: null,
  };
}

Deno.test("alarms: a policy far below the plan, and values above all returns", () => {
  const bell = alarmBell(dataset, 0.9, true);
  equal(bell.misfit, null);
  const good = bell.alarms(constantPolicy(5, 0), 0.5);
  deepEqual(good, {
    modelValue: good.planValue,
    planValue: good.planValue,
    largestActionValue: 10,
    largestReturn: 10,
    raised: [],
  });
  const bad = bell.alarms(constantPolicy(0, 5.6), 0.5);
  // To the left for ever: -1 a step but for the noise.
  ok(bad.modelValue! < -9 && bad.modelValue! > -10, `${bad.modelValue}`);
  equal(bad.planValue, good.planValue);
  ok(Math.abs(bad.largestActionValue! - 11.2) < 1e-5);
  deepEqual(bad.raised, ["modelValue", "largestActionValue"]);

  const names = alarmBell(
    { ...dataset, observationCategories: [PLACES] },
    0.9,
    true,
  );
  equal(names.misfit, "observations are names, not quantities");
  deepEqual(names.alarms(constantPolicy(0, 5), 0.5), {
    modelValue: null,
    planValue: null,
    largestActionValue: 10,
    largestReturn: 10,
    raised: [],
  });
  deepEqual(
    bell.alarms({ ...constantPolicy(0, 99), outputs: "logits" }, 1).raised,
    ["modelValue"],
  );
});

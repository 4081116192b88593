import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { referenceBackend } from "../../../src/backends/reference.ts";
import { wasmBackend } from "../../../src/backends/wasm.ts";
import { collectDataset } from "../../../src/dataset/collect.ts";
import type { Dataset } from "../../../src/dataset/dataset.ts";
import { learntRows } from "../../../src/dataset/ends.ts";
import { datasetFromArrays } from "../../../src/dataset/formats/arrays.ts";
import { InputError } from "../../../src/errors.ts";
import {
  fittedQEvaluation,
  type FittedQOptions,
  type FittedQuantity,
} from "../../../src/evaluation/off_policy/fitted_q_evaluation.ts";
import { optimalStationaryActions } from "../../../src/mdp/optimal.ts";
import { makeEnvironment } from "../../../src/run/problem.ts";

const wasm = wasmBackend({ threads: 1 });

const SMALL: Omit<FittedQOptions, "horizon"> = {
  steps: 1_200,
  hidden: [16],
  batchSize: 32,
  learningRate: 0.01,
};

function near(
  actual: number,
  expected: number,
  tolerance: number,
  what: string,
) {
  ok(
    Math.abs(actual - expected) <= tolerance,
    `${what}: ${actual}, not ${expected} within ${tolerance}`,
  );
}

/** Fitted Q evaluation in a table, in float64: H rounds of means over the samples of each pair, from 0. */
function inTables(
  dataset: Dataset,
  target: Float64Array,
  { rewards, discount }: FittedQuantity,
  horizon: number,
): { actionValues: Float64Array; visits: Float64Array; value: number } {
  const { actionCount: A, episodeOffsets, actions, terminated } = dataset;
  const { count, rowOf } = learntRows(dataset);
  const episodes = episodeOffsets.length - 1;
  let q = new Float64Array(count * A);
  const visits = new Float64Array(count * A);
  const valueOf = (row: number) =>
    q.subarray(row * A, (row + 1) * A)
      .reduce((sum, x, a) => sum + target[row * A + a] * x, 0);
  for (let round = 0; round < horizon; round++) {
    const sums = new Float64Array(count * A);
    visits.fill(0);
    for (let e = 0; e < episodes; e++) {
      for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
        const pair = rowOf[i + e] * A + actions[i];
        visits[pair]++;
        sums[pair] += rewards[i] +
          (terminated[i] ? 0 : discount * valueOf(rowOf[i + e + 1]));
      }
    }
    q = sums.map((sum, pair) => visits[pair] > 0 ? sum / visits[pair] : 0);
  }
  let value = 0;
  for (let e = 0; e < episodes; e++) {
    value += valueOf(rowOf[episodeOffsets[e] + e]) / episodes;
  }
  return { actionValues: q, visits, value };
}

Deno.test("an endless loop that pays 1 a step is worth as many as the horizon has steps", async () => {
  const dataset = datasetFromArrays({
    observations: [0, 0],
    actions: [0, 1],
    rewards: [1, 3],
    terminated: [0, 0],
    truncated: [0, 1],
    finalObservations: [0],
  });
  const rewards = dataset.rewards;
  for (
    const [horizon, discount, first, second] of [
      [1, 1, 1, 3],
      [7, 1, 7, 9],
      [4, 0.5, 1.875, 3.875],
    ]
  ) {
    const [{ actionValues, values, value }] = await fittedQEvaluation(
      dataset,
      Float64Array.of(1, 0),
      [{ rewards, discount }],
      { ...SMALL, horizon },
      wasm,
    );
    near(actionValues[0], first, 0.02 * first, `H = ${horizon}, action 0`);
    near(actionValues[1], second, 0.02 * second, `H = ${horizon}, action 1`);
    deepEqual([...values], [actionValues[0]]);
    equal(value, values[0]);
  }
});

Deno.test("on a frozen lake networks come near the table: return, discounted return, success and length", async () => {
  const { mdp } = makeEnvironment("frozenLake", { maxSteps: 50 });
  const { actionCount: A, horizon } = mdp;
  const best = optimalStationaryActions(mdp, 0.99);
  const mixed = (epsilon: number) =>
    Float64Array.from(
      { length: mdp.stateCount * A },
      (_, i) =>
        epsilon / A + (best[Math.floor(i / A)] === i % A ? 1 - epsilon : 0),
    );
  const dataset = collectDataset(mdp, mixed(0.4), 300, 3);
  const { count, observations } = learntRows(dataset);
  const target = new Float64Array(count * A);
  // An observation is the state's index.
  observations.forEach((state, row) =>
    target.set(mixed(0.1).subarray(state * A, (state + 1) * A), row * A)
  );
  const { rewards, actions } = dataset;
  const quantities = [
    { rewards: rewards.map((r) => 50 * r), discount: 1 },
    { rewards, discount: 0.9 },
    { rewards: actions.map(() => 1), discount: 1 },
  ];
  const found = await fittedQEvaluation(
    dataset,
    target,
    quantities,
    {
      hidden: [32],
      steps: 5_000,
      batchSize: 128,
      learningRate: 0.003,
      horizon: horizon!,
    },
    wasm,
  );
  for (const [q, quantity] of quantities.entries()) {
    const expected = inTables(dataset, target, quantity, horizon!);
    const largest = Math.max(...expected.actionValues);
    near(found[q].value, expected.value, 0.05 * largest, `quantity ${q}`);
    // Pairs count as often as the data hold them.
    const off = expected.actionValues.reduce(
      (sum, value, pair) =>
        sum + expected.visits[pair] *
          Math.abs(found[q].actionValues[pair] - value),
      0,
    ) / actions.length;
    ok(off < 0.05 * largest, `quantity ${q}: off by ${off} of ${largest}`);
  }
});

Deno.test("a quantity's bits are the same on the reference, alone and beside others", async () => {
  const { mdp, behaviour } = makeEnvironment("gridworld", { size: 5 });
  const dataset = collectDataset(mdp, behaviour, 12, 3);
  const { count } = learntRows(dataset);
  const A = dataset.actionCount;
  const target = new Float64Array(count * A).fill(1 / A);
  const quantities = [
    { rewards: dataset.rewards, discount: 1 },
    { rewards: dataset.rewards, discount: 0.9 },
    { rewards: dataset.terminated, discount: 1 },
  ];
  const options = { horizon: 5, steps: 40, hidden: [9], batchSize: 8 };
  const together = await fittedQEvaluation(
    dataset,
    target,
    quantities,
    options,
    referenceBackend,
  );
  const alone = [];
  for (const quantity of quantities) {
    alone.push(
      ...await fittedQEvaluation(dataset, target, [quantity], options, wasm),
    );
  }
  deepEqual(alone, together);
  ok(together.every(({ value }) => Number.isFinite(value)));
  const other = await fittedQEvaluation(
    dataset,
    target,
    quantities,
    { ...options, seed: 1 },
    wasm,
  );
  ok(other.every(({ value }, q) => value !== together[q].value));
});

Deno.test("what does not fit is refused in a line", async () => {
  const dataset = datasetFromArrays({
    observations: [0, 1],
    actions: [0, 1],
    rewards: [0, 1],
    terminated: [0, 1],
  });
  const refusal = async (
    target: number[],
    quantity: Partial<FittedQuantity>,
    options: Partial<FittedQOptions>,
    message: string,
  ) =>
    await rejects(
      fittedQEvaluation(
        dataset,
        Float64Array.from(target),
        [{ rewards: dataset.rewards, discount: 1, ...quantity }],
        { horizon: 2, ...options },
        wasm,
      ),
      new InputError(message),
    );
  const uniform = [0.5, 0.5, 0.5, 0.5];
  await refusal(
    [1, 0],
    {},
    {},
    "the policy's table: has 2 entries where 4 are needed",
  );
  await refusal(
    [0.5, 0.5, 0.5, 0.25],
    {},
    {},
    "the policy's probabilities in distinct observation 1 are no distribution: they sum to 0.75",
  );
  await refusal(
    [2, -1, 1, 0],
    {},
    {},
    "the policy's probabilities in distinct observation 0 are no distribution: they sum to 1",
  );
  await refusal(
    uniform,
    { rewards: [1] },
    {},
    "the rewards: has 1 entries where 2 are needed",
  );
  await refusal(
    uniform,
    { rewards: [1, Infinity] },
    {},
    "a reward is not finite",
  );
  await refusal(
    uniform,
    { discount: 1.5 },
    {},
    "the discount is 1.5: give one from 0 to 1",
  );
  await refusal(
    uniform,
    {},
    { horizon: 0 },
    "fitted Q evaluation: horizon: must be an integer from 1 to 100000000, not 0",
  );
  await refusal(
    uniform,
    {},
    { hidden: [] },
    "fitted Q evaluation: network.hidden: must have at least one layer, not a list of 0",
  );
});

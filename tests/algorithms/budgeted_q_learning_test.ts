import { deepEqual, equal, ok, throws } from "node:assert/strict";
import {
  budgetedConservativeQLearning,
  configureAlgorithm,
  suspicionsOfData,
} from "../../src/algorithms/index.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { collectDataset } from "../../src/dataset/collect.ts";
import { learntRows } from "../../src/dataset/ends.ts";
import { datasetFromArrays } from "../../src/dataset/formats/arrays.ts";
import { unsafeSteps } from "../../src/dataset/step_outcomes.ts";
import { makeEnvironment } from "../../mod.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { requireRoomToLearn } from "../../src/run/sizes.ts";
import { InputError } from "../../src/errors.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import { optimalStationaryActions } from "../../src/mdp/optimal.ts";
import { randomTask, type Shape } from "../../src/backends/random_task.ts";
import { learntUnder, ledgeWorld } from "./ledge.ts";

const SHAPE = {
  inputs: 3,
  hidden: [9, 7],
  actions: 4,
  batchSize: 16,
  runs: 2,
  interval: 5,
  episodes: 30,
};

async function trained(shape: Shape, steps: number) {
  const session = await wasmBackend({ threads: 2 }).open(
    randomTask(shape, 5, steps),
  );
  const losses = await session.run(steps);
  const { buffers } = await session.read();
  await session.close();
  return { losses, buffers };
}

for (const masked of [false, true]) {
  Deno.test(`with a budget of 1 it is CQL, bit for bit${masked ? ", masked" : ""}`, async () => {
    const steps = 150;
    const shape = { ...SHAPE, masked };
    const cql = await trained({ ...shape, algorithm: "cql" }, steps);
    const budgeted = await trained(
      { ...shape, algorithm: "budgetedCql", budget: 1 },
      steps,
    );
    ok(cql.buffers.parameters.every(Number.isFinite));
    for (const [name, values] of Object.entries(cql.buffers)) {
      deepEqual(budgeted.buffers[name], values, name);
    }
    // The first two of five terms.
    const terms = Array.from(
      { length: steps * SHAPE.runs },
      (_, i) => [...budgeted.losses.subarray(5 * i, 5 * i + 2)],
    );
    deepEqual(terms.flat(), [...cql.losses]);
    for (const run of [0, 1]) equal(budgeted.buffers.multiplier[4 * run], 0);
    // A smaller budget decides otherwise.
    const small = await trained({ ...shape, algorithm: "budgetedCql" }, steps);
    ok(
      cql.buffers.parameters.some((x, i) => x !== small.buffers.parameters[i]),
    );
  });
}

Deno.test("the multiplier follows the excess, within its bounds", async () => {
  const shape = { ...SHAPE, algorithm: "budgetedCql" as const, runs: 1 };
  const steps = 300;
  const largest = 0.3;
  const settings = {
    batchSize: shape.batchSize,
    targetUpdateInterval: shape.interval,
    multiplierRate: 20,
    largestMultiplier: largest,
    unsafeReward: -8,
    budget: 0.4,
    rewardScale: 0.5,
  };
  const task = randomTask(shape, 6, steps);
  const program = budgetedConservativeQLearning.build(
    configureAlgorithm("budgetedCql", settings).settings,
    {
      observationSize: shape.inputs,
      hidden: shape.hidden,
      actionCount: shape.actions,
      tableRows: task.program.tableRows,
      largestReward: 0.8,
    },
  );
  const session = await referenceBackend.open({ ...task, program });
  // In units of the largest reward, scaled.
  const unit = 0.8 * 0.5;
  const rate = 20 * unit / shape.interval;
  let multiplier = 0;
  let [rose, fell, reached] = [0, 0, 0];
  for (let step = 1; step <= steps; step++) {
    const [, , , excess, shown] = await session.run(step);
    ok(Math.abs(shown - multiplier) <= 1e-6, `step ${step}: ${shown}`);
    const change = rate * excess;
    change > 0 ? rose++ : fell++;
    multiplier = Math.min(largest * unit, Math.max(0, multiplier + change));
    if (multiplier === largest * unit) reached++;
    const { buffers } = await session.read();
    const [found] = buffers.multiplier;
    ok(Math.abs(found - multiplier) <= 1e-6, `step ${step}: ${found}`);
    // Rounding does not add up.
    multiplier = found;
  }
  await session.close();
  ok(rose > 10 && fell > 10 && reached > 0, `${[rose, fell, reached]}`);
});

Deno.test("what is unsafe, and where episodes start, in tables", () => {
  const dataset = datasetFromArrays({
    observations: [0, 1, 0, 0, 1, 1],
    actions: [0, 1, 1, 0, 1, 0],
    rewards: [0, -5, 0, 0, 3, -7],
    terminated: [0, 1, 0, 0, 1, 1],
  });
  const { rowOf, count } = learntRows(dataset);
  equal(count, 2);
  const tables = (unsafeReward: number | null, flags?: Uint8Array) =>
    budgetedConservativeQLearning.tables!(
      configureAlgorithm("budgetedCql", { unsafeReward }).settings,
      {
        dataset,
        rowOf,
        rowCount: count,
        ...(flags && { unsafeSteps: () => flags }),
      },
    );
  // Rows are 0 and 1; (1, 1) was taken twice, (1, 0) once.
  const shares = (...own: number[]) => Float32Array.from(own);
  deepEqual(tables(-5).unsafeShares, shares(0, 0, 1, 0.5));
  deepEqual(tables(-6).unsafeShares, shares(0, 0, 1, 0));
  // What the environment says is not asked where the rewards do.
  const flags = Uint8Array.of(0, 0, 1, 0, 1, 0);
  deepEqual(tables(-5, flags).unsafeShares, shares(0, 0, 1, 0.5));
  deepEqual(tables(null, flags).unsafeShares, shares(0, 1, 0, 0.5));
  // Two of three transitions in 0 begin an episode, one of three in 1; there are six for three episodes.
  deepEqual(
    tables(-5).startWeights,
    Float32Array.of(2 * 2 / 3, 2 * 1 / 3),
  );
  throws(
    () => tables(null),
    new InputError(
      "algorithms.budgetedCql.unsafeReward: the environment calls nothing unsafe, or is not known: give the reward at or below which a step is unsafe",
    ),
  );
});

Deno.test("data that do not say what is unsafe are refused before anything is written", () => {
  const { mdp, behaviour } = makeEnvironment("gridworld", { size: 5 });
  const dataset = collectDataset(mdp, behaviour, 5, 3);
  const check = (unsafeReward: number | null) =>
    requireRoomToLearn(
      resolveConfig("smoke", {
        environment: null,
        without: ["bc", "cql"],
        algorithms: { budgetedCql: { unsafeReward } },
      }, { datasetSha256: "0".repeat(64) }),
      wasmBackend({ threads: 1 }),
      { dataset, environment: null },
    );
  check(-100);
  throws(
    () => check(null),
    /^InputError: algorithms\.budgetedCql\.unsafeReward: /,
  );
});

Deno.test("an environment says which steps are unsafe", () => {
  const { mdp, behaviour } = makeEnvironment("gridworld", { size: 8 });
  const dataset = collectDataset(mdp, behaviour, 50, 3);
  const found = unsafeSteps(dataset, mdp)!;
  deepEqual(found, Uint8Array.from(dataset.rewards, (r) => +(r <= -100)));
  ok(found.includes(1));
  const safe = {
    ...mdp,
    outcomes: mdp.outcomes.map((outcome) => ({ ...outcome, unsafe: false })),
  };
  equal(unsafeSteps(dataset, safe), null);
});

Deno.test("a smaller budget falls less often, and pays for it", async () => {
  const learnt = [];
  for (const budget of [1, 0.1, 0.02]) {
    const { returnMean, outcomes } = await learntUnder(budget, 1);
    learnt.push({ budget, returnMean: returnMean!, fall: outcomes.fall });
  }
  const [free, tight, tighter] = learnt;
  // Without a bound it is what the rewards ask for.
  const mdp = ledgeWorld();
  const best = evaluateExactly(mdp, optimalStationaryActions(mdp));
  equal(free.fall, best.outcomes.fall);
  ok(free.fall > 0.17);
  ok(tight.fall < 0.1, JSON.stringify(learnt));
  ok(tighter.fall <= tight.fall, JSON.stringify(learnt));
  ok(tight.returnMean < free.returnMean);
});

Deno.test("data in which nothing or everything is unsafe are said to leave the budget without an effect", () => {
  const dataset = datasetFromArrays({
    observations: [0, 1, 0],
    actions: [0, 1, 0],
    rewards: [-0.1, 1, -2],
    terminated: [0, 0, 1],
  });
  const says = (unsafeReward: number | null, steps?: number[] | null) =>
    suspicionsOfData(
      configureAlgorithm("budgetedCql", { unsafeReward }),
      {
        dataset,
        unsafeSteps: () => steps ? Uint8Array.from(steps) : null,
      },
    );
  const end =
    " of the data unsafe: the budget of budgetedCql tells no action from another";
  deepEqual(says(-5), [`unsafeReward -5 makes no step${end}`]);
  deepEqual(says(-2), []);
  // As 32-bit floats, which rewards are.
  deepEqual(says(-0.1), []);
  deepEqual(says(100), [`unsafeReward 100 makes every step${end}`]);
  deepEqual(says(null, [0, 0, 0]), [`the environment calls no step${end}`]);
  deepEqual(says(null, [0, 1, 0]), []);
  // That is refused where tables are made.
  deepEqual(says(null, null), []);
  deepEqual(
    suspicionsOfData(configureAlgorithm("cql", {}), { dataset }),
    [],
  );
});

/** What every backend has to do: give the bits of the reference. */
import assert from "node:assert/strict";
import { KERNELS } from "../../kernels/mod.ts";
import { NETWORK_NAMES } from "../../src/algorithms/index.ts";
import type { TrainingTask } from "../../src/backends/backend.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { networkAlgorithms } from "../../src/run/learn.ts";
import { openProblem } from "../../src/run/problem.ts";
import { checkConformance } from "../../src/checks/conformance.ts";
import { checkKernels } from "../../src/checks/kernel_check.ts";
import { prepareTask } from "../../src/training/task.ts";
import { runTraining, startCursor } from "../../src/training/train.ts";
import { onEachBackend, testedBackends } from "./backends.ts";
import { randomTask, type Shape } from "../../src/backends/random_task.ts";
import { assertEqualBits, type Result, trained } from "./results.ts";

/** What the reference computes, when the first backend is compared with it and not again. */
function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => result ??= compute();
}

/** What the reference trains. */
function expectation(
  task: () => TrainingTask,
  steps: number,
): () => Promise<Result> {
  return once(() => trained(referenceBackend, task, [steps]));
}

const seed = 2 ** 32 * Math.random() >>> 0;
const checkedKernels = once(() => checkKernels(testedBackends, 100, seed));
onEachBackend("every kernel", async (backend) => {
  const results = (await checkedKernels())[testedBackends.indexOf(backend)];
  const names = results.map(({ kernel }) => kernel);
  assert.deepEqual(names, Object.keys(KERNELS));
  for (const { kernel, elements, differences } of results) {
    assert.ok(elements > 1000, `${kernel}: ${elements}`);
    assert.equal(differences, 0, `${kernel}, seed ${seed}`);
  }
});

const FIXTURES = new URL("../fixtures/d3rlpy/", import.meta.url);

for (const { name } of Deno.readDirSync(FIXTURES)) {
  if (!name.endsWith(".safetensors")) continue;
  const bytes = Deno.readFileSync(new URL(name, FIXTURES));
  const expected = once(() => checkConformance(bytes, name, referenceBackend));
  onEachBackend(
    `the updates that d3rlpy recorded: ${name}`,
    async (backend) => {
      const result = await checkConformance(bytes, name, backend);
      assert.ok(result.passed, JSON.stringify(result));
      assert.deepEqual(result, await expected());
    },
  );
}

const criticsOf = (
  [criticCount, quantiles, risk]: readonly [number, number, number],
) => ({ criticCount, quantiles, risk });

/** Odd sizes; with interval 2 the target values are not a table, with 9 they are. */
const SHAPES: readonly Shape[] = ([
  ["bc", 1, [7], 2, 1, 1, 9, 3],
  ["bc", 5, [33, 7], 3, 100, 2, 9, 30],
  ["bc", 12, [40, 36], 9, 5, 3, 9, 10],
  ["cql", 2, [33, 33], 4, 100, 1, 9, 40],
  ["cql", 3, [7, 33], 9, 5, 3, 2, 20],
  ["cql", 4, [7], 5, 1, 2, 2, 3],
  ["cql", 12, [70], 2, 5, 1, 9, 12],
  ["dqn", 1, [33], 6, 100, 2, 2, 80],
  ["dqn", 7, [7, 7, 7], 7, 5, 1, 9, 10],
  ["doubleDqn", 2, [129, 33], 4, 5, 1, 2, 200],
  ["doubleDqn", 9, [33], 8, 100, 3, 9, 60],
  ["iql", 2, [33, 7], 5, 100, 1, 9, 40],
  ["iql", 5, [40], 9, 5, 3, 2, 20],
  ["iql", 1, [7], 2, 1, 2, 9, 3],
  ["bc", 3, [33, 7], 9, 100, 1, 9, 30, true],
  ["cql", 2, [33], 5, 100, 2, 9, 40, true],
  ["cql", 3, [7, 33], 9, 5, 3, 2, 20, true],
  ["dqn", 2, [40], 6, 100, 1, 2, 60, true],
  ["iql", 2, [33, 7], 5, 100, 1, 9, 40, true],
  ["cql", 2, [33, 7], 5, 100, 1, 9, 40, false, [3, 0, 1]],
  ["cql", 3, [7, 33], 4, 5, 3, 2, 20, true, [2, 0, 1]],
  ["cql", 2, [33], 4, 100, 2, 9, 40, true, [1, 32, 0.1]],
  ["cql", 3, [7], 5, 5, 1, 2, 20, false, [2, 7, 1]],
  ["dqn", 2, [33], 5, 100, 1, 9, 40, true, [2, 5, 0.37]],
  ["dqn", 3, [7, 7], 3, 5, 3, 2, 20, false, [1, 11, 1]],
  ["doubleDqn", 2, [40], 6, 100, 1, 9, 40, false, [1, 8, 0.5]],
  ["bcq", 2, [33, 7], 5, 100, 1, 9, 40],
  ["bcq", 5, [40], 9, 5, 3, 2, 20],
  ["bcq", 3, [7, 33], 5, 100, 2, 9, 40, true],
  ["sac", 2, [33, 7], 5, 100, 1, 9, 40],
  ["sac", 5, [40], 9, 5, 3, 2, 20],
  ["sac", 3, [7, 33], 5, 100, 2, 9, 40, true],
  ["budgetedCql", 2, [33, 7], 5, 100, 1, 9, 40],
  ["budgetedCql", 3, [7, 33], 9, 5, 3, 2, 20, true],
  ["fqe", 2, [33], 5, 100, 2, 9, 40],
  ["fqe", 3, [7, 33], 9, 5, 3, 2, 20, true],
] as const).map((
  [
    algorithm,
    inputs,
    hidden,
    actions,
    batchSize,
    runs,
    interval,
    episodes,
    masked,
    heads,
  ],
) => ({
  algorithm,
  inputs,
  hidden,
  actions,
  batchSize,
  runs,
  interval,
  episodes,
  masked,
  critics: heads && criticsOf(heads),
}));

for (const shape of SHAPES) {
  const { algorithm, inputs, hidden, actions, batchSize, runs, masked } = shape;
  const critics = shape.critics && Object.values(shape.critics);
  const sizes = [inputs, ...hidden, actions].join("-");
  const steps = 21;
  const task = () => randomTask(shape, 11, steps);
  const expected = expectation(task, steps);
  onEachBackend(
    `${algorithm} ${sizes}, batch ${batchSize}, ${runs} runs${
      masked ? ", masked" : ""
    }${critics ? `, critics, quantiles, risk ${critics}` : ""}`,
    async (backend) => {
      const { losses, state } = await expected();
      const { networks, lossTerms } = task().program;
      // Not a comparison of nothing with nothing.
      for (const { prefix } of networks) {
        const name = `${prefix}parameters`;
        const initial = task().state.buffers[name];
        assert.notDeepEqual(state.buffers[name], initial, name);
      }
      assert.ok(losses.every(Number.isFinite));
      assert.equal(losses.length, steps * runs * lossTerms.length);
      const result = await trained(backend, task, [steps]);
      assertEqualBits(result, { losses, state }, "");
    },
  );
}

function randomShapes(): Shape[] {
  const random = randomStream(seed, "shapes");
  const pick = <T>(...values: T[]): T => values[random.integer(values.length)];
  return [...NETWORK_NAMES, "fqe" as const].map((algorithm) => ({
    algorithm,
    inputs: 1 + random.integer(12),
    hidden: Array.from(
      { length: 1 + random.integer(2) },
      () => pick(7, 33, 1 + random.integer(80)),
    ),
    actions: 2 + random.integer(8),
    batchSize: pick(1, 5, 100),
    runs: 1 + random.integer(3),
    interval: 1 + random.integer(12),
    episodes: 1 + random.integer(40),
    masked: random.integer(2) === 1,
    critics: criticsOf(pick(
      [1, 0, 1],
      [2, 0, 1],
      [1, 1 + random.integer(20), 1],
      [1 + random.integer(3), 1 + random.integer(9), 1 - random.uniform()],
    )),
  }));
}

const randomCases = randomShapes().map((shape, i) => {
  const steps = 5 + (seed + i) % 15;
  const task = () => randomTask(shape, seed + i, steps);
  return { shape, steps, task, expected: expectation(task, steps) };
});
onEachBackend("every algorithm in a random shape", async (backend) => {
  for (const { shape, steps, task, expected } of randomCases) {
    assertEqualBits(
      await trained(backend, task, [steps]),
      await expected(),
      `seed ${seed}, ${steps} steps: ${JSON.stringify(shape)}`,
    );
  }
});

const resumed = SHAPES.filter(({ algorithm, masked }) =>
  masked && ["bcq", "sac"].includes(algorithm)
);
for (const shape of [SHAPES[3], SHAPES[4], ...resumed]) {
  const task = () => randomTask(shape, 3, 24);
  const expected = expectation(task, 24);
  const halfway = expectation(task, 13);
  onEachBackend(
    `${shape.runs} runs of ${shape.algorithm} continue from a state that was read, there and on the reference`,
    async (backend) => {
      assertEqualBits(
        await trained(backend, task, [4, 18, 24]),
        await expected(),
        "resumed",
      );
      const there = await trained(backend, task, [13]);
      for (
        const [half, second] of [
          [await halfway(), backend],
          [there, referenceBackend],
        ] as const
      ) {
        const rest = await trained(
          second,
          () => ({ ...task(), state: half.state }),
          [24],
        );
        const losses = Float32Array.from([...half.losses, ...rest.losses]);
        assertEqualBits(
          { losses, state: rest.state },
          await expected(),
          `the rest on ${second.name}`,
        );
      }
    },
  );
}

const SMALL: Shape = {
  algorithm: "cql",
  inputs: 2,
  hidden: [8],
  actions: 3,
  batchSize: 4,
  runs: 1,
  interval: 1000,
  episodes: 30,
};
const MANY = 16 * 256 + 300;
const manySteps = () => randomTask(SMALL, 1, MANY);
const afterMany = expectation(manySteps, MANY);
onEachBackend(
  "more steps than plans and losses are kept for at a time",
  async (backend) => {
    const result = await trained(backend, manySteps, [MANY]);
    assertEqualBits(result, await afterMany(), "");
  },
);

/** The same task, whose rewards are too large for a mean of losses from the fifth step on. */
function diverging(): TrainingTask {
  const task = randomTask(SMALL, 1, 20);
  const { layout, runs } = task.plan;
  return {
    ...task,
    plan: {
      ...task.plan,
      fill(words, from, steps) {
        task.plan.fill(words, from, steps);
        const floats = new Float32Array(words.buffer, words.byteOffset);
        for (let step = Math.max(from, 4); step < from + steps; step++) {
          for (let run = 0; run < runs; run++) {
            const start = ((step - from) * runs + run) * layout.stride;
            floats.fill(
              3e38,
              start + layout.rewards,
              start + layout.rewards + layout.batchSize,
            );
          }
        }
        return undefined;
      },
    },
  };
}

onEachBackend(
  "a training that diverges stops at the step of the reference",
  async (backend) => {
    for (const on of [referenceBackend, backend]) {
      const task = diverging();
      const session = await on.open(task);
      try {
        await assert.rejects(
          runTraining(session, task.program.lossTerms, {
            from: startCursor(1, task.program.lossTerms.length),
            to: 20,
            logInterval: 10,
            onInterval: () => {},
          }),
          { name: "DivergenceError", step: 5, term: "tdLoss" },
          on.name,
        );
      } finally {
        await session.close();
      }
    }
  },
);

/** The trainings of a preset, with that many steps between two target updates. */
function presetTasks(
  preset: string,
  seeds: readonly number[],
  targetUpdateInterval: number,
): { name: string; open: () => TrainingTask }[] {
  const config = resolveConfig(preset, {
    algorithms: { cql: { targetUpdateInterval } },
  });
  const { dataset } = openProblem(config);
  return networkAlgorithms(config).map((algorithm) => ({
    name: algorithm.name,
    open: () =>
      prepareTask(
        config.network,
        algorithm,
        seeds.map((seed) => ({ seed, member: 0, dataset })),
        config.dataset.bootstrapOnTruncation,
      ).task,
  }));
}

for (const { name, open } of presetTasks("tutorial", [42], 15)) {
  const expected = expectation(open, 40);
  onEachBackend(`40 steps of ${name} at the default size`, async (backend) => {
    assertEqualBits(await trained(backend, open, [40]), await expected(), "");
  });
}

const SEEDS = [1, 2, 3];
const RUN_STEPS = 50;
const together = presetTasks("smoke", SEEDS, 20);
const alone = SEEDS.map((seed) =>
  presetTasks("smoke", [seed], 20).map(({ open }) =>
    expectation(open, RUN_STEPS)
  )
);
onEachBackend("three runs at once are three single runs", async (backend) => {
  for (const [i, { name, open }] of together.entries()) {
    const { losses, state } = await trained(backend, open, [RUN_STEPS]);
    const terms = open().program.lossTerms.length;
    for (const [run, seed] of SEEDS.entries()) {
      assertEqualBits(
        {
          losses: losses.filter((_, at) =>
            Math.floor(at / terms) % SEEDS.length === run
          ),
          state: {
            step: RUN_STEPS,
            runs: 1,
            buffers: Object.fromEntries(
              Object.entries(state.buffers).map(([key, all]) => {
                const length = all.length / SEEDS.length;
                return [key, all.slice(run * length, (run + 1) * length)];
              }),
            ),
          },
        },
        await alone[run][i](),
        `${name}, seed ${seed}`,
      );
    }
  }
});

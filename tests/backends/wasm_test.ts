import assert from "node:assert/strict";
import type { TrainingTask } from "../../src/backends/backend.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { InputError } from "../../src/errors.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { randomTask, type Shape } from "./random_task.ts";
import { assertEqualBits, trained } from "./results.ts";

const THREADS = [1, 2, 3, 5];

/** Odd sizes; with interval 2 the target values are no table, with 9 they are. */
const SHAPES: readonly Shape[] = [
  ["bc", 1, [7], 2, 1, 1, 9, 3],
  ["bc", 5, [33, 7], 3, 100, 2, 9, 30],
  ["bc", 12, [40, 36], 9, 5, 3, 9, 10],
  ["cql", 2, [33, 33], 4, 100, 1, 9, 40],
  ["cql", 3, [7, 33], 9, 5, 3, 2, 20],
  ["cql", 4, [7], 5, 1, 2, 2, 3],
  ["cql", 12, [70], 2, 5, 1, 9, 12],
  ["dqn", 1, [33], 6, 100, 2, 2, 80],
  ["dqn", 7, [7, 7, 7], 7, 5, 1, 9, 10],
  ["doubleDqn", 2, [129, 33], 4, 5, 1, 2, 20],
  ["doubleDqn", 9, [33], 8, 100, 3, 9, 60],
].map((
  [algorithm, inputs, hidden, actions, batchSize, runs, interval, episodes],
) => ({
  algorithm,
  inputs,
  hidden,
  actions,
  batchSize,
  runs,
  interval,
  episodes,
} as Shape));

for (const shape of SHAPES) {
  const { algorithm, inputs, hidden, actions, batchSize, runs } = shape;
  const name = `${algorithm} ${
    [inputs, ...hidden, actions].join("-")
  }, batch ${batchSize}, ${runs} runs`;
  Deno.test(`the bits of the reference: ${name}`, async () => {
    const steps = 21;
    const task = () => randomTask(shape, 11, steps);
    const expected = await trained(referenceBackend, task, [steps]);
    // Not a comparison of nothing with nothing.
    assert.notDeepEqual(
      expected.state.buffers.parameters,
      task().state.buffers.parameters,
    );
    assert.ok(expected.losses.every(Number.isFinite));
    assert.equal(expected.losses.length, steps * runs * 2);
    for (const threads of THREADS) {
      assertEqualBits(
        await trained(wasmBackend({ threads }), task, [steps]),
        expected,
        `${threads} threads`,
      );
    }
    assertEqualBits(
      await trained(wasmBackend({ threads: 2 }), task, [4, 18, steps]),
      expected,
      "resumed on wasm",
    );
  });
}

Deno.test("the bits of the reference: random shapes", async () => {
  const seed = 2 ** 32 * Math.random() >>> 0;
  const random = randomStream(seed, "shapes");
  const pick = <T>(...values: T[]): T => values[random.integer(values.length)];
  for (let i = 0; i < 12; i++) {
    const shape: Shape = {
      algorithm: pick("bc", "cql", "dqn", "doubleDqn"),
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
    };
    const threads = pick(...THREADS);
    const steps = 5 + random.integer(15);
    const task = () => randomTask(shape, seed + i, steps);
    assertEqualBits(
      await trained(wasmBackend({ threads }), task, [steps]),
      await trained(referenceBackend, task, [steps]),
      `seed ${seed}, case ${i}: ${threads} threads, ${JSON.stringify(shape)}`,
    );
  }
});

Deno.test("training goes on from one backend to the other", async () => {
  const shape = SHAPES[3];
  const task = () => randomTask(shape, 3, 24);
  const expected = await trained(referenceBackend, task, [24]);
  const wasm = wasmBackend({ threads: 2 });
  for (
    const [first, second] of [[referenceBackend, wasm], [
      wasm,
      referenceBackend,
    ]]
  ) {
    const half = await trained(first, task, [13]);
    const learner = await second.open({ ...task(), state: half.state });
    try {
      const losses = await learner.run(24);
      assertEqualBits(
        {
          losses: Float32Array.from([...half.losses, ...losses]),
          state: await learner.read(),
        },
        expected,
        `${first.name}, then ${second.name}`,
      );
    } finally {
      await learner.close();
    }
  }
});

Deno.test("more steps than two blocks of plans", async () => {
  const shape: Shape = { ...SHAPES[0], algorithm: "cql", interval: 100 };
  const task = () => randomTask(shape, 4, 1100);
  const wasm = wasmBackend({ threads: 2 });
  assertEqualBits(
    await trained(wasm, task, [1100]),
    await trained(referenceBackend, task, [1100]),
    "1100 steps",
  );
});

Deno.test("a failure in a thread is told, and a closed learner refuses", async () => {
  const task = randomTask(SHAPES[3], 5, 10);
  const broken: TrainingTask = {
    ...task,
    plan: {
      ...task.plan,
      fill(words, from, steps) {
        task.plan.fill(words, from, steps);
        // The row of a table that would begin far outside the memory.
        words[task.plan.layout.rows] = 0x0fffffff;
      },
    },
  };
  const backend = wasmBackend({ threads: 3 });
  const learner = await backend.open(broken);
  await assert.rejects(learner.run(10), /out of bounds/);
  await assert.rejects(learner.run(10), /out of bounds/);
  await learner.close();
  const other = await backend.open(task);
  await other.close();
  await assert.rejects(other.run(1), /closed/);
});

Deno.test("impossible settings are refused in one line", async () => {
  for (const threads of [0, 1.5, NaN, 257]) {
    assert.throws(() => wasmBackend({ threads }), InputError);
  }
  const task = randomTask(SHAPES[0], 1, 1);
  const huge = {
    ...task.program,
    buffers: [...task.program.buffers, { name: "huge", length: 2 ** 30 }],
  };
  await assert.rejects(
    async () =>
      await wasmBackend({ threads: 1 }).open({ ...task, program: huge }),
    (error) =>
      error instanceof InputError && /4\.0 GiB/.test(error.message) &&
      !error.message.includes("\n"),
  );
});

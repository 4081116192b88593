import assert from "node:assert/strict";
import { call, view } from "../../src/algorithms/program.ts";
import type { Backend, TrainingTask } from "../../src/backends/backend.ts";
import { chooseBackend } from "../../src/backends/choose.ts";
import { DeviceError } from "../../src/backends/device_error.ts";
import { withFallback } from "../../src/backends/fallback.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { webgpuBackend } from "../../src/backends/webgpu.ts";
import {
  findDevice,
  type GpuSession,
  openGpuSession,
} from "../../src/backends/webgpu_session.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { configuredAlgorithms } from "../../src/pipeline/learn.ts";
import { openProblem } from "../../src/pipeline/problem.ts";
import { checkConformance } from "../../src/training/conformance.ts";
import { stateSha256 } from "../../src/training/determinism.ts";
import { checkKernels } from "../../src/training/kernel_check.ts";
import { prepareTask } from "../../src/training/task.ts";
import { gpuBackend, gpuTest } from "./gpu.ts";
import { randomTask, type Shape } from "./random_task.ts";
import { assertEqualBits, trained } from "./results.ts";

gpuTest("webgpu: every kernel has the bits of its reference", async () => {
  const seed = 2 ** 32 * Math.random() >>> 0;
  const [results] = await checkKernels([gpuBackend], 200, seed);
  assert.equal(results.length, 14);
  for (const { kernel, shapes, elements, differences } of results) {
    assert.ok(shapes >= 200 && elements > 1000, `${kernel}: ${elements}`);
    assert.equal(differences, 0, `${kernel}, seed ${seed}`);
  }
});

gpuTest("webgpu: d3rlpy's recorded updates", async () => {
  const folder = new URL("../fixtures/d3rlpy/", import.meta.url);
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".safetensors"));
  assert.equal(files.length, 5);
  for (const name of files) {
    const bytes = Deno.readFileSync(new URL(name, folder));
    const result = await checkConformance(bytes, name, gpuBackend);
    assert.ok(result.passed, `${name}: ${JSON.stringify(result)}`);
    assert.deepEqual(
      result,
      await checkConformance(bytes, name, wasmBackend({ threads: 1 })),
    );
  }
});

/** The trainings of a preset. */
function presetTasks(
  preset: string,
  seeds: readonly number[],
): { name: string; open: () => TrainingTask }[] {
  const config = resolveConfig(preset);
  const { dataset } = openProblem(config);
  return configuredAlgorithms(config).map((algorithm) => ({
    name: algorithm.name,
    open: () =>
      prepareTask(
        config.network,
        algorithm,
        seeds.map((seed) => ({ seed, member: 0, dataset })),
        config.dataset.timeoutsTerminate,
      ).task,
  }));
}

for (const { name, open } of presetTasks("tutorial", [42])) {
  gpuTest(`webgpu: 500 steps of ${name} at the default size`, async () => {
    const hashOf = async (backend: Backend) => {
      const { state } = await trained(backend, open, [500]);
      return stateSha256(state, open().program.state);
    };
    const expected = await hashOf(referenceBackend);
    assert.equal(await hashOf(gpuBackend), expected);
    assert.equal(await hashOf(wasmBackend({ threads: 2 })), expected);
  });
}

gpuTest("webgpu: three runs at once are three single runs", async () => {
  const seeds = [1, 2, 3];
  const steps = 250;
  for (const [i, { name, open }] of presetTasks("smoke", seeds).entries()) {
    const together = await trained(gpuBackend, open, [steps]);
    const terms = open().program.lossTerms.length;
    for (const [run, seed] of seeds.entries()) {
      const alone = presetTasks("smoke", [seed])[i].open;
      const expected = await trained(gpuBackend, alone, [steps]);
      assertEqualBits(
        {
          losses: together.losses.filter((_, at) =>
            Math.floor(at / terms) % seeds.length === run
          ),
          state: {
            step: steps,
            runs: 1,
            buffers: Object.fromEntries(
              Object.entries(together.state.buffers).map(([key, all]) => {
                const length = all.length / seeds.length;
                return [key, all.slice(run * length, (run + 1) * length)];
              }),
            ),
          },
        },
        expected,
        `${name}, seed ${seed}`,
      );
    }
  }
});

/** Odd sizes; with interval 2 the target values are no table, with 9 they are. */
const SHAPES: readonly Shape[] = ([
  ["bc", 1, [7], 2, 1, 1, 9, 3],
  ["bc", 5, [33, 7], 3, 100, 2, 9, 30],
  ["cql", 3, [7, 33], 9, 5, 3, 2, 20],
  ["cql", 12, [70], 2, 5, 1, 9, 12],
  ["dqn", 7, [7, 7, 7], 7, 5, 1, 9, 10],
  ["doubleDqn", 2, [129, 33], 4, 5, 1, 2, 200],
] as const).map((
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
}));

for (const shape of SHAPES) {
  const { algorithm, inputs, hidden, actions, batchSize, runs } = shape;
  const sizes = [inputs, ...hidden, actions].join("-");
  gpuTest(
    `webgpu: ${algorithm} ${sizes}, batch ${batchSize}, ${runs} runs`,
    async () => {
      const task = () => randomTask(shape, 11, 21);
      const expected = await trained(referenceBackend, task, [21]);
      assert.equal(expected.losses.length, 21 * runs * 2);
      assertEqualBits(
        await trained(gpuBackend, task, [21]),
        expected,
        "at once",
      );
      assertEqualBits(
        await trained(gpuBackend, task, [4, 18, 21]),
        expected,
        "resumed",
      );
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

gpuTest(
  "webgpu: more steps than losses are kept for on the device",
  async () => {
    const steps = 16 * 256 + 300;
    const task = () => randomTask(SMALL, 1, steps);
    assertEqualBits(
      await trained(gpuBackend, task, [steps]),
      await trained(referenceBackend, task, [steps]),
      "",
    );
  },
);

/** A backend whose device the test can take away. */
function mortalBackend(): { backend: Backend; kill: () => Promise<void> } {
  let session: GpuSession;
  return {
    backend: webgpuBackend(async () => session = await openGpuSession(), "x"),
    kill: () => session.destroy(),
  };
}

gpuTest("webgpu: a lost device is told in one line", async () => {
  const { backend, kill } = mortalBackend();
  const learner = await backend.open(randomTask(SMALL, 1, 20));
  await learner.run(5);
  await kill();
  await assert.rejects(learner.run(10), (error: Error) => {
    assert.ok(error instanceof DeviceError);
    assert.match(
      error.message,
      /^the GPU .* was lost \(destroyed.*\); use --backend wasm, which gives the same bits$/,
    );
    return true;
  });
  await assert.rejects(learner.read(), DeviceError);
});

for (const moment of ["during a run", "after a run", "after a read"]) {
  gpuTest(
    `webgpu: training goes on on wasm when the device is lost ${moment}`,
    async () => {
      const task = () => randomTask(SMALL, 1, 60);
      const expected = await trained(referenceBackend, task, [60]);
      const { backend, kill } = mortalBackend();
      const notices: string[] = [];
      const learner = await withFallback(
        backend,
        wasmBackend({ threads: 1 }),
        (line) => notices.push(line),
      ).open(task());
      const losses = [...await learner.run(10)];
      await learner.read();
      const running = learner.run(30);
      if (moment === "during a run") await kill();
      losses.push(...await running);
      if (moment === "after a read") await learner.read();
      if (moment !== "during a run") await kill();
      losses.push(...await learner.run(45), ...await learner.run(60));
      const state = await learner.read();
      await learner.close();
      assertEqualBits(
        { losses: Float32Array.from(losses), state },
        expected,
        moment,
      );
      const from = moment === "after a read" ? 30 : 10;
      assert.equal(notices.length, 1);
      assert.match(
        notices[0],
        new RegExp(`was lost .*: going on with wasm from step ${from}$`),
      );
    },
  );
}

gpuTest(
  "webgpu: a command that the device refuses is told in one line",
  async () => {
    const task = randomTask(SMALL, 1, 20);
    // One buffer both read and written in one dispatch.
    const parameters = view("parameters");
    const count = task.program.networks[0].layout.parameterCount;
    const step = [
      call("copy", { input: parameters, output: parameters }, { count }),
    ];
    await assert.rejects(
      trained(gpuBackend, () => ({
        ...task,
        program: { ...task.program, step },
      }), [1]),
      {
        name: "DeviceError",
        message:
          /^the GPU .* refused a command: [^\n]*; use --backend wasm[^\n]*$/,
      },
    );
  },
);

gpuTest("webgpu: a table that the device has no buffer for", async () => {
  const { maxBufferBytes } = (await findDevice())!;
  const task = randomTask(SMALL, 1, 20);
  // The table is never filled, so that it takes no memory.
  const observations = new Float32Array(maxBufferBytes / 4 + 1);
  const { backend } = mortalBackend();
  await assert.rejects(backend.open({ ...task, observations }), {
    name: "DeviceError",
    message: /the observation table takes \d+ MiB, and .* has no buffer above/,
  });
});

gpuTest(
  "webgpu: taken when named, and by auto only if it is hardware",
  async () => {
    assert.equal((await chooseBackend("webgpu")).name, "webgpu");
    const { software } = (await findDevice())!;
    assert.equal(
      (await chooseBackend("auto")).name,
      software ? "wasm" : "webgpu",
    );
  },
);

import assert from "node:assert/strict";
import { NETWORK_NAMES } from "../../src/algorithms/index.ts";
import type { Backend } from "../../src/backends/backend.ts";
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
import { gpuTest } from "./backends.ts";
import { randomTask, type Shape } from "../../src/backends/random_task.ts";
import { assertEqualBits, trained } from "./results.ts";

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

/** A backend whose device the test can take away. */
function mortalBackend(): { backend: Backend; kill: () => Promise<void> } {
  let session: GpuSession;
  return {
    backend: webgpuBackend(async () => session = await openGpuSession(), "x"),
    kill: () => session.destroy(),
  };
}

gpuTest("a lost device is reported in one line", async () => {
  const { backend, kill } = mortalBackend();
  const training = await backend.open(randomTask(SMALL, 1, 20));
  await training.run(5);
  await kill();
  await assert.rejects(training.run(10), (error: Error) => {
    assert.ok(error instanceof DeviceError);
    assert.match(
      error.message,
      /^the GPU .* was lost \(destroyed.*\); use --backend wasm, which gives the same bits$/,
    );
    return true;
  });
  await assert.rejects(training.read(), DeviceError);
});

for (const moment of ["during a run", "after a run", "after a read"]) {
  gpuTest(
    `training continues on wasm when the device is lost ${moment}`,
    async () => {
      const task = () => randomTask(SMALL, 1, 60);
      const expected = await trained(referenceBackend, task, [60]);
      const { backend, kill } = mortalBackend();
      const notices: string[] = [];
      const training = await withFallback(
        backend,
        wasmBackend({ threads: 1 }),
        (line) => notices.push(line),
      ).open(task());
      const losses = [...await training.run(10)];
      await training.read();
      const running = training.run(30);
      if (moment === "during a run") await kill();
      losses.push(...await running);
      if (moment === "after a read") await training.read();
      if (moment !== "during a run") await kill();
      losses.push(...await training.run(45), ...await training.run(60));
      const state = await training.read();
      await training.close();
      assertEqualBits(
        { losses: Float32Array.from(losses), state },
        expected,
        moment,
      );
      const from = moment === "after a read" ? 30 : 10;
      assert.equal(notices.length, 1);
      assert.match(
        notices[0],
        new RegExp(`was lost .*: continuing with wasm from step ${from}$`),
      );
    },
  );
}

gpuTest(
  "a command that the device refuses is reported in one line",
  async () => {
    const wgsl = (part: string, source: string) =>
      part === "adam" ? source.replace("if", "of") : source;
    await assert.rejects(
      trained(
        webgpuBackend(() => openGpuSession({ wgsl }), "x"),
        () => randomTask(SMALL, 1, 20),
        [1],
      ),
      {
        name: "DeviceError",
        message:
          /^the GPU .* refused a command: [^\n]*; use --backend wasm[^\n]*$/,
      },
    );
  },
);

gpuTest("threads that wait for each other, as on hardware", async () => {
  const backend = webgpuBackend(() => openGpuSession({}, true), "x");
  for (const algorithm of NETWORK_NAMES) {
    const task = () =>
      randomTask(
        {
          ...SMALL,
          algorithm,
          hidden: [70, 9],
          batchSize: 40,
          runs: 2,
          interval: algorithm === "dqn" ? 2 : 9,
          masked: algorithm !== "bc",
        },
        2,
        12,
      );
    assertEqualBits(
      await trained(backend, task, [12]),
      await trained(referenceBackend, task, [12]),
      algorithm,
    );
  }
});

gpuTest("a table that the device has no buffer for", async () => {
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
  "taken when named, and by auto only if it is hardware",
  async () => {
    assert.equal((await chooseBackend("webgpu")).name, "webgpu");
    const { software } = (await findDevice())!;
    assert.equal(
      (await chooseBackend("auto")).name,
      software ? "wasm" : "webgpu",
    );
  },
);

import assert from "node:assert/strict";
import type { Backend, TrainingTask } from "../../src/backends/backend.ts";
import { DeviceError } from "../../src/backends/device_error.ts";
import { withFallback } from "../../src/backends/fallback.ts";
import { randomTask } from "../../src/backends/random_task.ts";

/** A training whose plans are so large that few steps of them can be kept. */
const STEPS = 200;
const task = (): TrainingTask =>
  randomTask(
    {
      algorithm: "cql",
      inputs: 1,
      hidden: [4],
      actions: 2,
      batchSize: 30_000,
      runs: 1,
      interval: 1000,
      episodes: 20,
    },
    1,
    STEPS,
  );

/** A backend that trains nothing: its losses are a hash of each step's plan. It fails beyond a step. */
function planReader(log: string[], failsAfter: number): Backend {
  return {
    name: "reference",
    description: "",
    open({ plan, state, program }) {
      let { step } = state;
      log.push(`open ${step}`);
      return Promise.resolve({
        run(to) {
          log.push(`run ${to}`);
          const terms = program.lossTerms.length;
          const losses = new Float32Array((to - step) * terms);
          const words = new Uint32Array(plan.layout.stride);
          for (let i = 0; step < to; i++, step++) {
            plan.fill(words, step, 1);
            for (let w = 0; w < words.length; w += 101) {
              losses[i * terms] = (losses[i * terms] * 31 + words[w]) % 8191;
            }
            if (step === failsAfter) {
              return Promise.reject(new DeviceError("it broke"));
            }
          }
          return Promise.resolve(losses);
        },
        read() {
          log.push(`read ${step}`);
          return Promise.resolve({ ...state, step });
        },
        close() {
          log.push("close");
          return Promise.resolve();
        },
      });
    },
  };
}

Deno.test("the state is read back before there are more plans than are kept, and training continues from there", async () => {
  const stride = task().program.plan.stride;
  const kept = Math.floor(2 ** 24 / stride);
  assert.ok(kept > 20 && kept < STEPS / 3, `${kept}`);
  const whole = await (await planReader([], Infinity).open(task())).run(STEPS);

  const log: string[] = [];
  const notices: string[] = [];
  const session = await withFallback(
    planReader(log, 2 * kept + 5),
    planReader(log, Infinity),
    (line) => notices.push(line),
  ).open(task());
  const losses = [
    ...await session.run(10),
    ...await session.run(2 * kept + 2),
    ...await session.run(2 * kept + 9),
    ...await session.run(STEPS),
  ];
  assert.deepEqual(Float32Array.from(losses), whole);
  assert.deepEqual(log, [
    "open 0",
    "run 10",
    `run ${kept}`,
    `read ${kept}`,
    `run ${2 * kept}`,
    `read ${2 * kept}`,
    `run ${2 * kept + 2}`,
    `run ${2 * kept + 9}`,
    `open ${2 * kept}`,
    `run ${2 * kept + 2}`,
    "close",
    `run ${2 * kept + 9}`,
    `run ${STEPS}`,
  ]);
  assert.deepEqual(notices, [
    `it broke: continuing with reference from step ${2 * kept}`,
  ]);
});

Deno.test("what is no fault of the device is not retried", async () => {
  const broken: Backend = {
    name: "webgpu",
    description: "",
    open: () => Promise.reject(new Error("a defect")),
  };
  await assert.rejects(
    withFallback(broken, planReader([], Infinity), () => {}).open(task()),
    /a defect/,
  );
});

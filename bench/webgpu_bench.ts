/**
 * A training step on the GPU beside one on wasm with all cores, at the tutorial preset's size, and
 * several runs in one dispatch. One iteration is {@link STEPS} steps.
 *
 *     deno bench --allow-read --allow-env=XDG_RUNTIME_DIR bench/webgpu_bench.ts
 *
 * @module
 */
import type { Backend, TrainingSession } from "../src/backends/backend.ts";
import { describeDevice, surveyDevice } from "../src/backends/choose.ts";
import { wasmBackend } from "../src/backends/wasm.ts";
import { webgpuBackend } from "../src/backends/webgpu.ts";
import { openGpuThread } from "../src/backends/webgpu_thread.ts";
import { resolveConfig } from "../src/config/resolve.ts";
import { networkAlgorithms } from "../src/run/learn.ts";
import { openProblem } from "../src/run/problem.ts";
import { prepareTask } from "../src/training/task.ts";

/** Steps of an iteration. */
const STEPS = 100;

const { device, failure } = await surveyDevice();
const config = resolveConfig("tutorial");
const { dataset } = openProblem(config);

const backends: Backend[] = [wasmBackend()];
if (device && failure === null) {
  backends.push(webgpuBackend(openGpuThread, describeDevice(device)));
} else {
  console.log(`no figures for a GPU: ${failure}`);
}

for (const algorithm of networkAlgorithms(config)) {
  for (const runs of [1, 8]) {
    for (const backend of backends) {
      // Eight runs on a software GPU take minutes and show nothing.
      if (runs > 1 && backend.name === "webgpu" && device?.software) continue;
      const { task } = prepareTask(
        config.network,
        algorithm,
        Array.from({ length: runs }, (_, seed) => ({
          seed,
          member: 0,
          dataset,
        })),
        config.dataset.bootstrapOnTruncation,
      );
      let session: TrainingSession | undefined;
      let step = 0;
      Deno.bench({
        name: `${backend.name} (${backend.description}), ${runs} runs`,
        group: `${algorithm.name}, ${STEPS} steps`,
        baseline: backend.name === "wasm" && runs === 1,
        n: 5,
        warmup: 1,
      }, async () => {
        session ??= await backend.open(task);
        await session.run(step += STEPS);
      });
    }
  }
}

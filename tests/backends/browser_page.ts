/**
 * What the browser runs in `webgpu_browser_test.ts`: a training with layers of a preset's size. The probe,
 * which the page makes in the same browser, tries every program with small ones.
 */
import { randomTask } from "../../src/backends/random_task.ts";
import { webgpuBackend } from "../../src/backends/webgpu.ts";
import { openGpuSession } from "../../src/backends/webgpu_session.ts";

/** Steps of the training. */
export const BROWSER_STEPS = 120;

/** The training: in the browser and in the test. */
export function browserTask() {
  const shape = {
    algorithm: "cql" as const,
    inputs: 2,
    hidden: [256, 256],
    actions: 4,
    batchSize: 32,
    runs: 1,
    interval: 50,
    episodes: 40,
  };
  return randomTask(shape, 5, BROWSER_STEPS);
}

/** SHA-256 of the state that the browser's GPU leaves. */
async function trained(): Promise<string> {
  const task = browserTask();
  // As hardware does it.
  const backend = webgpuBackend(() => openGpuSession({}, true), "");
  const training = await backend.open(task);
  await training.run(BROWSER_STEPS);
  const { buffers } = await training.read();
  await training.close();
  const state = task.program.state.map((key) => buffers[key].slice());
  const bytes = await new Blob(state).arrayBuffer();
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

if ("document" in globalThis) Object.assign(globalThis, { sha256: trained() });

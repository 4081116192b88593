/**
 * What the browser runs in `webgpu_browser_test.ts`: the WebGPU backend on a training of each
 * program, whose state's SHA-256 it sends back.
 */
import { webgpuBackend } from "../../src/backends/webgpu.ts";
import { openGpuSession } from "../../src/backends/webgpu_session.ts";
import { randomTask, type Shape } from "../../src/backends/random_task.ts";

/** What is trained: on both sides, in the browser and in the test. */
export const BROWSER_STEPS = 120;

/** Shapes for {@link randomTask} of seed {@link BROWSER_SEED}. */
export const BROWSER_SHAPES: readonly Shape[] = ([
  ["bc", [256, 256]],
  ["cql", [256, 256]],
  ["fqe", [256, 256]],
  ["bcq", [33, 7]],
  ["sac", [33, 7]],
] as const)
  .map(
    ([algorithm, hidden]) => ({
      algorithm,
      inputs: 2,
      hidden,
      actions: 4,
      batchSize: 32,
      runs: 1,
      interval: 50,
      episodes: 40,
    }),
  );

/** Names the random streams of data, minibatches and parameters. */
export const BROWSER_SEED = 5;

/** What the page sends back. */
export interface BrowserResult {
  /** The browser's adapter. */
  readonly device?: string;
  /** One per shape. */
  readonly sha256?: readonly string[];
  readonly error?: string;
}

async function train(): Promise<BrowserResult> {
  const session = await openGpuSession();
  const { name } = await session.describe();
  await session.destroy();
  const backend = webgpuBackend(openGpuSession, name);
  const sha256: string[] = [];
  for (const shape of BROWSER_SHAPES) {
    const task = randomTask(shape, BROWSER_SEED, BROWSER_STEPS);
    const training = await backend.open(task);
    await training.run(BROWSER_STEPS);
    const { buffers } = await training.read();
    await training.close();
    const bytes = new Blob(
      task.program.state.map((key) => buffers[key].slice()),
    );
    const digest = await crypto.subtle.digest(
      "SHA-256",
      await bytes.arrayBuffer(),
    );
    sha256.push(new Uint8Array(digest).toHex());
  }
  return { device: name, sha256 };
}

if ("document" in globalThis) {
  const result = await train().catch((error) => ({ error: String(error) }));
  await fetch("/result", { method: "POST", body: JSON.stringify(result) });
}

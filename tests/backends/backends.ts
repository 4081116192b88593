/** The backends that tests run on: every one that this machine has. */
import type { Backend } from "../../src/backends/backend.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { webgpuBackend } from "../../src/backends/webgpu.ts";
import { findDevice } from "../../src/backends/webgpu_session.ts";
import { openGpuThread } from "../../src/backends/webgpu_thread.ts";
import { quietDrivers } from "../../src/backends/quiet_drivers.ts";

quietDrivers();
const device = await findDevice();
const noDevice = device ? undefined : "no WebGPU adapter";

/** One device for a file's trainings, one after the other: to start it takes longer than most of them. */
const session = device && await openGpuThread();
// Lavapipe may crash in a process that ends before the Worker and its device are gone, a moment later.
Deno.test.afterAll(async () => {
  await session?.destroy();
  await new Promise((resolve) => setTimeout(resolve, session ? 300 : 0));
});

/** The GPU, hardware or software, in its Worker, as users have it. */
export const gpuBackend: Backend = webgpuBackend(
  () => Promise.resolve({ ...session!, destroy: () => Promise.resolve() }),
  device?.name ?? "none",
);

const wasmBackends = [1, 2, 5].map((threads) => ({
  threads,
  backend: wasmBackend({ threads }),
}));

/** Every backend of this machine that has to have the bits of the reference. */
export const testedBackends: readonly Backend[] = [
  ...wasmBackends.map(({ backend }) => backend),
  ...(device ? [gpuBackend] : []),
];

/** Where the machine lacks what a test needs, the test is reported as ignored, with the reason. */
function declare(
  name: string,
  lack: string | undefined,
  fn: () => Promise<void>,
): void {
  if (lack === undefined) Deno.test(name, fn);
  else Deno.test({ name: `${name} (${lack})`, ignore: true, fn });
}

/** A test on each backend that has to have the bits of the reference. */
export function onEachBackend(
  name: string,
  fn: (backend: Backend) => Promise<void>,
): void {
  for (const { threads, backend } of wasmBackends) {
    declare(`wasm, ${threads} threads: ${name}`, undefined, () => fn(backend));
  }
  gpuTest(name, () => fn(gpuBackend));
}

/** A test that needs a GPU. */
export function gpuTest(name: string, fn: () => Promise<void>): void {
  declare(`webgpu: ${name}`, noDevice, fn);
}

/** A test that needs a driver of which it is known how it computes. */
export function lavapipeTest(name: string, fn: () => Promise<void>): void {
  const there = device?.name.startsWith("llvmpipe");
  declare(name, there ? undefined : "no lavapipe", fn);
}

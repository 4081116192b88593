/** The GPU for tests: this machine's, hardware or software. */
import type { Backend } from "../../src/backends/backend.ts";
import { webgpuBackend } from "../../src/backends/webgpu.ts";
import { findDevice } from "../../src/backends/webgpu_session.ts";
import {
  openGpuThread,
  quietDrivers,
} from "../../src/backends/webgpu_thread.ts";

quietDrivers();
const device = await findDevice();

/** The backend in its Worker, as users have it. */
export const gpuBackend: Backend = webgpuBackend(
  openGpuThread,
  device?.name ?? "none",
);

/** A test that needs a GPU. Without one it is reported as ignored, with the reason. */
export function gpuTest(name: string, fn: () => Promise<void>): void {
  if (device) Deno.test(name, fn);
  else Deno.test({ name: `${name} (no WebGPU adapter)`, ignore: true, fn });
}

/** A test that needs a driver of which it is known how it computes. */
export function lavapipeTest(name: string, fn: () => Promise<void>): void {
  const there = device?.name.startsWith("llvmpipe") ?? false;
  if (there) Deno.test(name, fn);
  else Deno.test({ name: `${name} (no lavapipe)`, ignore: true, fn });
}

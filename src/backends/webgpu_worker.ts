/**
 * The Worker that holds the device: a {@link GpuSession} that is called by messages.
 *
 * @module
 */
import { DeviceError } from "./device_error.ts";
import { type GpuSession, openGpuSession } from "./webgpu_session.ts";
import type { Reply, Request } from "./webgpu_thread.ts";

/** What this file uses of a Worker's global scope, which the window's types do not have. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Reply): void;
}

const scope = globalThis as unknown as WorkerScope;
let session: GpuSession | undefined;

scope.onmessage = async ({ data: { id, method, values } }) => {
  try {
    if (method === "start") {
      session = await openGpuSession();
      scope.postMessage({ id, value: undefined });
      return;
    }
    const call = session![method] as (...values: unknown[]) => Promise<unknown>;
    scope.postMessage({ id, value: await call(...values) });
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    scope.postMessage({ id, fault: error.fault });
  }
};

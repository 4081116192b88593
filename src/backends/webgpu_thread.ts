/**
 * A device in a Worker. In Deno a wait for the GPU blocks the thread that waits; here that is not
 * the thread that makes plans, draws progress and listens for signals.
 *
 * @module
 */
import { DeviceError } from "./device_error.ts";
import { quietDrivers } from "./quiet_drivers.ts";
import type { GpuSession } from "./webgpu_session.ts";

/** A call of the session. */
export interface Request {
  /** Identifies its reply. */
  readonly id: number;
  /** What is called. */
  readonly method: keyof GpuSession | "start";
  /** Its arguments. */
  readonly values: readonly unknown[];
}

/** Its result. */
export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly fault: string };

/**
 * Starts the Worker and its device.
 *
 * @throws DeviceError when there is no WebGPU adapter.
 */
export async function openGpuThread(): Promise<GpuSession> {
  quietDrivers();
  const worker = new Worker(new URL("./webgpu_worker.ts", import.meta.url), {
    type: "module",
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;

  worker.onmessage = ({ data }: MessageEvent<Reply>) => {
    const call = waiting.get(data.id)!;
    waiting.delete(data.id);
    if ("fault" in data) {
      call.reject(new DeviceError(data.fault));
    } else {
      call.resolve(data.value);
    }
  };
  worker.onerror = (event) => {
    event.preventDefault();
    for (const call of waiting.values()) {
      call.reject(new DeviceError(`the GPU's thread failed: ${event.message}`));
    }
    waiting.clear();
  };

  function call<T>(
    method: Request["method"],
    values: readonly unknown[] = [],
    transfer: Transferable[] = [],
  ): Promise<T> {
    const id = ++calls;
    const promise = Promise.withResolvers<unknown>();
    waiting.set(id, promise);
    worker.postMessage({ id, method, values } satisfies Request, transfer);
    return promise.promise as Promise<T>;
  }

  try {
    await call("start");
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return {
    describe: () => call("describe"),
    arithmetic: () => call("arithmetic"),
    open: (setup) => call("open", [setup]),
    execute: (list, words, count, fresh = []) =>
      call(
        "execute",
        [list, words, count, fresh],
        [words.buffer, ...fresh.map(({ data }) => data.buffer)],
      ),
    losses: () => call("losses"),
    read: () => call("read"),
    async destroy() {
      await call("destroy");
      worker.terminate();
    },
  };
}

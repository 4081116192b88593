/**
 * Ctrl-C, and SIGTERM where there is one, as a request to stop.
 *
 * @module
 */
import type { InterruptMessage } from "./interrupt_worker.ts";

/** A request to stop that may come. */
export interface Interrupt {
  /** Whether it has come; true at once, whatever this thread is at. */
  readonly asked: () => boolean;
  /** The same for work that waits; given when this thread is next free. */
  readonly signal: AbortSignal;
}

/**
 * Listens from now on: the first Ctrl-C asks the work to stop, a second ends the process at once.
 * The listener is a thread of its own, because a thread that computes hears nothing.
 *
 * @param message Shown at the first.
 */
export function listenForInterrupt(message: string): Promise<Interrupt> {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const stopping = new AbortController();
  const worker = new Worker(new URL("./interrupt_worker.ts", import.meta.url), {
    type: "module",
  });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<"listening" | "asked">) => {
      if (data === "asked") return stopping.abort();
      resolve({
        asked: () => Atomics.load(flag, 0) !== 0,
        signal: stopping.signal,
      });
    };
    worker.postMessage({ flag, message } satisfies InterruptMessage);
  });
}

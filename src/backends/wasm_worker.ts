/**
 * A worker that is a thread of the wasm backend.
 *
 * @module
 */
import { barriersOf, breakBarrier, BrokenBarrierError } from "./barrier.ts";
import {
  type OpenMessage,
  openThread,
  type RunMessage,
} from "./wasm_thread.ts";

/** The answer to each message: how long it took, or what went wrong. */
export interface Answer {
  readonly milliseconds: number;
  readonly error?: string;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<OpenMessage | RunMessage>) => void;
  postMessage(answer: Answer): void;
};

let run: (message: RunMessage) => number;
let barriers: Int32Array[] = [];

scope.onmessage = ({ data }) => {
  try {
    if (data.kind === "open") {
      const { memory, map } = data;
      barriers = barriersOf(memory, map);
      run = openThread(data);
      scope.postMessage({ milliseconds: 0 });
    } else scope.postMessage({ milliseconds: run(data) });
  } catch (error) {
    // The thread that broke the barrier says why.
    if (error instanceof BrokenBarrierError) return;
    barriers.forEach(breakBarrier);
    scope.postMessage({
      milliseconds: 0,
      error: `${(error as Error).stack ?? error}`,
    });
  }
};

/**
 * The worker, as the page sees it.
 *
 * @module
 */
import type { Reply, Request } from "./messages.ts";

/** Asks the worker and hears it. */
export interface Engine {
  /** Asks; what is at work ends where another experiment is opened. */
  ask(request: Request): void;
}

/**
 * Starts a worker; a new one in its place whenever one at work is to do something else.
 *
 * @param hear Gets what the current worker says.
 */
export function startEngine(hear: (reply: Reply) => void): Engine {
  let work: "open" | "run" | null = null;
  let failure: string | null = null;
  let worker = start();

  function start(): Worker {
    const own = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
    });
    own.onmessage = ({ data }: MessageEvent<Reply>) => {
      const isOver = data.kind === "world" && work === "open" ||
        data.kind === "done" ||
        data.kind === "error" && ["open", "run"].includes(data.request);
      if (isOver) work = null;
      hear(data);
    };
    own.onerror = (event) => {
      event.preventDefault();
      work = null;
      failure = `the worker failed: ${
        event.message ?? "not every file of the page can be loaded"
      }; reload the page`;
      hear({ kind: "error", text: failure, request: "run" });
    };
    return own;
  }

  return {
    ask(request) {
      const { kind } = request;
      if (kind === "open" && (work ?? failure) !== null) {
        worker.onmessage = null;
        worker.terminate();
        failure = null;
        worker = start();
      }
      if (failure !== null) {
        return hear({ kind: "error", text: failure, request: kind });
      }
      if (kind === "open" || kind === "run") work = kind;
      worker.postMessage(request);
    },
  };
}

/**
 * The worker, as the page sees it.
 *
 * @module
 */
import type { Reply, Request } from "./messages.ts";

/** Asks the worker and hears it. */
export interface Engine {
  /** Asks; a training at work ends where another experiment is opened. */
  ask(request: Request): void;
}

/**
 * Starts a worker; a new one in its place whenever one at work is to do something else.
 *
 * @param hear Gets what the current worker says.
 */
export function startEngine(hear: (reply: Reply) => void): Engine {
  let isAtWork = false;
  let worker = start();

  function start(): Worker {
    const own = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
    });
    own.onmessage = ({ data }: MessageEvent<Reply>) => {
      const isOver = data.kind === "done" ||
        data.kind === "error" && data.request === "run";
      if (isOver) isAtWork = false;
      hear(data);
    };
    own.onerror = (event) => {
      event.preventDefault();
      isAtWork = false;
      const text = `the worker failed: ${event.message}`;
      hear({ kind: "error", text, request: "run" });
    };
    return own;
  }

  return {
    ask(request) {
      if (request.kind === "open" && isAtWork) {
        worker.onmessage = null;
        worker.terminate();
        worker = start();
        isAtWork = false;
      }
      if (request.kind === "run") isAtWork = true;
      worker.postMessage(request);
    },
  };
}

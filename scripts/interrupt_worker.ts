/**
 * The thread that hears Ctrl-C while the others compute.
 *
 * @module
 */
import { processOutput } from "../tools.ts";

/** What it starts with. */
export interface InterruptMessage {
  /** Its first element becomes 1 at the first signal. */
  readonly flag: Int32Array;
  /** Shown then. */
  readonly message: string;
}

/**
 * Signals within this many milliseconds of the first are the same Ctrl-C: `deno task` passes on what
 * the terminal has already sent to the script.
 */
const SAME_MS = 300;

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/**
 * The terminal is gone, or the shell between it and `| tee` has died of the same Ctrl-C. To listen
 * would undo `nohup`; under that, on Linux, stdin is not a terminal.
 */
const HANGUP: readonly Deno.Signal[] =
  Deno.build.os === "linux" && Deno.stdin.isTerminal() ? ["SIGHUP"] : [];

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<InterruptMessage>) => void;
  postMessage(message: "listening" | "asked"): void;
};

scope.onmessage = ({ data: { flag, message } }) => {
  const ask = () => {
    if (Atomics.exchange(flag, 0, 1) !== 0) return;
    scope.postMessage("asked");
    processOutput("stderr").write(`\n${message}\n`);
    // Without a listener the next Ctrl-C does what it does by itself: it ends the process.
    setTimeout(
      () => SIGNALS.forEach((name) => Deno.removeSignalListener(name, ask)),
      SAME_MS,
    );
  };
  [...SIGNALS, ...HANGUP].forEach((name) => Deno.addSignalListener(name, ask));
  scope.postMessage("listening");
};

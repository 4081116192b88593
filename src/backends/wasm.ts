/**
 * The wasm backend: WebAssembly SIMD kernels on any number of threads that share one memory. The
 * number of threads changes the time and not a bit of the result, because threads split output
 * elements only.
 *
 * The threads are workers and do all the computing. The thread that opened the session writes the plans of
 * the next block into shared memory while the workers run the current one, and is free otherwise. One
 * thread alone in a worker is that worker itself.
 *
 * @module
 */
import type { TrainingState } from "../algorithms/training_state.ts";
import { InputError } from "../errors.ts";
import {
  type Backend,
  freshParts,
  type TrainingSession,
  type TrainingTask,
} from "./backend.ts";
import { barriersOf, breakBarrier } from "./barrier.ts";
import { inTurns, type Pace, pace } from "./pace.ts";
import {
  learnerMemory,
  memoryShortage,
  PAGE,
  type TrainingMemory,
} from "./wasm_memory.ts";
import { withMemorySize } from "./wasm_memory_size.ts";
import {
  type OpenMessage,
  openThread,
  type RunMessage,
} from "./wasm_thread.ts";
import type { Answer } from "./wasm_worker.ts";

/** Steps of the first block of a run, for which the workers wait; each next one has four times as many. */
const FIRST_BLOCK = 16;

/**
 * The wasm backend with a number of threads, by default as many as the machine has cores. How many of them
 * work is measured while they train: 1, 2, 4, ... or all, whichever is the fastest.
 * @throws InputError when `threads` is not between 1 and 256.
 *
 * @example One thread
 * ```ts
 * import { wasmBackend } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * equal(wasmBackend({ threads: 1 }).name, "wasm");
 * ```
 */
export function wasmBackend(
  { threads = mayShare() ? navigator.hardwareConcurrency : 1 }: {
    threads?: number;
  } = {},
): Backend {
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new InputError(
      `threads is ${threads}: give a whole number from 1 to 256`,
    );
  }
  return wasmThreads(threads, pace);
}

/** A fault to plant: changes the memory of a training, and the map of it that workers get. */
export type WasmFault = (memory: TrainingMemory) => TrainingMemory;

/**
 * The wasm backend where bits are compared: how many of the threads work changes from block to block, so that
 * every share of the work is computed.
 *
 * @param threads From 1 to 256.
 *
 * @example
 * ```ts
 * import { wasmInTurns } from "@holdfast/offline-rl/checks";
 * import { equal } from "node:assert/strict";
 *
 * equal(wasmInTurns(2).name, "wasm");
 * ```
 */
export function wasmInTurns(threads: number): Backend {
  return wasmThreads(threads, inTurns);
}

/** The same with a number of threads that is right, and with what is to be wrong. */
export function wasmThreads(
  asked: number,
  paceOf: (threads: number) => Pace,
  fault?: WasmFault,
): Backend {
  const threads = mayShare() ? asked : 1;
  const made = new Map<number, number>();
  return {
    name: "wasm",
    description: `WebAssembly SIMD, ${threads} thread${
      threads === 1 ? "" : "s"
    }`,
    usage: () => usageOf(made, threads),
    shortage: (size) => memoryShortage(size, threads),
    open(task) {
      const { next, took } = paceOf(threads);
      const counted: Pace = {
        next,
        took(active, steps, milliseconds) {
          took(active, steps, milliseconds);
          made.set(active, (made.get(active) ?? 0) + steps);
        },
      };
      return openTraining(task, threads, counted, fault);
    },
  };
}

/** Fewer steps are made while numbers of threads are tried. */
const TOLD_FROM = 1000;

/** @param made Steps made by each number of threads. */
function usageOf(
  made: ReadonlyMap<number, number>,
  threads: number,
): string | null {
  const steps = [...made.values()].reduce((a, b) => a + b, 0);
  if (threads === 1 || steps < TOLD_FROM) return null;
  const [most, count] = [...made].reduce((a, b) => b[1] > a[1] ? b : a);
  const percent = Math.round(100 * count / steps);
  return `${most} of ${threads} threads for ${percent} % of the steps`;
}

/** Whether workers may be given shared memory: not so in a page that is not isolated from others. */
function mayShare(): boolean {
  return Object(globalThis).crossOriginIsolated !== false;
}

let kernelBytes: Promise<Uint8Array<ArrayBuffer>> | undefined;

/**
 * Compiles the kernels for a memory of exactly that size: the compiler keeps a size that cannot
 * change in a register, and every load compares with it. `fetch` reads local files too, and works
 * where the suite is loaded from a URL.
 */
async function kernelModule(pages: number): Promise<WebAssembly.Module> {
  kernelBytes ??= fetch(
    new URL("../../kernels/kernels.wasm", import.meta.url),
  ).then(async (response) => {
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw new InputError(
      `kernels.wasm cannot be loaded: the host answers ${response.status}`,
    );
  });
  return WebAssembly.compile(withMemorySize(await kernelBytes, pages));
}

async function openTraining(
  task: TrainingTask,
  threads: number,
  { next, took }: Pace,
  fault: WasmFault = (right) => right,
): Promise<TrainingSession> {
  const { plan, program } = task;
  const { runs } = task.state;
  const { memory, map } = fault(learnerMemory(task, threads));
  const module = await kernelModule(memory.buffer.byteLength / PAGE);
  const planWords = map.plans.map((address) =>
    new Uint32Array(
      memory.buffer,
      address,
      map.blockSteps * runs * plan.layout.stride,
    )
  );
  const isInWorker = "WorkerGlobalScope" in globalThis;
  const team = threads === 1 && (isInWorker || !mayShare())
    ? callingThread()
    : workerTeam(
      threads,
      () => barriersOf(memory, map).forEach(breakBarrier),
    );
  let step = task.state.step;

  function tableOf(name: string): Float32Array {
    const isFirst = name === "observations";
    const address = isFirst ? map.observations : map.tables[name];
    const table = isFirst ? task.observations : task.tables![name];
    return new Float32Array(memory.buffer, address, table.length);
  }

  function readLosses(block: number, steps: number): Float32Array {
    const words = steps * runs * map.terms;
    return new Float32Array(memory.buffer, map.losses[block], words);
  }

  function read(): TrainingState {
    const buffers = Object.fromEntries(program.state.map((name) => {
      const { length } = program.buffers.find((b) => b.name === name)!;
      const all = new Float32Array(runs * length);
      map.buffers[name].forEach((address, run) =>
        all.set(new Float32Array(memory.buffer, address, length), run * length)
      );
      return [name, all];
    }));
    return { step, runs, buffers };
  }

  await team.send((thread) => ({ kind: "open", module, memory, map, thread }));
  return {
    async run(to) {
      team.check();
      const losses = new Float32Array((to - step) * runs * map.terms);
      let running: Promise<void> = Promise.resolve();
      let size = Math.min(FIRST_BLOCK, map.blockSteps);
      for (let from = step, block = 0; from < to; block = 1 - block) {
        const way = next();
        const active = way.threads;
        const steps = Math.min(size, way.steps, to - from);
        const fresh = plan.fill(planWords[block], from, steps);
        for (const { name, offset, data } of freshParts(task, fresh)) {
          tableOf(name).set(data, offset);
        }
        const before = running;
        const at = (from - step) * runs * map.terms;
        const sent = team.send(() => ({
          kind: "run",
          from,
          steps,
          block,
          active,
        }));
        running = sent.then((milliseconds) => {
          losses.set(readLosses(block, steps), at);
          took(active, steps, milliseconds);
        });
        // A failure is thrown where it is awaited, here or below.
        running.catch(() => {});
        await before;
        from += steps;
        size = Math.min(4 * size, map.blockSteps);
      }
      await running;
      step = to;
      return losses;
    },
    read: () => Promise.resolve(read()),
    close: () => {
      team.close();
      return Promise.resolve();
    },
  };
}

interface WorkerTeam {
  /**
   * Sends a message to each worker.
   * @returns When all have answered it, the milliseconds of the slowest; answers come in order.
   */
  send(message: (thread: number) => OpenMessage | RunMessage): Promise<number>;
  /** @throws Error when a worker has failed or the team is closed. */
  check(): void;
  close(): void;
}

/** Milliseconds for which the calling thread computes before it hears messages. */
const DEAF_MS = 100;

/**
 * The calling thread as the only one. Deno takes a second to start a worker from a worker, and a page that is
 * not isolated cannot share memory with one.
 */
function callingThread(): WorkerTeam {
  let run: ((message: RunMessage) => number) | undefined;
  let heard = performance.now();
  let before: Promise<unknown> = Promise.resolve();
  const check = () => {
    if (!run) throw new Error("the training session is closed");
  };
  async function work(sent: OpenMessage | RunMessage): Promise<number> {
    if (sent.kind === "open") {
      run = openThread(sent);
      return 0;
    }
    if (performance.now() - heard > DEAF_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      heard = performance.now();
    }
    check();
    return run!(sent);
  }
  return {
    send(message) {
      const sent = message(0);
      // One after the other, as a worker takes them: a block may wait for its turn.
      const answer = before.then(() => work(sent));
      before = answer.catch(() => {});
      return answer;
    },
    check,
    close: () => void (run = undefined),
  };
}

/** Starts the workers. @param stop Makes workers that wait for another stop waiting. */
function workerTeam(threads: number, stop: () => void): WorkerTeam {
  interface Waiting {
    answers: number;
    milliseconds: number;
    resolve: (milliseconds: number) => void;
    reject: (error: Error) => void;
  }
  const waiting: Waiting[] = [];
  let failure: Error | undefined;
  let closed = false;
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(new URL("./wasm_worker.ts", import.meta.url), {
      type: "module",
    });
    let answered = 0;
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.error !== undefined) return fail(new Error(data.error));
      // Each worker answers in order: this is the answer to its oldest open message.
      const message = waiting[answered - done];
      answered++;
      message.milliseconds = Math.max(message.milliseconds, data.milliseconds);
      if (++message.answers === threads) {
        waiting.shift();
        done++;
        message.resolve(message.milliseconds);
      }
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail(new Error(`a worker of the wasm backend failed: ${event.message}`));
    };
    return worker;
  });
  let done = 0;

  function fail(error: Error): void {
    failure ??= error;
    waiting.splice(0).forEach(({ reject }) => reject(failure!));
    close();
  }

  function close(): void {
    if (closed) return;
    closed = true;
    stop();
    workers.forEach((worker) => worker.terminate());
    failure ??= new Error("the training session is closed");
    waiting.splice(0).forEach(({ reject }) => reject(failure!));
  }

  function check(): void {
    if (failure) throw failure;
  }

  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        check();
        waiting.push({ answers: 0, milliseconds: 0, resolve, reject });
        workers.forEach((worker, thread) =>
          worker.postMessage(message(thread))
        );
      }),
    check,
    close,
  };
}

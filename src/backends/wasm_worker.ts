/**
 * A thread of the wasm backend: runs its share of every call, step by step.
 *
 * @module
 */
import { fillSweep } from "../dataset/minibatch_plan.ts";
import {
  awaitAll,
  BARRIER_WORDS,
  breakBarrier,
  BrokenBarrierError,
} from "./barrier.ts";
import type { CallList, MemoryMap } from "./wasm_memory.ts";

/** The first message to a worker. */
export interface OpenMessage {
  readonly kind: "open";
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly map: MemoryMap;
  readonly thread: number;
}

/** Trains `steps` steps from step `from` with the plans of a block. */
export interface RunMessage {
  readonly kind: "run";
  readonly from: number;
  readonly steps: number;
  /** 0 or 1 */
  readonly block: number;
}

/** The answer to each message: nothing, or what went wrong. */
export interface Answer {
  readonly error?: string;
}

type KernelExport = (call: number, plan: number, share: number) => void;

/** The calls of one phase, for this thread. */
interface Part {
  readonly kernels: readonly KernelExport[];
  readonly arguments: readonly number[];
  readonly runs: readonly number[];
  readonly share: number;
  /** Whether threads wait for each other after it. */
  readonly barrier: boolean;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<OpenMessage | RunMessage>) => void;
  postMessage(answer: Answer): void;
};

let run: (message: RunMessage) => void;
let barrier: Int32Array | undefined;

scope.onmessage = ({ data }) => {
  try {
    if (data.kind === "open") open(data);
    else run(data);
    scope.postMessage({});
  } catch (error) {
    // The thread that broke the barrier tells why.
    if (error instanceof BrokenBarrierError) return;
    if (barrier) breakBarrier(barrier);
    scope.postMessage({ error: `${(error as Error).stack ?? error}` });
  }
};

function open({ module, memory, map, thread }: OpenMessage): void {
  const { threads, runs, layout, terms } = map;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const state = new Int32Array(memory.buffer, map.barrier, BARRIER_WORDS);
  barrier = state;
  const planBytes = 4 * layout.stride;
  const sweepPlan = new Uint32Array(
    memory.buffer,
    map.sweepPlans[thread],
    layout.stride,
  );
  // As many runs as divide evenly go to one thread each, without barriers; the rest are shared.
  const wholeRuns = runs - runs % threads;
  const ownRuns = range(thread, wholeRuns, threads);
  const sharedRuns = range(wholeRuns, runs, 1);
  const step = partsOf(map.step);
  const sync = partsOf(map.sync);
  const sweepCalls = partsOf(map.sweep);
  // The thread that computes the terms of a shared run is not always the first; it writes them
  // before the barrier that ends their phase, so that the first may copy them at the step's end.
  const reported = thread === 0 ? [...ownRuns, ...sharedRuns] : ownRuns;
  const stepLosses = reported.map((r) =>
    new Float32Array(memory.buffer, map.stepLosses[r], terms)
  );
  const blockLosses = map.losses.map((address) =>
    new Float32Array(memory.buffer, address, map.blockSteps * runs * terms)
  );

  function partsOf(list: CallList): Part[] {
    const part = (
      indices: readonly number[],
      of: readonly number[],
      share: number,
      barrier: boolean,
    ): Part => {
      const pairs = of.flatMap((r) => indices.map((i) => [i, r] as const));
      return {
        kernels: pairs.map(([i]) => exports[list.kernels[i]] as KernelExport),
        arguments: pairs.map(([i, r]) => list.arguments[i][r]),
        runs: pairs.map(([, r]) => r),
        share,
        barrier,
      };
    };
    const all = list.kernels.map((_, i) => i);
    return [
      ...(ownRuns.length > 0
        ? [part(all, ownRuns, map.wholes[thread], false)]
        : []),
      ...(sharedRuns.length > 0
        ? list.phases.map((indices) =>
          part(indices, sharedRuns, map.parts[thread], true)
        )
        : []),
    ];
  }

  /** @param runBytes Bytes from a run's plan to the next run's; 0 where all read the same. */
  function execute(
    parts: readonly Part[],
    plan: number,
    runBytes: number,
  ): void {
    for (let p = 0; p < parts.length; p++) {
      const { kernels, arguments: calls, runs, share, barrier } = parts[p];
      for (let i = 0; i < kernels.length; i++) {
        kernels[i](calls[i], plan + runs[i] * runBytes, share);
      }
      if (barrier) awaitAll(state, threads);
    }
  }

  function sweep(): void {
    if (sweepCalls.length === 0) return;
    const { tableRows } = map;
    for (let first = 0; first < tableRows; first += layout.rowCapacity) {
      const count = Math.min(layout.rowCapacity, tableRows - first);
      fillSweep(layout, sweepPlan, 1, first, count);
      execute(sweepCalls, map.sweepPlans[thread], 0);
    }
  }

  function report(losses: Float32Array, s: number): void {
    for (let k = 0; k < reported.length; k++) {
      const at = (s * runs + reported[k]) * terms;
      for (let t = 0; t < terms; t++) losses[at + t] = stepLosses[k][t];
    }
  }

  run = ({ from, steps, block }) => {
    for (let s = 0; s < steps; s++) {
      execute(step, map.plans[block] + s * runs * planBytes, planBytes);
      report(blockLosses[block], s);
      const interval = map.targetUpdateInterval;
      if (interval > 0 && (from + s + 1) % interval === 0) {
        execute(sync, map.sweepPlans[thread], 0);
        sweep();
      }
    }
  };
  sweep();
}

function range(first: number, end: number, step: number): number[] {
  const numbers: number[] = [];
  for (let i = first; i < end; i += step) numbers.push(i);
  return numbers;
}

/**
 * A thread of the wasm backend: runs its share of every call, step by step.
 *
 * @module
 */
import { fillSweep } from "../dataset/minibatch_plan.ts";
import { awaitAll, barriersOf } from "./barrier.ts";
// Only types: a worker that loads all kernels starts twice as slowly.
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
  /** How many of the threads work. */
  readonly active: number;
}

type KernelExport = (call: number, plan: number, share: number) => void;

/** The calls of one phase, for this thread. */
interface Part {
  readonly kernels: readonly KernelExport[];
  readonly arguments: readonly number[];
  readonly runs: readonly number[];
  readonly share: number;
  /** How many threads wait for each other after it; 1 where none has to. */
  readonly together: number;
}

/** What a thread does when it runs a block. */
interface Way {
  readonly step: readonly Part[];
  readonly targetUpdate: readonly Part[];
  readonly sweep: readonly Part[];
  /** Runs whose losses this thread copies into the block's, and where they are after a step. */
  readonly reported: readonly number[];
  readonly losses: readonly Float32Array[];
}

/**
 * Makes a thread ready.
 *
 * @returns Runs a block; the milliseconds that it took.
 */
export function openThread(
  { module, memory, map, thread }: Omit<OpenMessage, "kind">,
): (message: RunMessage) => number {
  const { threads, runs, layout, terms } = map;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const [state, betweenBlocks] = barriersOf(memory, map);
  const planBytes = 4 * layout.stride;
  const sweepPlan = new Uint32Array(
    memory.buffer,
    map.sweepPlans[thread],
    layout.stride,
  );
  const ways = [...map.fewer, map.parts].map(wayOf);
  const wayFor = (active: number) =>
    ways[active === threads ? ways.length - 1 : Math.log2(active)];
  const blockLosses = map.losses.map((address) =>
    new Float32Array(memory.buffer, address, map.blockSteps * runs * terms)
  );

  /** What this thread does in a block, when as many threads work as there are shares. */
  function wayOf(shares: readonly number[]): Way {
    const active = shares.length;
    // As many runs as divide evenly go to one thread each, without barriers; the rest are shared.
    const wholeRuns = runs - runs % active;
    const ownRuns = thread < active ? range(thread, wholeRuns, active) : [];
    const sharedRuns = thread < active ? range(wholeRuns, runs, 1) : [];
    // A shared run's losses lie ready at the step's last barrier; the first thread copies them.
    const reported = thread === 0 ? [...ownRuns, ...sharedRuns] : ownRuns;
    const partsOf = (list: CallList): Part[] => {
      const all = list.kernels.map((_, i) => i);
      return [
        ...(ownRuns.length > 0
          ? [partOf(list, all, ownRuns, map.wholes[thread], 1)]
          : []),
        ...(sharedRuns.length > 0
          ? list.phases.map((indices) =>
            partOf(list, indices, sharedRuns, shares[thread], active)
          )
          : []),
      ];
    };
    return {
      step: partsOf(map.step),
      targetUpdate: partsOf(map.targetUpdate),
      sweep: partsOf(map.sweep),
      reported,
      losses: reported.map((r) =>
        new Float32Array(memory.buffer, map.stepLosses[r], terms)
      ),
    };
  }

  function partOf(
    list: CallList,
    indices: readonly number[],
    of: readonly number[],
    share: number,
    together: number,
  ): Part {
    const pairs = of.flatMap((r) => indices.map((i) => [i, r] as const));
    return {
      kernels: pairs.map(([i]) => exports[list.kernels[i]] as KernelExport),
      arguments: pairs.map(([i, r]) => list.arguments[i][r]),
      runs: pairs.map(([, r]) => r),
      share,
      together,
    };
  }

  /** @param runBytes Bytes from a run's plan to the next run's; 0 where all read the same. */
  function execute(
    parts: readonly Part[],
    plan: number,
    runBytes: number,
  ): void {
    for (let p = 0; p < parts.length; p++) {
      const { kernels, arguments: calls, runs, share, together } = parts[p];
      for (let i = 0; i < kernels.length; i++) {
        kernels[i](calls[i], plan + runs[i] * runBytes, share);
      }
      awaitAll(state, together);
    }
  }

  function sweep(calls: readonly Part[]): void {
    if (calls.length === 0) return;
    const { tableRows } = map;
    for (let first = 0; first < tableRows; first += layout.rowCapacity) {
      const count = Math.min(layout.rowCapacity, tableRows - first);
      fillSweep(layout, sweepPlan, 1, first, count);
      execute(calls, map.sweepPlans[thread], 0);
    }
  }

  function report(way: Way, losses: Float32Array, s: number): void {
    for (let k = 0; k < way.reported.length; k++) {
      const at = (s * runs + way.reported[k]) * terms;
      for (let t = 0; t < terms; t++) losses[at + t] = way.losses[k][t];
    }
  }

  sweep(wayFor(threads).sweep);
  return ({ from, steps, block, active }) => {
    const way = wayFor(active);
    // The block before may have been another thread's.
    awaitAll(betweenBlocks, threads);
    const start = performance.now();
    for (let s = 0; s < steps; s++) {
      execute(way.step, map.plans[block] + s * runs * planBytes, planBytes);
      report(way, blockLosses[block], s);
      const interval = map.targetUpdateInterval;
      if (interval > 0 && (from + s + 1) % interval === 0) {
        execute(way.targetUpdate, map.sweepPlans[thread], 0);
        sweep(way.sweep);
      }
    }
    return performance.now() - start;
  };
}

function range(first: number, end: number, step: number): number[] {
  const numbers: number[] = [];
  for (let i = first; i < end; i += step) numbers.push(i);
  return numbers;
}

/**
 * What a training session of the wasm backend has in its shared memory, and where.
 *
 * @module
 */
import { KERNELS } from "../../kernels/mod.ts";
import type { PlanLayout } from "../../kernels/plan.ts";
import type { Call, Program } from "../algorithms/program.ts";
import { InputError } from "../errors.ts";
import {
  blockSteps,
  gibibytes,
  tableLength,
  type TaskSize,
  type TrainingTask,
} from "./backend.ts";
import { BARRIER_WORDS } from "./barrier.ts";
import { threadCounts } from "./pace.ts";
import { phases } from "./phases.ts";
import { type ThreadCall, threadCalls } from "./thread_calls.ts";

/** Bytes of a page of WebAssembly memory. */
export const PAGE = 65536;
const MOST_PAGES = 65536;
/** Constants of the kernels lie below; see `scripts/build_kernels.ts`. */
const FIRST_ADDRESS = PAGE;
const SHARE_WORDS = 21;
/** Pairs of rows that a kernel lists at a time; `PAIRS` in `sums.as.ts`. */
const PAIRS = 64;
/** Words that Adam has for a block's denominators and their reciprocals; `BLOCK` in `adam.as.ts`. */
const ADAM_WORDS = 2 * 128;

/** A list of calls as the workers run it. */
export interface CallList {
  readonly calls: readonly ThreadCall[];
  /** Exports of the module. */
  readonly kernels: readonly string[];
  /** [calls][runs] byte address of each call's arguments. */
  readonly arguments: readonly (readonly number[])[];
  /** Indices of the calls in each phase. */
  readonly phases: readonly (readonly number[])[];
}

/** Byte addresses and sizes; plain data that is sent to the workers. */
export interface MemoryMap {
  readonly threads: number;
  readonly runs: number;
  readonly layout: PlanLayout;
  readonly tableRows: number;
  readonly targetUpdateInterval: number;
  readonly terms: number;
  /** Steps of a block. */
  readonly blockSteps: number;
  /** Two blocks of plans, [blockSteps, runs, layout.stride] words each. */
  readonly plans: readonly [number, number];
  /** Two blocks of losses, [blockSteps, runs, terms] each. */
  readonly losses: readonly [number, number];
  /** [runs] the current step's losses. */
  readonly stepLosses: readonly number[];
  /** [threads] each thread's own plan for sweeps. */
  readonly sweepPlans: readonly number[];
  /** [threads] the whole work, for runs that a thread has to itself. */
  readonly wholes: readonly number[];
  /** [threads] a part of the work, for runs that all threads share. */
  readonly parts: readonly number[];
  /** [log2 of a number of threads below all][that number] the same where only so many work. */
  readonly fewer: readonly (readonly number[])[];
  /** Where threads that work wait for each other within a step, and all threads between two blocks. */
  readonly barrier: number;
  readonly blockBarrier: number;
  readonly observations: number;
  /** Addresses of the program's `tables`, by name. */
  readonly tables: Readonly<Record<string, number>>;
  /** Name to [runs] addresses. */
  readonly buffers: Readonly<Record<string, readonly number[]>>;
  readonly step: CallList;
  readonly targetUpdate: CallList;
  readonly sweep: CallList;
}

/** A training session's memory, filled with what does not change and with the state. */
export interface TrainingMemory {
  readonly memory: WebAssembly.Memory;
  readonly map: MemoryMap;
}

/** Where everything is to lie, how many bytes that takes, and [threads] the `Share`'s addresses. */
interface PlannedMemory {
  readonly map: MemoryMap;
  readonly bytes: number;
  readonly scratches: readonly (readonly number[])[];
}

function planMemory(size: TaskSize, threads: number): PlannedMemory {
  const { program, runs } = size;
  const layout = program.plan;
  const terms = program.lossTerms.length;
  const steps = blockSteps(size);
  let end = FIRST_ADDRESS;
  // Cache lines (64 bytes) and WebGPU-like alignment of plans (256 bytes) in one.
  const take = (words: number): number => {
    const address = end;
    end += Math.ceil(words / 64) * 256;
    return address;
  };
  const takeEach = (count: number, words: number): number[] =>
    Array.from({ length: count }, () => take(words));
  const takeArguments = (list: readonly Call[]): CallList => {
    const calls = threadCalls(list, program.state);
    return {
      calls,
      kernels: calls.map(({ exported }) => exported),
      arguments: calls.map(({ buffers, numbers }) =>
        takeEach(
          runs,
          Object.keys(buffers).length + Object.keys(numbers).length,
        )
      ),
      phases: phases(calls),
    };
  };

  const barrier = take(BARRIER_WORDS);
  const blockBarrier = take(BARRIER_WORDS);
  const wholes = takeEach(threads, SHARE_WORDS);
  const parts = takeEach(threads, SHARE_WORDS);
  const fewer = threadCounts(threads).slice(0, -1).map((count) =>
    takeEach(count, SHARE_WORDS)
  );
  const scratches = Array.from(
    { length: threads },
    () => scratchWords(program).map(take),
  );
  const map: MemoryMap = {
    threads,
    runs,
    layout,
    tableRows: program.tableRows,
    targetUpdateInterval: program.targetUpdateInterval,
    terms,
    blockSteps: steps,
    barrier,
    blockBarrier,
    wholes,
    parts,
    fewer,
    sweepPlans: takeEach(threads, layout.stride),
    step: takeArguments(program.step),
    targetUpdate: takeArguments(program.targetUpdate),
    sweep: takeArguments(program.sweep),
    plans: [
      take(steps * runs * layout.stride),
      take(steps * runs * layout.stride),
    ],
    losses: [take(steps * runs * terms), take(steps * runs * terms)],
    stepLosses: takeEach(runs, terms),
    buffers: Object.fromEntries(
      program.buffers.map(({ name, length }) => [name, takeEach(runs, length)]),
    ),
    observations: take(tableLength(program)),
    tables: Object.fromEntries(
      program.tables.map(({ name, length }) => [name, take(length)]),
    ),
  };
  return { map, bytes: end, scratches };
}

/** What a training would take of WebAssembly's memory where that is too small; see `Backend.shortage`. */
export function memoryShortage(size: TaskSize, threads: number): string | null {
  const { bytes } = planMemory(size, threads);
  return bytes > MOST_PAGES * PAGE
    ? `${
      gibibytes(bytes)
    } in WebAssembly with ${threads} threads, and that has at most 4`
    : null;
}

/**
 * Allocates and fills the memory of a training session.
 * @throws InputError when it would need more than WebAssembly or the machine has.
 */
export function learnerMemory(
  task: TrainingTask,
  threads: number,
): TrainingMemory {
  const { program, observations, tables, state } = task;
  const { runs } = state;
  const layout = program.plan;
  const { map, bytes, scratches } = planMemory({ program, runs }, threads);
  const memory = allocate(bytes);
  const view = new DataView(memory.buffer);
  map.wholes.forEach((address, thread) =>
    writeShare(view, address, 0, 1, scratches[thread], layout)
  );
  for (const parts of [...map.fewer, map.parts]) {
    parts.forEach((address, thread) =>
      writeShare(view, address, thread, parts.length, scratches[thread], layout)
    );
  }
  writeArguments(view, map, map.step);
  writeArguments(view, map, map.targetUpdate);
  writeArguments(view, map, map.sweep);
  new Float32Array(memory.buffer, map.observations, observations.length)
    .set(observations);
  for (const [name, table] of Object.entries(tables ?? {})) {
    new Float32Array(memory.buffer, map.tables[name], table.length).set(table);
  }
  for (const name of program.state) {
    const length = state.buffers[name].length / runs;
    map.buffers[name].forEach((address, run) =>
      new Float32Array(memory.buffer, address, length)
        .set(state.buffers[name].subarray(run * length, (run + 1) * length))
    );
  }
  return { memory, map };
}

/** Sizes of a thread's working memory, in the order of `Share`. */
function scratchWords({ networks, plan }: Program): number[] {
  const { batchSize, rowCapacity } = plan;
  const width = Math.max(
    ...networks.flatMap(({ layout }) => layout.layers).flatMap(
      ({ inputStride, outputStride }) => [inputStride, outputStride],
    ),
  );
  const factors = Math.max(batchSize, width) + 4;
  const items = Math.max(rowCapacity, width) + 4;
  return [
    4 * PAIRS, // pairs
    4 * PAIRS * (factors + 2), // lists
    Math.max(16 * factors, ADAM_WORDS), // panel, and Adam's block
    items,
    items, // order
    256, // buckets
    width, // columns: two words for each group of four, and more
    width * (batchSize + 4), // factors
    (width + 4) * batchSize + 16, // packed
    2 * PAIRS * (width + 16), // sums
  ];
}

function allocate(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE);
  const advice =
    "use fewer runs, a smaller batch or network, or a smaller data set";
  if (pages > MOST_PAGES) {
    throw new InputError(
      `training takes ${
        gibibytes(bytes)
      } in WebAssembly, which has at most 4: ${advice}`,
    );
  }
  try {
    return new WebAssembly.Memory({
      initial: pages,
      maximum: pages,
      shared: true,
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(
      `training takes ${
        gibibytes(bytes)
      } of memory, which this machine does not give: ${advice}`,
    );
  }
}

/** Writes a `Share` (kernels/share.as.ts). */
function writeShare(
  view: DataView,
  address: number,
  thread: number,
  threads: number,
  scratch: readonly number[],
  layout: PlanLayout,
): void {
  const words = [
    thread,
    threads,
    layout.batchSize,
    ...[
      layout.rows,
      layout.offsets,
      layout.samples,
      layout.sampleRow,
      layout.sampleNextRow,
      layout.actions,
      layout.rewards,
      layout.discounts,
    ].map((word) => word * 4),
    ...scratch,
  ];
  words.forEach((word, i) => view.setUint32(address + 4 * i, word, true));
}

/** Writes each call's arguments: buffer addresses, then numbers, in the kernel's order. */
function writeArguments(
  view: DataView,
  map: MemoryMap,
  list: CallList,
): void {
  list.calls.forEach(({ kernel, buffers, numbers }, c) =>
    list.arguments[c].forEach((address, run) => {
      let at = address;
      for (const { buffer, offset } of Object.values(buffers)) {
        const base = buffer === "observations"
          ? map.observations
          : Object.hasOwn(map.tables, buffer)
          ? map.tables[buffer]
          : buffer === "losses"
          ? map.stepLosses[run]
          : map.buffers[buffer][run];
        view.setUint32(at, base + offset * 4, true);
        at += 4;
      }
      for (const [name, value] of Object.entries(numbers)) {
        if (KERNELS[kernel].numbers[name] === "f32") {
          view.setFloat32(at, value, true);
        } else view.setUint32(at, value, true);
        at += 4;
      }
    })
  );
}

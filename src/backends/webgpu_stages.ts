/**
 * What the GPU does at once: a list of calls as stages, each of which is one dispatch.
 *
 * A stage is a phase (`phases.ts`), or a part of one where it would need more memories than the device can
 * bind, or too large a shader. Its first workgroups own rows of the minibatch, and compute the phase's calls
 * of rows and samples one after the other; those after them compute its other calls side by side.
 *
 * @module
 */
import { type Kernel, rangeCapacity, ROWS } from "../../kernels/kernel.ts";
import { KERNELS } from "../../kernels/mod.ts";
import type { PlanLayout } from "../../kernels/plan.ts";
import { type Body, isOfRows, type Segment } from "../../kernels/wgsl.ts";
import type { Call } from "../algorithms/program.ts";
import { levels, phases, steps } from "./phases.ts";

/** A call in its stage. */
export interface StagedCall {
  /** Index in the list of calls. */
  readonly index: number;
  /** Threads or rows of a block where it is a call of rows or samples; else the end of its workgroups. */
  readonly share: number;
  /** Whether it has to see what calls of rows before it wrote. */
  readonly waits: boolean;
}

/** A dispatch. */
export interface Stage {
  /** In the order of the segments. */
  readonly calls: readonly StagedCall[];
  /** What it binds, as numbers of the caller's. */
  readonly memories: readonly number[];
  /** Copies of kernels; their memories are indices into `memories`. */
  readonly bodies: readonly Body[];
  /** Of the calls. */
  readonly segments: readonly Segment[];
  /** Threads of a workgroup. */
  readonly threads: number;
  /** Workgroups that own rows. */
  readonly rowBlocks: number;
  /** Workgroups of one run. */
  readonly groups: number;
}

/** Different kernels of a stage at most: what a driver compiles at once. */
const MOST_KERNELS = 12;

/** Threads of a workgroup: enough to be worth one, and what every device has. */
const FEWEST_THREADS = 64;
const MOST_THREADS = 256;

/**
 * The stages of a list of calls, in their order.
 *
 * @param memoryOf Number of the memory that a buffer lies in.
 * @param mostMemories Memories that a stage can bind.
 * @param waits Whether threads of a workgroup wait for each other; if not, calls that depend on each other
 *   come in stages of their own.
 */
export function stages(
  calls: readonly Call[],
  layout: PlanLayout,
  memoryOf: (buffer: string) => number,
  mostMemories: number,
  waits: boolean,
): Stage[] {
  return (waits ? phases(calls) : steps(calls))
    .flatMap((phase) => parts(calls, phase, memoryOf, mostMemories))
    .map((part) => stage(calls, part, layout, memoryOf));
}

/** Cuts a phase where it has become too large. */
function parts(
  calls: readonly Call[],
  phase: readonly number[],
  memoryOf: (buffer: string) => number,
  mostMemories: number,
): number[][] {
  const result: number[][] = [];
  let memories = new Set<number>();
  let kernels = new Set<string>();
  for (const index of phase) {
    const { kernel, buffers } = calls[index];
    const own = Object.values(buffers).map(({ buffer }) => memoryOf(buffer));
    memories = memories.union(new Set(own));
    kernels = kernels.union(new Set([kernel]));
    const fits = memories.size <= mostMemories && kernels.size <= MOST_KERNELS;
    if (!fits || result.length === 0) {
      memories = new Set(own);
      kernels = new Set([kernel]);
      result.push([]);
    }
    result[result.length - 1].push(index);
  }
  return result;
}

function stage(
  calls: readonly Call[],
  part: readonly number[],
  layout: PlanLayout,
  memoryOf: (buffer: string) => number,
): Stage {
  const memories: number[] = [];
  const bodies: Body[] = [];
  const numberOf = <T>(all: T[], item: T, is: (other: T) => boolean) => {
    const known = all.findIndex(is);
    return known >= 0 ? known : all.push(item) - 1;
  };
  const level = levels(part.map((index) => calls[index]));
  const all = part.map((index, i) => {
    const { kernel: name, buffers } = calls[index];
    const kernel = KERNELS[name];
    const places = Object.values(buffers).map(({ buffer }) => {
      const memory = memoryOf(buffer);
      return numberOf(memories, memory, (m) => m === memory);
    });
    const body = numberOf(
      bodies,
      { kernel, memories: places },
      (b) => b.kernel === kernel && `${b.memories}` === `${places}`,
    );
    return { index, kernel, body, level: level[i] };
  });
  const byBody = (a: { body: number }, b: { body: number }) => a.body - b.body;
  const ofRows = all.filter(({ kernel }) => isOfRows(kernel))
    .sort((a, b) => a.level - b.level || byBody(a, b));
  const others = all.filter(({ kernel }) => !isOfRows(kernel)).sort(byBody);

  const widest = Math.max(
    1,
    ...ofRows.map(({ index, kernel }) => fourRowsThreads(kernel, calls[index])),
  );
  const threads = Math.min(
    MOST_THREADS,
    Math.max(FEWEST_THREADS, 2 ** Math.ceil(Math.log2(widest))),
  );
  const fours = Math.max(1, Math.floor(threads / widest));
  const capacity = Math.max(
    0,
    ...ofRows.map(({ index, kernel }) =>
      rangeCapacity(rowsOf(kernel, calls[index]), layout)
    ),
  );
  const rowBlocks = Math.ceil(capacity / (4 * fours));
  let groups = rowBlocks;
  const staged = [
    ...ofRows.map(({ index, kernel, level }, i) => ({
      index,
      share: fours *
        (kernel.threads === "samples"
          ? 4
          : fourRowsThreads(kernel, calls[index])),
      waits: i > 0 && level > ofRows[i - 1].level,
    })),
    ...others.map(({ index, kernel }) => ({
      index,
      share: groups += Math.max(
        1,
        Math.ceil(elementThreads(kernel, calls[index]) / threads),
      ),
      waits: false,
    })),
  ];
  return {
    calls: staged,
    memories,
    bodies,
    segments: segmentsOf(
      [...ofRows, ...others].map(({ body }) => body),
      staged,
    ),
    threads,
    rowBlocks,
    groups,
  };
}

/** Consecutive calls of one body. */
function segmentsOf(
  bodies: readonly number[],
  calls: readonly StagedCall[],
): Segment[] {
  const segments: Segment[] = [];
  calls.forEach(({ waits }, i) => {
    const last = segments.at(-1);
    if (last?.body !== bodies[i]) {
      segments.push({ body: bodies[i], calls: 1, waits });
      return;
    }
    segments[segments.length - 1] = {
      body: last.body,
      calls: last.calls + 1,
      waits: last.waits || waits,
    };
  });
  return segments;
}

function fourRowsThreads({ threads }: Kernel, { numbers }: Call): number {
  return threads !== "samples" && "rows" in threads
    ? threads.fourRows(numbers)
    : 0;
}

function elementThreads({ threads }: Kernel, { numbers }: Call): number {
  return threads !== "samples" && "elements" in threads
    ? threads.elements(numbers)
    : 0;
}

/** The row range of a call of rows or samples. */
function rowsOf({ threads }: Kernel, { numbers }: Call): number {
  if (threads === "samples" || !("rows" in threads)) return ROWS.gradient;
  return threads.rows === "given" ? numbers.rows : threads.rows;
}

/**
 * Where a program's buffers lie on a GPU: in a few large arrays, because a shader can see only a few
 * (WebGPU promises eight).
 *
 * @module
 */
import { KERNELS } from "../../kernels/mod.ts";
import type { BufferPlace, Memory } from "../../kernels/wgsl.ts";
import type { Program } from "../algorithms/program.ts";

/** An array on the device. */
export interface DeviceMemory extends Memory {
  /** What it holds, for messages. */
  readonly holds: string;
  /** In elements of f32. */
  readonly length: number;
}

/** Where a buffer begins, in elements of f32. */
export interface Place extends BufferPlace {
  /** Index of its memory. */
  readonly memory: number;
}

/** Where all buffers lie. */
export interface MemoryMap {
  readonly memories: readonly DeviceMemory[];
  readonly places: ReadonlyMap<string, Place>;
}

/**
 * Places what each run has in memories of vec4f; or of f32, where different threads write neighbouring
 * elements, because a write of one element of a vec4f may rewrite the others. What runs share has a memory of
 * its own, and so have the losses of a step, as the last.
 *
 * @param shared What runs share, and how long it is.
 * @param largest Most elements of a memory; a buffer of more has one to itself.
 */
export function mapMemory(
  program: Program,
  runs: number,
  shared: ReadonlyMap<string, number>,
  largest: number,
): MemoryMap {
  const memories: (DeviceMemory & { length: number })[] = [];
  const places = new Map<string, Place>();
  const open: Partial<Record<Memory["element"], number>> = {};
  const scalars = scalarBuffers(program);
  for (const { name, length } of program.buffers) {
    const element = scalars.has(name) ? "f32" : "vec4f";
    const run = 4 * Math.ceil(length / 4);
    let memory = open[element];
    if (
      memory === undefined || memories[memory].length + runs * run > largest
    ) {
      const holds = `the buffer "${name}"`;
      memory = memories.push({ element, readOnly: false, holds, length: 0 }) -
        1;
      open[element] = memory;
    }
    places.set(name, { memory, start: memories[memory].length, run });
    memories[memory].length += runs * run;
  }
  for (const [name, length] of shared) {
    const holds = name === "observations"
      ? "the observation table"
      : `the table "${name}"`;
    places.set(name, { memory: memories.length, start: 0, run: 0 });
    memories.push({ element: "f32", readOnly: true, holds, length });
  }
  const run = program.lossTerms.length;
  places.set("losses", { memory: memories.length, start: 0, run });
  const holds = "the losses";
  memories.push({ element: "f32", readOnly: false, holds, length: runs * run });
  return { memories, places };
}

/** Names of buffers of which some call writes single elements. */
function scalarBuffers({ step, targetUpdate, sweep }: Program): Set<string> {
  return new Set(
    [...step, ...targetUpdate, ...sweep].flatMap(({ kernel, buffers }) =>
      (KERNELS[kernel].scalars ?? []).map((key) => buffers[key].buffer)
    ),
  );
}

/**
 * Where threads have to wait for each other: a program's calls grouped into phases, with a barrier
 * after each phase.
 *
 * @module
 */
import type { Access } from "../../kernels/kernel.ts";
import { KERNELS } from "../../kernels/mod.ts";
import type { Call } from "../algorithms/program.ts";

interface Touch {
  readonly buffer: string;
  readonly access: Access;
  readonly ownRows: boolean;
  /** Elements [first, end) of the buffer. */
  readonly first: number;
  readonly end: number;
}

/**
 * Groups calls into phases: each call goes into the earliest phase that keeps every order that
 * matters. Two calls conflict when they touch the same elements and one of them writes; the later
 * one then comes in a later phase, or, where both keep to a thread's own rows, later in the same
 * phase. So a transpose of the weights shares a phase with the forward pass, for example.
 *
 * @returns For each phase, indices into `calls` in ascending order.
 */
export function phases(calls: readonly Call[]): number[][] {
  const touches = calls.map(touchesOf);
  const phaseOf: number[] = [];
  const result: number[][] = [];
  calls.forEach((_, later) => {
    let phase = 0;
    for (let earlier = 0; earlier < later; earlier++) {
      for (const a of touches[earlier]) {
        for (const b of touches[later]) {
          if (!conflict(a, b)) continue;
          const after = phaseOf[earlier] + (a.ownRows && b.ownRows ? 0 : 1);
          phase = Math.max(phase, after);
        }
      }
    }
    phaseOf.push(phase);
    (result[phase] ??= []).push(later);
  });
  return result;
}

function touchesOf({ kernel, buffers, numbers }: Call): Touch[] {
  const definition = KERNELS[kernel];
  const extents = definition.extents?.(numbers);
  return Object.entries(buffers).map(([name, { buffer, offset }]) => ({
    buffer,
    access: definition.buffers[name],
    ownRows: definition.ownRows?.includes(name) ?? false,
    first: offset,
    end: offset + (extents?.[name] ?? Infinity),
  }));
}

function conflict(a: Touch, b: Touch): boolean {
  return a.buffer === b.buffer && a.first < b.end && b.first < a.end &&
    (a.access !== "read" || b.access !== "read");
}

/**
 * What has to wait: a program's calls grouped into phases. Between two phases threads wait for each
 * other, on the CPU at a barrier, on a GPU for the next dispatch.
 *
 * @module
 */
import type { Access } from "../../kernels/kernel.ts";
import { KERNELS } from "../../kernels/mod.ts";
import type { Call } from "../algorithms/program.ts";

/** What a call does with a buffer. */
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
  return grouped(ranks(calls, (ownRows) => ownRows ? 0 : 1));
}

/** How many calls each one of them has to come after, one after the other. */
export function levels(calls: readonly Call[]): number[] {
  return ranks(calls, () => 1);
}

/** The same where calls that conflict never share a phase. */
export function steps(calls: readonly Call[]): number[][] {
  return grouped(levels(calls));
}

function grouped(ranks: readonly number[]): number[][] {
  const result: number[][] = [];
  ranks.forEach((rank, i) => (result[rank] ??= []).push(i));
  return result;
}

/**
 * The lowest number of each call such that of two calls that conflict the later one's is greater by `distance`,
 * which depends on whether both keep to their own rows.
 */
function ranks(
  calls: readonly Call[],
  distance: (ownRows: boolean) => number,
): number[] {
  const touches = calls.map(touchesOf);
  const result: number[] = [];
  calls.forEach((_, later) => {
    let rank = 0;
    for (let earlier = 0; earlier < later; earlier++) {
      for (const a of touches[earlier]) {
        for (const b of touches[later]) {
          if (!conflict(a, b)) continue;
          const after = result[earlier] + distance(a.ownRows && b.ownRows);
          rank = Math.max(rank, after);
        }
      }
    }
    result.push(rank);
  });
  return result;
}

function touchesOf({ kernel, buffers, numbers }: Call): Touch[] {
  const definition = KERNELS[kernel];
  const extents = definition.extents?.(numbers);
  const own = [
    ...definition.ownRows ?? [],
    ...(numbers.table === 0 ? definition.ownRowsWithoutTable ?? [] : []),
  ];
  return Object.entries(buffers).map(([name, { buffer, offset }]) => ({
    buffer,
    access: definition.buffers[name],
    ownRows: own.includes(name),
    first: offset,
    end: offset + (extents?.[name] ?? Infinity),
  }));
}

function conflict(a: Touch, b: Touch): boolean {
  return a.buffer === b.buffer && a.first < b.end && b.first < a.end &&
    (a.access !== "read" || b.access !== "read");
}

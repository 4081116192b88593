/**
 * Seeded random streams. Every random decision of the suite is drawn from a
 * stream that is named by the seed and by what it is for, so that no decision
 * depends on the order in which other decisions are made.
 *
 * The generator is Alea from the seedrandom package (Johannes Baagøe, 2010):
 * IEEE double additions and multiplications by exact constants only, so that
 * every JavaScript engine returns the same numbers, at a few nanoseconds a draw.
 *
 * @module
 */

// @ts-types="./alea.d.ts"
import alea from "seedrandom/lib/alea.js";

/** A stream of independent uniform numbers. */
export interface RandomStream {
  /** Next number, uniform on the multiples of 2^-32 in [0, 1). */
  uniform(): number;
  /**
   * Next integer, uniform on 0 … bound - 1 (to within bound · 2^-32).
   * @param bound A positive integer below 2^32.
   */
  integer(bound: number): number;
}

/**
 * Opens the stream of that name. Equal seed and name give equal numbers, on any machine.
 *
 * @param seed The run's seed.
 * @param name What the stream is for, e.g. `"episode/17"`.
 *
 * @example Equal seeds and names, equal numbers
 * ```ts
 * import { randomStream } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * equal(randomStream(42, "mine").uniform(), randomStream(42, "mine").uniform());
 * ```
 */
export function randomStream(seed: number, name: string): RandomStream {
  const uniform = alea(`holdfast/${seed}/${name}`) as () => number;
  return {
    uniform,
    integer: (bound) => Math.floor(uniform() * bound),
  };
}

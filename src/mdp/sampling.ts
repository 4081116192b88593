/**
 * Drawing from a probability row of a table.
 *
 * @module
 */

import type { RandomStream } from "../numerics/random.ts";

/**
 * Draws k with probability `probability[offset + k]`, k in 0 … count - 1, by inversion of
 * one uniform number. An entry of probability 0 is never drawn.
 *
 * @param probability Table of probabilities.
 * @param offset Where the row starts.
 * @param count Length of the row; its entries sum to 1 up to rounding.
 * @param stream One number is taken from it.
 */
export function sampleIndex(
  probability: Float64Array,
  offset: number,
  count: number,
  stream: RandomStream,
): number {
  let rest = stream.uniform();
  let last = 0;
  for (let k = 0; k < count; k++) {
    const p = probability[offset + k];
    if (p <= 0) continue;
    if (rest < p) return k;
    rest -= p;
    last = k;
  }
  // Rounding can leave a rest of some 1e-17 after the last entry; it belongs to that entry.
  return last;
}

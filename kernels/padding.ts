/**
 * How matrices are padded.
 *
 * @module
 */

/** Vectors of four lanes that hold that many elements. */
export function quads(count: number): number {
  return Math.ceil(count / 4);
}

/** Rounds up to a multiple of four lanes. */
export function padded(size: number): number {
  return 4 * quads(size);
}

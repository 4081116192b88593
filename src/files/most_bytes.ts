/**
 * How much fits into memory.
 *
 * @module
 */

/** A larger file has no room in memory beside what is made of it. */
export const MOST_BYTES = 2 ** 31;

/**
 * Finds the distinct observations of a data set, so that the network evaluates each of them once
 * per step however many samples refer to it.
 *
 * @module
 */

import { wholeRows } from "../numerics/arrays.ts";

/** Distinct observations and which one each row of the data set has. */
export interface DistinctRows {
  /** U */
  readonly count: number;
  /** [U, D] in the order of first appearance. */
  readonly observations: Float32Array;
  /** [rows] index into the distinct observations. */
  readonly rowOf: Uint32Array;
}

/**
 * Groups equal rows by an open-addressing hash table over their bits: time and memory are linear in
 * the number of rows. Rows are equal when all their f32 bits are (so -0 differs from 0).
 *
 * @param observations [rows, size] row-major.
 * @param size D
 * @param repeats [rows] 1 where a row counts as one more of the row before, whatever it holds.
 * @throws InputError if the numbers are not whole rows.
 */
export function distinctRows(
  observations: Float32Array,
  size: number,
  repeats?: Uint8Array,
): DistinctRows {
  const rows = wholeRows(observations.length, size, "observations");
  const words = new Uint32Array(
    observations.buffer,
    observations.byteOffset,
    observations.length,
  );
  const rowOf = new Uint32Array(rows);
  let slots = 16;
  while (slots < rows * 2) slots *= 2;
  // A slot holds 1 + the distinct index; 0 is empty.
  const table = new Uint32Array(slots);
  const firstRow = new Uint32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const source = repeats?.[row] === 1 ? row - 1 : row;
    const start = source * size;
    let hash = 0x811c9dc5;
    for (let i = 0; i < size; i++) {
      hash = Math.imul(hash ^ words[start + i], 0x01000193);
      hash ^= hash >>> 15;
    }
    let slot = (Math.imul(hash, 0x9e3779b1) >>> 0) & (slots - 1);
    for (;;) {
      const entry = table[slot];
      if (entry === 0) {
        firstRow[count] = source;
        table[slot] = ++count;
        rowOf[row] = count - 1;
        break;
      }
      const other = firstRow[entry - 1] * size;
      let i = 0;
      while (i < size && words[start + i] === words[other + i]) i++;
      if (i === size) {
        rowOf[row] = entry - 1;
        break;
      }
      slot = (slot + 1) & (slots - 1);
    }
  }
  if (count === rows) return { count, observations, rowOf };
  const distinct = new Float32Array(count * size);
  for (let u = 0; u < count; u++) {
    distinct.set(
      observations.subarray(firstRow[u] * size, (firstRow[u] + 1) * size),
      u * size,
    );
  }
  return { count, observations: distinct, rowOf };
}

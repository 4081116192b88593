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
  /** [U, A] 1 where the action is allowed; absent where all are. */
  readonly allowed?: Uint8Array;
}

/**
 * Groups equal rows by an open-addressing hash table over their bits: time and memory are linear in
 * the number of rows. Rows are equal when all their f32 bits are (so -0 differs from 0) and they
 * allow the same actions.
 *
 * @param observations [rows, size] row-major.
 * @param size D
 * @param repeats [rows] 1 where a row counts as one more of the row before, whatever it holds.
 * @param allowed [rows, A] 1 where the action is allowed; without it, all are.
 * @throws InputError if the numbers are not whole rows.
 */
export function distinctRows(
  observations: Float32Array,
  size: number,
  repeats?: Uint8Array,
  allowed: Uint8Array = new Uint8Array(0),
): DistinctRows {
  const rows = wholeRows(observations.length, size, "observations");
  const actions = allowed.length / rows;
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
    const mask = source * actions;
    let hash = 0x811c9dc5;
    for (let i = 0; i < size; i++) {
      hash = Math.imul(hash ^ words[start + i], 0x01000193);
      hash ^= hash >>> 15;
    }
    for (let a = 0; a < actions; a++) {
      hash = Math.imul(hash ^ allowed[mask + a], 0x01000193);
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
      const otherMask = firstRow[entry - 1] * actions;
      let i = 0;
      while (i < size && words[start + i] === words[other + i]) i++;
      let a = 0;
      while (a < actions && allowed[mask + a] === allowed[otherMask + a]) a++;
      if (i === size && a === actions) {
        rowOf[row] = entry - 1;
        break;
      }
      slot = (slot + 1) & (slots - 1);
    }
  }
  if (count === rows) {
    return { count, observations, rowOf, ...masks(allowed) };
  }
  const distinct = new Float32Array(count * size);
  const masksOf = new Uint8Array(count * actions);
  for (let u = 0; u < count; u++) {
    const row = firstRow[u];
    distinct.set(observations.subarray(row * size, (row + 1) * size), u * size);
    masksOf.set(
      allowed.subarray(row * actions, (row + 1) * actions),
      u * actions,
    );
  }
  return { count, observations: distinct, rowOf, ...masks(masksOf) };
}

function masks(allowed: Uint8Array): Pick<DistinctRows, "allowed"> {
  return allowed.length > 0 ? { allowed } : {};
}

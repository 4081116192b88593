/**
 * Numbers on their way to 32-bit floats: one rule for every format. Whatever is finite is
 * rounded. Decimal fractions need no note; integers (ids, counts, cents) that change get one, once a
 * column.
 *
 * @module
 */

/** Counts what rounding changes in the columns of a data set. */
export interface RoundingCounter {
  /** Looks at a number of a column. */
  see(column: number, value: number): void;
  /**
   * One line for each column in which integers changed.
   * @param names Of the columns, as their file calls them.
   */
  notes(names: readonly string[]): string[];
}

/** Starts counting. */
export function countRounding(columns: number): RoundingCounter {
  const counts = new Uint32Array(columns);
  const first = new Float64Array(columns);
  return {
    see(column, value): void {
      const rounded = Math.fround(value);
      if (rounded === value || !Number.isInteger(value)) return;
      if (!Number.isFinite(rounded)) return;
      if (counts[column]++ === 0) first[column] = value;
    },
    notes: (names) =>
      names.flatMap((name, column) => {
        const count = counts[column];
        if (count === 0) return [];
        const value = first[column];
        return [
          `${name}: ${count} ${
            count === 1 ? "number" : "numbers"
          } rounded to ` +
          `32-bit floats, the first from ${value} to ${Math.fround(value)}`,
        ];
      }),
  };
}

/**
 * 64-bit integers as numbers. One beyond 2^53 that is not a double becomes the odd neighbour, so
 * that it never passes for a safe integer, and rounding to 32 bits gives what the integer
 * itself would.
 */
export function toNumbers(
  values: ArrayLike<number> | BigInt64Array | BigUint64Array,
): ArrayLike<number> {
  if (!(values instanceof BigInt64Array || values instanceof BigUint64Array)) {
    return values;
  }
  return Float64Array.from(values as ArrayLike<bigint>, (value) => {
    const nearest = Number(value);
    if (BigInt(nearest) === value) return nearest;
    const magnitude = value < 0n ? -value : value;
    const lost = BigInt(magnitude.toString(2).length - 53);
    const odd = Number(((magnitude >> lost) | 1n) << lost);
    return value < 0n ? -odd : odd;
  });
}

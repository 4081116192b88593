/**
 * The sum of the lowest of an action's quantiles: what kernels and policies take as its value.
 *
 * @module
 */
const { fround } = Math;

/** The lowest share of N quantiles: as many whole ones, a fraction of the next, and what their sum is multiplied by. */
export interface LowestShare {
  /** Quantiles that count in full. */
  readonly whole: number;
  /** f32 weight of the next one. */
  readonly fraction: number;
  /** f32(1 / (share · N)). */
  readonly scale: number;
}

/** The lowest `risk` of that many quantiles; see {@link LowestShare}. */
export function lowestShare(quantiles: number, risk: number): LowestShare {
  const share = risk * quantiles;
  const whole = Math.floor(share);
  return { whole, fraction: fround(share - whole), scale: fround(1 / share) };
}

/**
 * The left fold of the `whole` lowest quantiles in ascending order of size, then of the next one times
 * `fraction`; where all count, in ascending order of their index.
 *
 * @param start Index in `heads` of the action's first quantile.
 */
export function lowestSum(
  heads: Float32Array,
  start: number,
  quantiles: number,
  whole: number,
  fraction: number,
): number {
  let sum = 0;
  if (whole >= quantiles) {
    for (let k = 0; k < quantiles; k++) sum = fround(sum + heads[start + k]);
    return sum;
  }
  // One after the other, by size and then by index: there is no place to sort in on a GPU.
  let last = -1;
  for (let n = 0; n <= whole; n++) {
    let next = -1;
    for (let i = 0; i < quantiles; i++) {
      const z = heads[start + i];
      const isLeft = last < 0 || z > heads[start + last] ||
        (z === heads[start + last] && i > last);
      if (isLeft && (next < 0 || z < heads[start + next])) next = i;
    }
    const z = heads[start + next];
    sum = fround(sum + (n < whole ? z : fround(fraction * z)));
    last = next;
  }
  return sum;
}

/**
 * How much of quantile k counts in {@link lowestSum}: 1, `fraction` or 0.
 *
 * @param start Index in `heads` of the action's first quantile.
 */
export function lowestPart(
  heads: Float32Array,
  start: number,
  k: number,
  { quantiles, whole, fraction }: {
    readonly quantiles: number;
    readonly whole: number;
    readonly fraction: number;
  },
): number {
  if (whole >= quantiles) return 1;
  const z = heads[start + k];
  let rank = 0;
  for (let i = 0; i < quantiles; i++) {
    const other = heads[start + i];
    if (other < z || (other === z && i < k)) rank++;
  }
  return rank < whole ? 1 : rank === whole ? fraction : 0;
}

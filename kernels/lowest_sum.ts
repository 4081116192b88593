/**
 * What several kernels read from a quantile head: the sum of an action's lowest quantiles.
 *
 * @module
 */
const { fround } = Math;

/**
 * The sum of the `whole` lowest of an action's quantiles and of `part` of the next, in ascending order of
 * their index. Of equal ones the first is the lower.
 *
 * @param start Index in `heads` of the action's first quantile.
 */
export function lowestSum(
  heads: Float32Array,
  start: number,
  quantiles: number,
  whole: number,
  part: number,
): number {
  let sum = 0;
  for (let k = 0; k < quantiles; k++) {
    const z = heads[start + k];
    let rank = 0;
    if (whole < quantiles) {
      for (let i = 0; i < quantiles; i++) {
        const other = heads[start + i];
        if (other < z || (other === z && i < k)) rank++;
      }
    }
    if (rank > whole) continue;
    sum = fround(sum + (rank < whole ? z : fround(part * z)));
  }
  return sum;
}

/** The numbers of a call that takes the mean of the lowest `share` of that many quantiles. */
export function lowestShare(
  quantiles: number,
  share: number,
): { quantiles: number; whole: number; part: number } {
  const whole = Math.floor(share * quantiles);
  return { quantiles, whole, part: share * quantiles - whole };
}

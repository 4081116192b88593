/** `lowest_sum.ts` in WebAssembly. */
import { at } from "./share.as";

/** The sum of the `whole` lowest of the quantiles at `heads` and of `fraction` of the next. */
export function lowestSum(
  heads: usize,
  quantiles: i32,
  whole: i32,
  fraction: f32,
): f32 {
  let sum: f32 = 0;
  if (whole >= quantiles) {
    for (let k = 0; k < quantiles; k++) sum += load<f32>(at(heads, k));
    return sum;
  }
  let last = -1;
  let previous: f32 = 0;
  for (let n = 0; n <= whole; n++) {
    let next = -1;
    let lowest: f32 = 0;
    for (let i = 0; i < quantiles; i++) {
      const z = load<f32>(at(heads, i));
      if (last >= 0 && (z < previous || (z == previous && i <= last))) continue;
      if (next < 0 || z < lowest) {
        next = i;
        lowest = z;
      }
    }
    sum += n < whole ? lowest : fraction * lowest;
    last = next;
    previous = lowest;
  }
  return sum;
}

/** How much of quantile k at `heads` counts in `lowestSum`: 1, `fraction` or 0. */
export function lowestPart(
  heads: usize,
  k: i32,
  quantiles: i32,
  whole: i32,
  fraction: f32,
): f32 {
  if (whole >= quantiles) return 1;
  const z = load<f32>(at(heads, k));
  let rank = 0;
  for (let i = 0; i < quantiles; i++) {
    const other = load<f32>(at(heads, i));
    if (other < z || (other == z && i < k)) rank++;
  }
  return rank < whole ? <f32>1 : rank == whole ? fraction : <f32>0;
}

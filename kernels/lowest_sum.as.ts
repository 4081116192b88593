/** `lowest_sum.ts` in WebAssembly. */
import { at } from "./share.as";

/** The sum of the `whole` lowest of the quantiles at `heads` and of `part` of the next. */
export function lowestSum(
  heads: usize,
  quantiles: i32,
  whole: i32,
  part: f32,
): f32 {
  let sum: f32 = 0;
  for (let k = 0; k < quantiles; k++) {
    const z = load<f32>(at(heads, k));
    let rank = 0;
    if (whole < quantiles) {
      for (let i = 0; i < quantiles; i++) {
        const other = load<f32>(at(heads, i));
        if (other < z || (other == z && i < k)) rank++;
      }
    }
    if (rank > whole) continue;
    sum += rank < whole ? z : part * z;
  }
  return sum;
}

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

/** `add_rows.ts` in WebAssembly SIMD, four columns at a time. A thread computes its own rows. */
import { AddRows } from "./arguments.as";
import { flush, tensorFlush } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function add_rows(call: AddRows, plan: Plan, share: Share): void {
  const stride = call.stride;
  const threshold = tensorFlush();
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    for (let a = 0; a < stride; a += 4) {
      const place = at(call.sum, r * stride + a);
      const sum = f32x4.add(
        v128.load(place),
        v128.load(at(call.input, r * stride + a)),
      );
      v128.store(place, flush(sum, threshold));
    }
  }
}

/** `loss_rows.ts` in WebAssembly SIMD, four actions at a time. A thread computes its own rows. */
import { LossRows } from "./arguments.as";
import { flush, tensorFlush } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function loss_rows(call: LossRows, plan: Plan, share: Share): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const stride = call.stride;
  const weight = f32x4.splat(call.weight);
  const threshold = tensorFlush();
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const end = load<i32>(at(offsets, r + 1));
    for (let a = 0; a < stride; a += 4) {
      const lanes = i32x4.add(i32x4.splat(a), i32x4(0, 1, 2, 3));
      const common = f32x4.mul(
        weight,
        v128.load(at(call.rowTerms, r * stride + a)),
      );
      let sum = f32x4.splat(<f32>0);
      for (let i = load<i32>(at(offsets, r)); i < end; i++) {
        const s = load<i32>(at(start + share.samples, i));
        const action = i32x4.splat(load<i32>(at(start + share.actions, s)));
        const taken = f32x4.add(
          common,
          v128.load32_splat(at(call.sampleGradient, s)),
        );
        sum = f32x4.add(
          sum,
          v128.bitselect(taken, common, i32x4.eq(lanes, action)),
        );
      }
      v128.store(at(call.gradient, r * stride + a), flush(sum, threshold));
    }
  }
}

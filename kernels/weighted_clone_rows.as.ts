/** `weighted_clone_rows.ts` in WebAssembly SIMD, four actions at a time. A thread computes its own rows. */
import { WeightedCloneRows } from "./arguments.as";
import { flush, flushTensor, ones, tensorFlush } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function weighted_clone_rows(
  call: WeightedCloneRows,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const stride = call.stride;
  const losses = call.term * share.batchSize;
  const inverseBatch = f32x4.splat(call.inverseBatch);
  const threshold = tensorFlush();
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const row = r * stride;
    const logSumExp = load<f32>(at(call.logSumExp, r));
    const first = load<i32>(at(offsets, r));
    const end = load<i32>(at(offsets, r + 1));
    for (let i = first; i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      const action = load<i32>(at(start + share.actions, s));
      const surprise = logSumExp - load<f32>(at(call.logits, row + action));
      store<f32>(
        at(call.sampleLosses, losses + s),
        flushTensor(load<f32>(at(call.weights, s)) * surprise),
      );
    }
    for (let a = 0; a < stride; a += 4) {
      const lanes = i32x4.add(i32x4.splat(a), i32x4(0, 1, 2, 3));
      const p = v128.load(at(call.probabilities, row + a));
      const taken = f32x4.sub(p, ones());
      let sum = f32x4.splat(<f32>0);
      for (let i = first; i < end; i++) {
        const s = load<i32>(at(start + share.samples, i));
        const action = i32x4.splat(load<i32>(at(start + share.actions, s)));
        const slope = v128.bitselect(taken, p, i32x4.eq(lanes, action));
        const weight = v128.load32_splat(at(call.weights, s));
        sum = f32x4.add(sum, f32x4.mul(weight, slope));
      }
      const gradient = f32x4.mul(sum, inverseBatch);
      v128.store(at(call.gradient, row + a), flush(gradient, threshold));
    }
  }
}

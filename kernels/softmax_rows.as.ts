/** `softmax_rows.ts` in WebAssembly SIMD, four actions at a time. A thread computes its own rows. */
import { SoftmaxRows } from "./arguments.as";
import {
  exp,
  flush,
  flushTensor,
  FORBIDDEN,
  log,
  recip,
  tensorFlush,
} from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function softmax_rows(
  call: SoftmaxRows,
  plan: Plan,
  share: Share,
): void {
  const actions = call.actions;
  const stride = call.stride;
  const inverseTemperature = f32x4.splat(call.inverseTemperature);
  const threshold = tensorFlush();
  const forbidden = f32x4.splat(FORBIDDEN);
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const values = at(call.values, r * stride);
    const probabilities = at(call.probabilities, r * stride);
    let largest = FORBIDDEN;
    for (let a = 0; a < actions; a++) {
      const value = load<f32>(at(values, a));
      if (value == FORBIDDEN) continue;
      if (largest == FORBIDDEN || value > largest) largest = value;
    }
    const shift = f32x4.splat(largest);
    for (let a = 0; a < stride; a += 4) {
      const value = v128.load(at(values, a));
      const isForbidden = f32x4.eq(value, forbidden);
      // Something harmless is raised in place of what is not allowed.
      const given = v128.bitselect(shift, value, isForbidden);
      const weight = exp(
        f32x4.mul(f32x4.sub(given, shift), inverseTemperature),
      );
      v128.store(at(probabilities, a), v128.andnot(weight, isForbidden));
    }
    let sum: f32 = 0;
    for (let a = 0; a < actions; a++) sum += load<f32>(at(probabilities, a));
    const scale = recip(f32x4.splat(sum));
    for (let a = 0; a < stride; a += 4) {
      const p = f32x4.mul(v128.load(at(probabilities, a)), scale);
      v128.store(at(probabilities, a), flush(p, threshold));
    }
    for (let a = actions; a < stride; a++) store<f32>(at(probabilities, a), 0);
    const logSum = f32x4.extract_lane(log(f32x4.splat(sum)), 0);
    store<f32>(at(call.logSumExp, r), flushTensor(largest + logSum * call.temperature));
  }
}

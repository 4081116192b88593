/** `expectile_rows.ts` in WebAssembly. A thread computes its own rows. */
import { ExpectileRows } from "./arguments.as";
import { exp, flushTensor } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function expectile_rows(
  call: ExpectileRows,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const losses = call.term * share.batchSize;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const from = call.table ? load<i32>(at(start + share.rows, r)) : r;
    const row = call.actionValues + ((<usize>from * call.stride) << 2);
    const value = load<f32>(at(call.values, r * 4));
    let sum: f32 = 0;
    const end = load<i32>(at(offsets, r + 1));
    for (let i = load<i32>(at(offsets, r)); i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      const action = load<i32>(at(start + share.actions, s));
      const u = load<f32>(at(row, action)) - value;
      const slope = (u < 0 ? call.oneMinusExpectile : call.expectile) * u;
      sum += slope;
      store<f32>(at(call.sampleLosses, losses + s), flushTensor(slope * u));
      const exponent = u * call.inverseTemperature;
      const weight = exponent < call.logCap
        ? f32x4.extract_lane(exp(f32x4.splat(exponent)), 0)
        : call.cap;
      store<f32>(at(call.weights, s), flushTensor(weight));
    }
    const gradient = flushTensor(sum * call.gradientScale);
    v128.store(
      at(call.gradient, r * 4),
      f32x4.replace_lane(f32x4.splat(0), 0, gradient),
    );
  }
}

/** `quantile_loss_rows.ts` in WebAssembly. A thread computes its own rows. */
import { QuantileLossRows } from "./arguments.as";
import { flushTensor } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function quantile_loss_rows(
  call: QuantileLossRows,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const actions = call.actions;
  const quantiles = call.quantiles;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const rowTerms = at(call.rowTerms, r * call.stride);
    const gradient = at(call.gradient, r * call.headStride);
    const first = load<i32>(at(offsets, r));
    const end = load<i32>(at(offsets, r + 1));
    for (let a = 0; a < actions; a++) {
      const common = call.weight * load<f32>(at(rowTerms, a));
      for (let k = 0; k < quantiles; k++) {
        let sum: f32 = 0;
        for (let i = first; i < end; i++) {
          const s = load<i32>(at(start + share.samples, i));
          const own = at(call.sampleGradient, s * call.gradientStride + k);
          sum += load<i32>(at(start + share.actions, s)) == a
            ? common + load<f32>(own)
            : common;
        }
        store<f32>(at(gradient, a * quantiles + k), flushTensor(sum));
      }
    }
    for (let o = actions * quantiles; o < call.headStride; o++) {
      store<f32>(at(gradient, o), 0);
    }
  }
}

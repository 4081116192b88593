/** `quantile_loss_rows.ts` in WebAssembly. A thread computes its own rows. */
import { QuantileLossRows } from "./arguments.as";
import { lowestPart } from "./lowest_sum.as";
import { flushTensor } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function quantile_loss_rows(
  call: QuantileLossRows,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const samples = start + share.samples;
  const actionsOf = start + share.actions;
  const actions = call.actions;
  const quantiles = call.quantiles;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const probabilities = at(call.probabilities, r * call.stride);
    const heads = at(call.heads, r * call.headStride);
    const gradient = at(call.gradient, r * call.headStride);
    const first = load<i32>(at(offsets, r));
    const end = load<i32>(at(offsets, r + 1));
    for (let a = 0; a < actions; a++) {
      const p = load<f32>(at(probabilities, a));
      const others = call.weight * p;
      const own = call.weight * (p - 1);
      const from = at(heads, a * quantiles);
      for (let k = 0; k < quantiles; k++) {
        const slope = call.scale *
          lowestPart(from, k, quantiles, call.whole, call.fraction);
        const other = others * slope;
        const taken = own * slope;
        let sum: f32 = 0;
        for (let i = first; i < end; i++) {
          const s = load<i32>(at(samples, i));
          const sample = at(call.sampleGradient, s * call.gradientStride + k);
          sum += load<i32>(at(actionsOf, s)) == a
            ? taken + load<f32>(sample)
            : other;
        }
        store<f32>(at(gradient, a * quantiles + k), flushTensor(sum));
      }
    }
    for (let o = actions * quantiles; o < call.headStride; o++) {
      store<f32>(at(gradient, o), 0);
    }
  }
}

/** `hazard_samples.ts` in WebAssembly. A thread computes the samples of its own rows. */
import { HazardSamples } from "./arguments.as";
import { clipped, flushTensor, huber, huberSlope } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function hazard_samples(
  call: HazardSamples,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const rows = start + share.rows;
  const offsets = start + share.offsets;
  const actions = call.actions;
  const losses = call.term * share.batchSize;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const row = at(call.hazards, r * call.stride);
    // As large as the table of observations can be: see gather_rows.as.ts.
    const unsafe = call.unsafeShares +
      ((<usize>load<u32>(at(rows, r)) * actions) << 2);
    const end = load<i32>(at(offsets, r + 1));
    for (let i = load<i32>(at(offsets, r)); i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      const action = load<i32>(at(start + share.actions, s));
      let y = load<f32>(at(unsafe, action));
      const discount = load<f32>(at(start + share.discounts, s));
      if (discount > 0) {
        const next = load<i32>(at(start + share.sampleNextRow, s));
        const targetRow = call.table ? load<i32>(at(rows, next)) : next;
        const target = call.targetHazards +
          ((<usize>targetRow * call.stride) << 2);
        const policy = at(call.policy, next * call.stride);
        let sum: f32 = 0;
        for (let b = 0; b < actions; b++) {
          sum += load<f32>(at(policy, b)) * clipped(load<f32>(at(target, b)));
        }
        y += discount * sum;
      }
      const difference = load<f32>(at(row, action)) - y;
      store<f32>(
        at(call.sampleLosses, losses + s),
        flushTensor(huber(difference)),
      );
      store<f32>(
        at(call.sampleGradient, s),
        flushTensor(huberSlope(difference) * call.inverseBatch),
      );
    }
  }
}

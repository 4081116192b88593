/** `td_samples.ts` in WebAssembly. A thread computes the samples of its own rows. */
import { TdSamples } from "./arguments.as";
import { flushTensor } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function td_samples(call: TdSamples, plan: Plan, share: Share): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const losses = call.term * share.batchSize;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const row = at(call.actionValues, r * call.stride);
    const end = load<i32>(at(offsets, r + 1));
    for (let i = load<i32>(at(offsets, r)); i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      const next = load<i32>(at(start + share.sampleNextRow, s));
      const y = load<f32>(at(start + share.rewards, s)) +
        load<f32>(at(start + share.discounts, s)) *
          load<f32>(at(call.values, next * 4));
      const action = load<i32>(at(start + share.actions, s));
      const difference = load<f32>(at(row, action)) - y;
      store<f32>(
        at(call.sampleLosses, losses + s),
        flushTensor(difference * difference),
      );
      store<f32>(
        at(call.sampleGradient, s),
        flushTensor(difference * call.twiceInverseBatch),
      );
    }
  }
}

/** `twin_samples.ts` in WebAssembly. A thread computes the samples of its own rows. */
import { TwinSamples } from "./arguments.as";
import { flushTensor, huber, huberSlope } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function twin_samples(call: TwinSamples, plan: Plan, share: Share): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const losses = call.term * share.batchSize;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const end = load<i32>(at(offsets, r + 1));
    for (let i = load<i32>(at(offsets, r)); i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      const next = load<i32>(at(start + share.sampleNextRow, s));
      const y = load<f32>(at(start + share.rewards, s)) +
        load<f32>(at(start + share.discounts, s)) *
          load<f32>(at(call.values, next * 4));
      const place = r * call.stride + load<i32>(at(start + share.actions, s));
      const first = load<f32>(at(call.firstValues, place)) - y;
      const second = load<f32>(at(call.secondValues, place)) - y;
      store<f32>(
        at(call.sampleLosses, losses + s),
        flushTensor(huber(first) + huber(second)),
      );
      store<f32>(
        at(call.firstGradient, s),
        flushTensor(huberSlope(first) * call.inverseBatch),
      );
      store<f32>(
        at(call.secondGradient, s),
        flushTensor(huberSlope(second) * call.inverseBatch),
      );
    }
  }
}

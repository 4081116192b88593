/** `bcq_samples.ts` in WebAssembly. A thread computes the samples of its own rows. */
import { BcqSamples } from "./arguments.as";
import { flushTensor, FORBIDDEN, huber, huberSlope } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function bcq_samples(call: BcqSamples, plan: Plan, share: Share): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const losses = call.term * share.batchSize;
  const actions = call.actions;
  const stride = call.stride;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const end = load<i32>(at(offsets, r + 1));
    for (let i = load<i32>(at(offsets, r)); i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      let y = load<f32>(at(start + share.rewards, s));
      const discount = load<f32>(at(start + share.discounts, s));
      if (discount > 0) {
        const next = load<i32>(at(start + share.sampleNextRow, s));
        const targetRow = call.table
          ? load<i32>(at(start + share.rows, next))
          : next;
        const target = call.targetValues + ((<usize>targetRow * stride) << 2);
        const logits = at(call.logits, next * stride);
        const values = at(call.values, next * stride);
        let likeliest = FORBIDDEN;
        for (let a = 0; a < actions; a++) {
          const logit = load<f32>(at(logits, a));
          if (logit > likeliest) likeliest = logit;
        }
        let best = 0;
        let largest = FORBIDDEN;
        for (let a = 0; a < actions; a++) {
          const logit = load<f32>(at(logits, a));
          if (logit == FORBIDDEN) continue;
          if (logit - likeliest <= call.logFlexibility) continue;
          const value = load<f32>(at(values, a));
          if (value > largest) {
            largest = value;
            best = a;
          }
        }
        y += discount * load<f32>(at(target, best));
      }
      const action = load<i32>(at(start + share.actions, s));
      const value = load<f32>(at(call.values, r * stride + action));
      const difference = value - y;
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

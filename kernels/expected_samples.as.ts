/** `expected_samples.ts` in WebAssembly. A thread computes the samples of its own rows. */
import { ExpectedSamples } from "./arguments.as";
import { flushTensor, huber, huberSlope } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function expected_samples(
  call: ExpectedSamples,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const actions = call.actions;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const row = at(call.values, r * call.stride);
    const end = load<i32>(at(offsets, r + 1));
    for (let i = load<i32>(at(offsets, r)); i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      let y = load<f32>(at(start + share.rewards, s));
      const discount = load<f32>(at(start + share.discounts, s));
      if (discount > 0) {
        const next = load<i32>(at(start + share.sampleNextRow, s));
        const observation = load<i32>(at(start + share.rows, next));
        const target = call.targetValues +
          ((<usize>(call.table ? observation : next) * call.stride) << 2);
        const policy = call.probabilities +
          ((<usize>observation * actions) << 2);
        let sum: f32 = 0;
        for (let a = 0; a < actions; a++) {
          sum += load<f32>(at(policy, a)) * load<f32>(at(target, a));
        }
        y += discount * sum;
      }
      const action = load<i32>(at(start + share.actions, s));
      const difference = load<f32>(at(row, action)) - y;
      store<f32>(at(call.sampleLosses, s), flushTensor(huber(difference)));
      store<f32>(
        at(call.sampleGradient, s),
        flushTensor(huberSlope(difference) * call.inverseBatch),
      );
    }
  }
}

/** `critic_samples.ts` in WebAssembly. A thread computes the samples of its own rows. */
import { CriticSamples } from "./arguments.as";
import { flushTensor, huber, huberSlope } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function critic_samples(
  call: CriticSamples,
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
        const targetRow = call.table
          ? load<i32>(at(start + share.rows, next))
          : next;
        const target = call.targetValues +
          ((<usize>targetRow * call.stride) << 2);
        const policy = at(call.policy, next * call.stride);
        let sum: f32 = 0;
        for (let a = 0; a < actions; a++) {
          sum += load<f32>(at(policy, a)) * load<f32>(at(target, a));
        }
        y += discount * sum;
      }
      const action = load<i32>(at(start + share.actions, s));
      const difference = load<f32>(at(row, action)) - y;
      const loss = huber(difference);
      const losses = at(call.sampleLosses, s);
      store<f32>(
        losses,
        flushTensor(call.accumulate ? load<f32>(losses) + loss : loss),
      );
      store<f32>(
        at(call.sampleGradient, s),
        flushTensor(
          huberSlope(difference) * call.inverseBatch - call.conservativeWeight,
        ),
      );
    }
  }
}

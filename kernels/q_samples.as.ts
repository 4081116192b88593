/** `q_samples.ts` in WebAssembly. A thread computes the samples of its own rows. */
import { QSamples } from "./arguments.as";
import { equalPart, flushTensor, FORBIDDEN, huber, huberSlope } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function q_samples(call: QSamples, plan: Plan, share: Share): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const actions = call.actions;
  const stride = call.stride;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const logSumExp = load<f32>(at(call.logSumExp, r));
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
          ((<usize>targetRow * stride) << 2);
        const chooser = call.doubleQ
          ? at(call.preferences, next * stride)
          : target;
        let best = 0;
        let largest = FORBIDDEN;
        for (let a = 0; a < actions; a++) {
          const value = load<f32>(at(chooser, a));
          if (value == FORBIDDEN) continue;
          if (largest == FORBIDDEN || value > largest) {
            largest = value;
            best = a;
          }
        }
        let sum: f32 = 0;
        let allowed = 0;
        for (let a = 0; a < actions; a++) {
          const value = load<f32>(at(target, a));
          if (value == FORBIDDEN) continue;
          allowed++;
          sum += value;
        }
        const share = equalPart(
          allowed,
          actions,
          call.noise,
          call.uniformShare,
        );
        const nextValue = call.greedyShare * load<f32>(at(target, best)) +
          share * sum;
        y += discount * nextValue;
      }
      const action = load<i32>(at(start + share.actions, s));
      const value = load<f32>(at(call.values, r * stride + action));
      const difference = value - y;
      store<f32>(at(call.sampleLosses, s), flushTensor(huber(difference)));
      store<f32>(
        at(call.sampleLosses, share.batchSize + s),
        flushTensor(logSumExp - value),
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

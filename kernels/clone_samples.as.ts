/** `clone_samples.ts` in WebAssembly. A thread computes the samples of its own rows. */
import { CloneSamples } from "./arguments.as";
import { flushTensor } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function clone_samples(
  call: CloneSamples,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const stride = call.stride;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const logSumExp = load<f32>(at(call.logSumExp, r));
    const penalty = load<f32>(at(call.rowPenalty, r));
    const end = load<i32>(at(offsets, r + 1));
    for (let i = load<i32>(at(offsets, r)); i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      const action = load<i32>(at(start + share.actions, s));
      const logit = load<f32>(at(call.logits, r * stride + action));
      store<f32>(at(call.sampleLosses, s), flushTensor(logSumExp - logit));
      store<f32>(at(call.sampleLosses, share.batchSize + s), penalty);
      store<f32>(at(call.sampleGradient, s), -call.inverseBatch);
    }
  }
}

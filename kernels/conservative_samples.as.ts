/** `conservative_samples.ts` in WebAssembly. A thread computes the samples of its own rows. */
import { ConservativeSamples } from "./arguments.as";
import { flushTensor } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function conservative_samples(
  call: ConservativeSamples,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const losses = at(call.sampleLosses, call.term * share.batchSize);
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const row = at(call.values, r * call.stride);
    const logSumExp = load<f32>(at(call.logSumExp, r));
    const end = load<i32>(at(offsets, r + 1));
    for (let i = load<i32>(at(offsets, r)); i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      const action = load<i32>(at(start + share.actions, s));
      store<f32>(
        at(losses, s),
        flushTensor(logSumExp - load<f32>(at(row, action))),
      );
    }
  }
}

/** `mean_losses.ts` in WebAssembly. Threads split the terms. */
import { MeanLosses } from "./arguments.as";
import { flushTensor } from "./portable.as";
import { at, firstItem, Plan, Share } from "./share.as";

export function mean_losses(call: MeanLosses, plan: Plan, share: Share): void {
  const batchSize = share.batchSize;
  const end = firstItem(call.terms, share.thread + 1, share.threads);
  for (
    let t = firstItem(call.terms, share.thread, share.threads);
    t < end;
    t++
  ) {
    const losses = at(call.sampleLosses, t * batchSize);
    let sum: f32 = 0;
    for (let s = 0; s < batchSize; s++) sum += load<f32>(at(losses, s));
    store<f32>(at(call.losses, t), flushTensor(sum * call.inverseBatch));
  }
}

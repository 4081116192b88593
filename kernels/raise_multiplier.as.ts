/** `raise_multiplier.ts` in WebAssembly. One thread does it. */
import { RaiseMultiplier } from "./arguments.as";
import { flushTensor } from "./portable.as";
import { at, Plan, Share } from "./share.as";

export function raise_multiplier(
  call: RaiseMultiplier,
  plan: Plan,
  share: Share,
): void {
  if (share.thread != 0) return;
  const losses = at(call.sampleLosses, call.term * share.batchSize);
  let sum: f32 = 0;
  for (let s = 0; s < share.batchSize; s++) sum += load<f32>(at(losses, s));
  const raised = load<f32>(call.multiplier) + call.rate * sum;
  store<f32>(
    call.multiplier,
    flushTensor(
      raised > call.largest ? call.largest : raised > 0 ? raised : <f32>0,
    ),
  );
}

/** `start_samples.ts` in WebAssembly. A thread computes the samples of its own rows. */
import { StartSamples } from "./arguments.as";
import { clipped, flushTensor, FORBIDDEN } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function start_samples(
  call: StartSamples,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const actions = call.actions;
  const losses = call.term * share.batchSize;
  const multiplier = flushTensor(load<f32>(call.multiplier));
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const row = at(call.preferences, r * call.stride);
    let best = 0;
    let largest = FORBIDDEN;
    for (let a = 0; a < actions; a++) {
      const value = load<f32>(at(row, a));
      if (value == FORBIDDEN) continue;
      if (largest == FORBIDDEN || value > largest) {
        largest = value;
        best = a;
      }
    }
    const hazard = clipped(load<f32>(at(call.hazards, r * call.stride + best)));
    const weight = load<f32>(
      call.startWeights + (<usize>load<u32>(at(start + share.rows, r)) << 2),
    );
    const excess = flushTensor(weight * (hazard - call.budget));
    const end = load<i32>(at(offsets, r + 1));
    for (let i = load<i32>(at(offsets, r)); i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      store<f32>(at(call.sampleLosses, losses + s), excess);
      store<f32>(
        at(call.sampleLosses, losses + share.batchSize + s),
        multiplier,
      );
    }
  }
}

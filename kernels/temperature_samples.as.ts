/** `temperature_samples.ts` in WebAssembly. A thread computes the samples of its own rows. */
import { TemperatureSamples } from "./arguments.as";
import { exp, flushTensor, FORBIDDEN, log, probability } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function temperature_samples(
  call: TemperatureSamples,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const losses = call.term * share.batchSize;
  const temperature = f32x4.extract_lane(
    exp(v128.load32_splat(call.logTemperature)),
    0,
  );
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const row = at(call.logProbabilities, r * call.stride);
    let sum: f32 = 0;
    let allowed = 0;
    for (let a = 0; a < call.actions; a++) {
      const logP = load<f32>(at(row, a));
      if (logP == FORBIDDEN) continue;
      allowed++;
      sum += probability(logP) * logP;
    }
    const most = f32x4.extract_lane(log(f32x4.splat(<f32>allowed)), 0);
    const excess = sum + call.entropyShare * most;
    const loss = flushTensor(-(temperature * excess));
    const end = load<i32>(at(offsets, r + 1));
    for (let i = load<i32>(at(offsets, r)); i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      store<f32>(at(call.sampleLosses, losses + s), loss);
    }
  }
}

/** `soft_policy_rows.ts` in WebAssembly. A thread computes its own rows. */
import { SoftPolicyRows } from "./arguments.as";
import { exp, flushTensor, FORBIDDEN, probability } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function soft_policy_rows(
  call: SoftPolicyRows,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const actions = call.actions;
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
    const row = r * call.stride;
    let sum: f32 = 0;
    for (let a = 0; a < actions; a++) {
      const logP = load<f32>(at(call.logProbabilities, row + a));
      if (logP == FORBIDDEN) continue;
      sum += probability(logP) * costOf(call, row + a, temperature);
    }
    const from = load<i32>(at(offsets, r));
    const end = load<i32>(at(offsets, r + 1));
    const weight = <f32>(end - from) * call.inverseBatch;
    for (let a = 0; a < actions; a++) {
      const logP = load<f32>(at(call.logProbabilities, row + a));
      let slope: f32 = 0;
      if (logP != FORBIDDEN) {
        const above = costOf(call, row + a, temperature) - sum;
        slope = flushTensor(probability(logP) * above * weight);
      }
      store<f32>(at(call.gradient, row + a), slope);
    }
    for (let a = actions; a < call.stride; a++) {
      store<f32>(at(call.gradient, row + a), 0);
    }
    for (let i = from; i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      store<f32>(at(call.sampleLosses, losses + s), flushTensor(sum));
    }
  }
}

/** T · log p - min(Q1, Q2) of the action at that place. */
// @ts-ignore: decorator
@inline
function costOf(call: SoftPolicyRows, place: i32, temperature: f32): f32 {
  const first = load<f32>(at(call.firstValues, place));
  const second = load<f32>(at(call.secondValues, place));
  const logP = load<f32>(at(call.logProbabilities, place));
  return temperature * logP - (first < second ? first : second);
}

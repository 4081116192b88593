/** `soft_values.ts` in WebAssembly. A thread computes its own rows. */
import { SoftValues } from "./arguments.as";
import { exp, flushTensor, FORBIDDEN, probability } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function soft_values(call: SoftValues, plan: Plan, share: Share): void {
  const rows = changetype<usize>(plan) + share.rows;
  const stride = call.stride;
  const temperature = f32x4.extract_lane(
    exp(v128.load32_splat(call.logTemperature)),
    0,
  );
  for (
    let r = firstRow(plan.nextStart, share);
    r < plan.rowCount;
    r = nextRow(r, share)
  ) {
    const source = call.table ? load<i32>(at(rows, r)) : r;
    const from = (<usize>source * stride) << 2;
    const row = at(call.logProbabilities, r * stride);
    let sum: f32 = 0;
    for (let a = 0; a < call.actions; a++) {
      const logP = load<f32>(at(row, a));
      if (logP == FORBIDDEN) continue;
      const first = load<f32>(at(call.firstValues + from, a));
      const second = load<f32>(at(call.secondValues + from, a));
      const value = (first < second ? first : second) - temperature * logP;
      sum += probability(logP) * value;
    }
    v128.store(
      at(call.values, r * 4),
      f32x4.replace_lane(f32x4.splat(0), 0, flushTensor(sum)),
    );
  }
}

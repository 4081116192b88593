/** `lowest_critic.ts` in WebAssembly. A thread computes its own rows. */
import { LowestCritic } from "./arguments.as";
import { lowestSum } from "./lowest_sum.as";
import { at, firstRow, nextRow, Plan, rangeEnd, rangeFirst, Share } from "./share.as";

export function lowest_critic(
  call: LowestCritic,
  plan: Plan,
  share: Share,
): void {
  const actions = call.actions;
  const quantiles = call.quantiles;
  const whole = call.whole;
  const fraction = call.fraction;
  const end = rangeEnd(call.rows, plan);
  for (
    let r = firstRow(rangeFirst(call.rows, plan), share);
    r < end;
    r = nextRow(r, share)
  ) {
    for (let a = 0; a < actions; a++) {
      const start = r * call.stride + a * quantiles;
      const heads = at(call.heads, start);
      const lowest = at(call.lowest, start);
      if (
        lowestSum(heads, quantiles, whole, fraction) <
          lowestSum(lowest, quantiles, whole, fraction)
      ) {
        for (let k = 0; k < quantiles; k++) {
          store<f32>(at(lowest, k), load<f32>(at(heads, k)));
        }
      }
    }
  }
}

/** `action_values.ts` in WebAssembly. A thread computes its own rows. */
import { ActionValues } from "./arguments.as";
import { lowestSum } from "./lowest_sum.as";
import { flushTensor } from "./portable.as";
import { at, firstRow, nextRow, Plan, rangeEnd, rangeFirst, Share } from "./share.as";

export function action_values(
  call: ActionValues,
  plan: Plan,
  share: Share,
): void {
  const actions = call.actions;
  const quantiles = call.quantiles;
  const end = rangeEnd(call.rows, plan);
  for (
    let r = firstRow(rangeFirst(call.rows, plan), share);
    r < end;
    r = nextRow(r, share)
  ) {
    const heads = at(call.heads, r * call.headStride);
    const values = at(call.values, r * call.stride);
    for (let a = 0; a < actions; a++) {
      const value = flushTensor(
        call.scale * lowestSum(
          at(heads, a * quantiles),
          quantiles,
          call.whole,
          call.fraction,
        ),
      );
      const to = at(values, a);
      const total = call.accumulate ? load<f32>(to) + value : value;
      store<f32>(to, flushTensor(total * call.criticShare));
    }
  }
}

/** `greedy_policy.ts` in WebAssembly. A thread computes its own rows. */
import { GreedyPolicy } from "./arguments.as";
import { equalPart, flushTensor, FORBIDDEN } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function greedy_policy(
  call: GreedyPolicy,
  plan: Plan,
  share: Share,
): void {
  const rows = changetype<usize>(plan) + share.rows;
  const actions = call.actions;
  const stride = call.stride;
  for (
    let r = firstRow(plan.nextStart, share);
    r < plan.rowCount;
    r = nextRow(r, share)
  ) {
    const from = call.table ? load<i32>(at(rows, r)) : r;
    // As large as the table of observations can be: see gather_rows.as.ts.
    const values = call.values + ((<usize>from * stride) << 2);
    const policy = at(call.policy, r * stride);
    let best = 0;
    let largest = FORBIDDEN;
    let allowed = 0;
    for (let a = 0; a < actions; a++) {
      const value = load<f32>(at(values, a));
      if (value == FORBIDDEN) continue;
      allowed++;
      if (largest == FORBIDDEN || value > largest) {
        largest = value;
        best = a;
      }
    }
    const equal = equalPart(allowed, actions, call.noise, call.uniformShare);
    for (let a = 0; a < stride; a++) {
      const isThere = a < actions && load<f32>(at(values, a)) != FORBIDDEN;
      const part: f32 = isThere ? equal : 0;
      store<f32>(
        at(policy, a),
        flushTensor(a == best ? call.greedyShare + part : part),
      );
    }
  }
}

/** `mask_rows.ts` in WebAssembly. A thread masks its own rows. */
import { MaskRows } from "./arguments.as";
import { FORBIDDEN } from "./portable.as";
import { at, nextRow, firstRow, Plan, rangeEnd, rangeFirst, Share } from "./share.as";

export function mask_rows(call: MaskRows, plan: Plan, share: Share): void {
  const rows = changetype<usize>(plan) + share.rows;
  const actions = call.actions;
  const end = rangeEnd(call.rows, plan);
  for (
    let r = firstRow(rangeFirst(call.rows, plan), share);
    r < end;
    r = nextRow(r, share)
  ) {
    // As large as the table of observations can be: see gather_rows.as.ts.
    const allowed = call.allowed +
      ((<usize>load<u32>(at(rows, r)) * actions) << 2);
    const values = at(call.values, r * call.stride);
    for (let a = 0; a < actions; a++) {
      if (load<f32>(at(allowed, a)) == 0) {
        store<f32>(at(values, a), FORBIDDEN);
      }
    }
  }
}

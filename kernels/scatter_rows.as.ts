/** `scatter_rows.ts` in WebAssembly. A thread copies its own rows. */
import { ScatterRows } from "./arguments.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function scatter_rows(
  call: ScatterRows,
  plan: Plan,
  share: Share,
): void {
  const rows = changetype<usize>(plan) + share.rows;
  const stride = call.stride;
  for (let r = firstRow(0, share); r < plan.rowCount; r = nextRow(r, share)) {
    const from = at(call.values, r * stride);
    const to = call.table + ((<usize>load<u32>(at(rows, r)) * stride) << 2);
    for (let a = 0; a < stride; a += 4) {
      v128.store(at(to, a), v128.load(at(from, a)));
    }
  }
}

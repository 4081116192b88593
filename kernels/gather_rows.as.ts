/** `gather_rows.ts` in WebAssembly. A thread copies its own rows. */
import { GatherRows } from "./arguments.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function gather_rows(call: GatherRows, plan: Plan, share: Share): void {
  const rows = changetype<usize>(plan) + share.rows;
  const inputs = call.inputs;
  const stride = call.stride;
  for (let r = firstRow(0, share); r < plan.rowCount; r = nextRow(r, share)) {
    // Tables can pass 2^31 bytes: the product is taken in 64 bits' worth of usize, without a sign.
    const source = call.observations +
      ((<usize>load<u32>(at(rows, r)) * inputs) << 2);
    const output = at(call.output, r * stride);
    for (let i = 0; i < inputs; i++) {
      store<f32>(at(output, i), load<f32>(at(source, i)));
    }
    for (let i = inputs; i < stride; i++) store<f32>(at(output, i), 0);
  }
}

/** Reference of `gather_rows`. @module */
import type { Kernel } from "./kernel.ts";

/**
 * Copies the step's distinct observations out of the table: `output` is
 * (rowCount, stride), `observations` is (table rows, inputs) without padding.
 */
export const gatherRows: Kernel<
  "observations" | "output",
  "inputs" | "stride"
> = {
  name: "gather_rows",
  buffers: { observations: "read", output: "write" },
  numbers: { inputs: "u32", stride: "u32" },
  run({ observations, output }, { inputs, stride }, plan) {
    for (let r = 0; r < plan.rowCount; r++) {
      const source = plan.rows[r] * inputs;
      for (let i = 0; i < stride; i++) {
        output[r * stride + i] = i < inputs ? observations[source + i] : 0;
      }
    }
  },
};

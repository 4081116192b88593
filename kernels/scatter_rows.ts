/** Reference of `scatter_rows`. @module */
import type { Kernel } from "./kernel.ts";

/**
 * Writes the rows of a sweep back to their places in a table over the whole observation table:
 * `values` is (rowCount, stride), `table` is (table rows, stride).
 */
export const scatterRows: Kernel<"values" | "table", "stride"> = {
  name: "scatter_rows",
  buffers: { values: "read", table: "write" },
  numbers: { stride: "u32" },
  run({ values, table }, { stride }, plan) {
    for (let r = 0; r < plan.rowCount; r++) {
      table.set(
        values.subarray(r * stride, (r + 1) * stride),
        plan.rows[r] * stride,
      );
    }
  },
};

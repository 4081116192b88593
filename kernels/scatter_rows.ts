/** Reference of `scatter_rows`. @module */
import { matrix } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import wgsl from "./scatter_rows.wgsl" with { type: "text" };

/**
 * Writes the rows of a sweep back to their places in a table over the whole observation table:
 * `values` is (rowCount, stride), `table` is (table rows, stride).
 */
export const scatterRows = defineKernel({
  name: "scatter_rows",
  wgsl,
  buffers: { values: "read", table: "write" },
  numbers: { stride: "u32" },
  vec4: ["values", "table"],
  ownRows: ["values"],
  threads: { rows: ROWS.all, fourRows: ({ stride }) => stride },
  example: ({ actions, rowCapacity, tableRows }) => ({
    numbers: { stride: padded(actions) },
    buffers: {
      values: matrix(rowCapacity, actions),
      table: matrix(tableRows, actions),
    },
  }),
  run({ values, table }, { stride }, plan) {
    for (let r = 0; r < plan.rowCount; r++) {
      table.set(
        values.subarray(r * stride, (r + 1) * stride),
        plan.rows[r] * stride,
      );
    }
  },
});

/** Reference of `mask_rows`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel, rowRange, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { FORBIDDEN } from "./portable.ts";
import wgsl from "./mask_rows.wgsl" with { type: "text" };

/**
 * Writes {@link FORBIDDEN} over the outputs of actions that are not allowed, on the rows that `rows`
 * names. Kernels that read a whole row skip it by comparison, never by arithmetic.
 *
 * `allowed` is (table rows, actions) without padding, 1 or 0, indexed by the row's table index;
 * `values` is (rows, stride). The padding stays as it is.
 */
export const maskRows = defineKernel({
  name: "mask_rows",
  wgsl,
  buffers: { allowed: "read", values: "update" },
  numbers: { rows: "u32", actions: "u32", stride: "u32" },
  vec4: ["values"],
  ownRows: ["values"],
  threads: { rows: "given", fourRows: ({ stride }) => stride },
  example: ({ actions, rowCapacity, tableRows, choose }) => ({
    numbers: {
      rows: choose(Object.values(ROWS)),
      actions,
      stride: padded(actions),
    },
    buffers: {
      allowed: vector(tableRows * actions, "mask"),
      values: matrix(rowCapacity, actions),
    },
  }),
  run({ allowed, values }, { rows, actions, stride }, plan) {
    const [first, end] = rowRange(rows, plan);
    for (let r = first; r < end; r++) {
      const mask = plan.rows[r] * actions;
      for (let a = 0; a < actions; a++) {
        if (allowed[mask + a] === 0) values[r * stride + a] = FORBIDDEN;
      }
    }
  },
});

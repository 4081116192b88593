/** Reference of `gather_rows`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import wgsl from "./gather_rows.wgsl" with { type: "text" };

/**
 * Copies the step's distinct observations out of the table: `output` is
 * (rowCount, stride), `observations` is (table rows, inputs) without padding.
 */
export const gatherRows = defineKernel({
  name: "gather_rows",
  wgsl,
  buffers: { observations: "read", output: "write" },
  numbers: { inputs: "u32", stride: "u32" },
  vec4: ["output"],
  ownRows: ["output"],
  threads: { rows: ROWS.all, fourRows: ({ stride }) => stride },
  example: ({ inputs, rowCapacity, tableRows }) => ({
    numbers: { inputs, stride: padded(inputs) },
    buffers: {
      observations: vector(tableRows * inputs),
      output: matrix(rowCapacity, inputs),
    },
  }),
  run({ observations, output }, { inputs, stride }, plan) {
    for (let r = 0; r < plan.rowCount; r++) {
      const source = plan.rows[r] * inputs;
      for (let i = 0; i < stride; i++) {
        output[r * stride + i] = i < inputs ? observations[source + i] : 0;
      }
    }
  },
});

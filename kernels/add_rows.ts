/** Reference of `add_rows`. @module */
import { matrix } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./add_rows.wgsl" with { type: "text" };

/**
 * Adds each gradient row of `input` to `sum`, both (rows, stride): the gradients of hidden units that
 * two networks share.
 */
export const addRows = defineKernel({
  name: "add_rows",
  wgsl,
  buffers: { input: "read", sum: "update" },
  numbers: { stride: "u32" },
  vec4: ["input", "sum"],
  ownRows: ["input", "sum"],
  threads: { rows: ROWS.gradient, fourRows: ({ stride }) => stride },
  example: ({ outputs, rowCapacity }) => ({
    numbers: { stride: padded(outputs) },
    buffers: {
      input: matrix(rowCapacity, outputs),
      sum: matrix(rowCapacity, outputs),
    },
  }),
  run({ input, sum }, { stride }, plan) {
    for (let i = 0; i < plan.gradientRows * stride; i++) {
      sum[i] = flush(Math.fround(sum[i] + input[i]));
    }
  },
});

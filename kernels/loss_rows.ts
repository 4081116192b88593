/** Reference of `loss_rows`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./loss_rows.wgsl" with { type: "text" };

/**
 * The loss's gradient with respect to each gradient row of the network's output: the sum, over the
 * row's samples in ascending order, of `weight · rowTerms`, plus `sampleGradient` in the column of
 * the sample's action.
 *
 * `rowTerms` and `gradient` are (rows, stride), zero in the padding; `sampleGradient` is (batchSize).
 */
export const lossRows = defineKernel({
  name: "loss_rows",
  wgsl,
  buffers: { rowTerms: "read", sampleGradient: "read", gradient: "write" },
  numbers: { stride: "u32", weight: "f32" },
  vec4: ["rowTerms", "gradient"],
  ownRows: ["rowTerms", "sampleGradient", "gradient"],
  threads: { rows: ROWS.gradient, fourRows: ({ stride }) => stride },
  example: ({ actions, batchSize, rowCapacity, choose }) => ({
    numbers: { stride: padded(actions), weight: choose([1, 6]) / batchSize },
    buffers: {
      rowTerms: matrix(rowCapacity, actions),
      sampleGradient: vector(batchSize),
      gradient: matrix(rowCapacity, actions),
    },
  }),
  run({ rowTerms, sampleGradient, gradient }, { stride, weight }, plan) {
    const { fround } = Math;
    for (let r = 0; r < plan.gradientRows; r++) {
      for (let a = 0; a < stride; a++) {
        const common = fround(weight * rowTerms[r * stride + a]);
        let sum = 0;
        for (let i = plan.offsets[r]; i < plan.offsets[r + 1]; i++) {
          const s = plan.samples[i];
          const term = plan.actions[s] === a
            ? fround(common + sampleGradient[s])
            : common;
          sum = fround(sum + term);
        }
        gradient[r * stride + a] = flush(sum);
      }
    }
  },
});

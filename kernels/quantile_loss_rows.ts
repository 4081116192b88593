/** Reference of `quantile_loss_rows`. @module */
import { matrix } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./quantile_loss_rows.wgsl" with { type: "text" };

/**
 * The loss's gradient with respect to each gradient row of a quantile head: the sum, over the row's samples
 * in ascending order, of `weight · rowTerms` of the quantile's action, plus `sampleGradient` for the
 * quantiles of the sample's action.
 *
 * `rowTerms` is (rows, stride), `sampleGradient` (batchSize, gradientStride), and `gradient`
 * (rows, headStride), zero in the padding.
 */
export const quantileLossRows = defineKernel({
  name: "quantile_loss_rows",
  wgsl,
  buffers: { rowTerms: "read", sampleGradient: "read", gradient: "write" },
  numbers: {
    actions: "u32",
    stride: "u32",
    quantiles: "u32",
    gradientStride: "u32",
    headStride: "u32",
    weight: "f32",
  },
  ownRows: ["rowTerms", "sampleGradient", "gradient"],
  threads: ({ headStride }, { batchSize }) => batchSize * headStride,
  example: ({ actions, batchSize, rowCapacity, choose, quantiles }) => ({
    numbers: {
      actions,
      stride: padded(actions),
      quantiles,
      gradientStride: padded(quantiles),
      headStride: padded(actions * quantiles),
      weight: choose([0, 1, 6]) / batchSize,
    },
    buffers: {
      rowTerms: matrix(rowCapacity, actions),
      sampleGradient: matrix(batchSize, quantiles),
      gradient: matrix(rowCapacity, actions * quantiles),
    },
  }),
  run({ rowTerms, sampleGradient, gradient }, numbers, plan) {
    const { actions, stride, quantiles, gradientStride, headStride } = numbers;
    const { fround } = Math;
    for (let r = 0; r < plan.gradientRows; r++) {
      const row = r * headStride;
      gradient.fill(0, row, row + headStride);
      for (let a = 0; a < actions; a++) {
        const common = fround(numbers.weight * rowTerms[r * stride + a]);
        for (let k = 0; k < quantiles; k++) {
          let sum = 0;
          for (let i = plan.offsets[r]; i < plan.offsets[r + 1]; i++) {
            const s = plan.samples[i];
            const term = plan.actions[s] === a
              ? fround(common + sampleGradient[s * gradientStride + k])
              : common;
            sum = fround(sum + term);
          }
          gradient[row + a * quantiles + k] = flush(sum);
        }
      }
    }
  },
});

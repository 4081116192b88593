/** Reference of `quantile_loss_rows`. @module */
import { matrix } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { lowestPart, lowestShare } from "./lowest_sum.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./quantile_loss_rows.wgsl" with { type: "text" };

/**
 * The loss's gradient with respect to each gradient row of a quantile head: the sum, over the row's samples
 * in ascending order, of `weight` · (p - 1 for the sample's action) · dv/dθ, plus `sampleGradient` for the
 * quantiles of the sample's action. That is, of the conservative term of values v and their probabilities p
 * and of the temporal difference.
 *
 * v is what `action_values` makes of an action's quantiles θ, so that dv/dθ is `scale` for the `whole` lowest
 * ones, `fraction` of it for the next, and 0 for the others.
 *
 * `probabilities` is (rows, stride), `heads` and `gradient` (rows, headStride), zero in the padding, and
 * `sampleGradient` (batchSize, gradientStride).
 */
export const quantileLossRows = defineKernel({
  name: "quantile_loss_rows",
  wgsl,
  buffers: {
    probabilities: "read",
    heads: "read",
    sampleGradient: "read",
    gradient: "write",
  },
  numbers: {
    actions: "u32",
    stride: "u32",
    quantiles: "u32",
    gradientStride: "u32",
    headStride: "u32",
    whole: "u32",
    fraction: "f32",
    scale: "f32",
    weight: "f32",
  },
  ownRows: ["probabilities", "heads", "sampleGradient", "gradient"],
  threads: { rows: ROWS.gradient, fourRows: ({ headStride }) => headStride },
  example: ({ actions, batchSize, rowCapacity, choose, quantiles }) => ({
    numbers: {
      actions,
      stride: padded(actions),
      quantiles,
      gradientStride: padded(quantiles),
      headStride: padded(actions * quantiles),
      ...lowestShare(quantiles, choose([1, 0.1, 0.37, 0.5])),
      weight: choose([0, 1, 6]) / batchSize,
    },
    buffers: {
      probabilities: matrix(rowCapacity, actions, "probability"),
      heads: matrix(rowCapacity, actions * quantiles),
      sampleGradient: matrix(batchSize, quantiles),
      gradient: matrix(rowCapacity, actions * quantiles),
    },
  }),
  run({ probabilities, heads, sampleGradient, gradient }, numbers, plan) {
    const { actions, stride, quantiles, gradientStride, headStride, weight } =
      numbers;
    const { fround } = Math;
    for (let r = 0; r < plan.gradientRows; r++) {
      const row = r * headStride;
      gradient.fill(0, row, row + headStride);
      for (let a = 0; a < actions; a++) {
        const p = probabilities[r * stride + a];
        const others = fround(weight * p);
        const own = fround(weight * fround(p - 1));
        const start = row + a * quantiles;
        for (let k = 0; k < quantiles; k++) {
          const part = lowestPart(heads, start, k, numbers);
          const slope = fround(part * numbers.scale);
          const other = fround(others * slope);
          const taken = fround(own * slope);
          let sum = 0;
          for (let i = plan.offsets[r]; i < plan.offsets[r + 1]; i++) {
            const s = plan.samples[i];
            const term = plan.actions[s] === a
              ? fround(taken + sampleGradient[s * gradientStride + k])
              : other;
            sum = fround(sum + term);
          }
          gradient[start + k] = flush(sum);
        }
      }
    }
  },
});

/** Reference of `loss_rows`. @module */
import type { Kernel } from "./kernel.ts";
import { flush } from "./portable.ts";

/**
 * The loss's gradient with respect to each gradient row of the network's output: the sum, over the
 * row's samples in ascending order, of `weight · rowTerms`, plus `sampleGradient` in the column of
 * the sample's action.
 *
 * `rowTerms` and `gradient` are (rows, stride), zero in the padding; `sampleGradient` is (batchSize).
 */
export const lossRows: Kernel<
  "rowTerms" | "sampleGradient" | "gradient",
  "stride" | "weight"
> = {
  name: "loss_rows",
  buffers: { rowTerms: "read", sampleGradient: "read", gradient: "write" },
  numbers: { stride: "u32", weight: "f32" },
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
};

/** Reference of `loss_rows`. @module */
import type { Kernel } from "./kernel.ts";
import { flush } from "./portable.ts";

/**
 * The loss's gradient with respect to each gradient row of the network's output: the sum, over the
 * row's samples in ascending order, of
 * `(probabilityWeight · p + valueWeight · z) + (sampleGradient where the column is the sample's action)`.
 *
 * `probabilities`, `values` and `gradient` are (rows, stride); `sampleGradient` is (batchSize).
 */
export const lossRows: Kernel<
  "probabilities" | "values" | "sampleGradient" | "gradient",
  "actions" | "stride" | "probabilityWeight" | "valueWeight"
> = {
  name: "loss_rows",
  buffers: {
    probabilities: "read",
    values: "read",
    sampleGradient: "read",
    gradient: "write",
  },
  numbers: {
    actions: "u32",
    stride: "u32",
    probabilityWeight: "f32",
    valueWeight: "f32",
  },
  run({ probabilities, values, sampleGradient, gradient }, numbers, plan) {
    const { actions, stride, probabilityWeight, valueWeight } = numbers;
    const { fround } = Math;
    for (let r = 0; r < plan.gradientRows; r++) {
      for (let a = 0; a < stride; a++) {
        const at = r * stride + a;
        let sum = 0;
        if (a < actions) {
          const common = fround(
            fround(probabilityWeight * probabilities[at]) +
              fround(valueWeight * values[at]),
          );
          for (let i = plan.offsets[r]; i < plan.offsets[r + 1]; i++) {
            const s = plan.samples[i];
            sum = fround(
              sum +
                (plan.actions[s] === a
                  ? fround(common + sampleGradient[s])
                  : common),
            );
          }
        }
        gradient[at] = flush(sum);
      }
    }
  },
};

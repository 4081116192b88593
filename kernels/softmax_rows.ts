/** Reference of `softmax_rows`. @module */
import type { Kernel } from "./kernel.ts";
import { exp, flush, log, recip } from "./portable.ts";

/**
 * Softmax and logsumexp of each gradient row, shifted by the row's largest value:
 * `probabilities` is (rows, stride), zero in the padding; `logSumExp` is (rows).
 * `values` (rows, stride) are logits or action values.
 */
export const softmaxRows: Kernel<
  "values" | "probabilities" | "logSumExp",
  "actions" | "stride"
> = {
  name: "softmax_rows",
  buffers: { values: "read", probabilities: "write", logSumExp: "write" },
  numbers: { actions: "u32", stride: "u32" },
  run({ values, probabilities, logSumExp }, { actions, stride }, plan) {
    const { fround } = Math;
    for (let r = 0; r < plan.gradientRows; r++) {
      const row = r * stride;
      let largest = values[row];
      for (let a = 1; a < actions; a++) {
        if (values[row + a] > largest) largest = values[row + a];
      }
      let sum = 0;
      for (let a = 0; a < actions; a++) {
        sum = fround(sum + exp(fround(values[row + a] - largest)));
      }
      const scale = recip(sum);
      for (let a = 0; a < stride; a++) {
        probabilities[row + a] = a < actions
          ? flush(fround(exp(fround(values[row + a] - largest)) * scale))
          : 0;
      }
      logSumExp[r] = flush(fround(largest + log(sum)));
    }
  },
};

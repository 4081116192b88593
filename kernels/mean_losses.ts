/** Reference of `mean_losses`. @module */
import type { Kernel } from "./kernel.ts";
import { flush } from "./portable.ts";

/**
 * The step's mean loss terms: `losses` (terms) is the sum over the samples, in ascending order, of
 * `sampleLosses` (terms, batchSize), times `inverseBatch`.
 */
export const meanLosses: Kernel<
  "sampleLosses" | "losses",
  "terms" | "inverseBatch"
> = {
  name: "mean_losses",
  buffers: { sampleLosses: "read", losses: "write" },
  numbers: { terms: "u32", inverseBatch: "f32" },
  run({ sampleLosses, losses }, { terms, inverseBatch }, plan) {
    const { fround } = Math;
    for (let t = 0; t < terms; t++) {
      let sum = 0;
      for (let s = 0; s < plan.batchSize; s++) {
        sum = fround(sum + sampleLosses[t * plan.batchSize + s]);
      }
      losses[t] = flush(fround(sum * inverseBatch));
    }
  },
};

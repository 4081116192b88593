/** Reference of `clone_samples`. @module */
import type { Kernel } from "./kernel.ts";
import { flush } from "./portable.ts";

/**
 * Each sample's behaviour cloning losses and its own part of the gradient.
 *
 * `logits` is (rows, stride), `logSumExp` and `rowPenalty` are (rows). `sampleLosses` is
 * (2, batchSize): -log p(a | s), then the row's penalty. `sampleGradient` (batchSize), with respect
 * to the logit of the sample's action, is -inverseBatch.
 */
export const cloneSamples: Kernel<
  "logits" | "logSumExp" | "rowPenalty" | "sampleLosses" | "sampleGradient",
  "stride" | "inverseBatch"
> = {
  name: "clone_samples",
  buffers: {
    logits: "read",
    logSumExp: "read",
    rowPenalty: "read",
    sampleLosses: "write",
    sampleGradient: "write",
  },
  numbers: { stride: "u32", inverseBatch: "f32" },
  run(
    { logits, logSumExp, rowPenalty, sampleLosses, sampleGradient },
    numbers,
    plan,
  ) {
    const { stride, inverseBatch } = numbers;
    const { fround } = Math;
    const B = plan.batchSize;
    for (let s = 0; s < B; s++) {
      const row = plan.sampleRow[s];
      const logit = logits[row * stride + plan.actions[s]];
      sampleLosses[s] = flush(fround(logSumExp[row] - logit));
      sampleLosses[B + s] = rowPenalty[row];
      sampleGradient[s] = -inverseBatch;
    }
  },
};

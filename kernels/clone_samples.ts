/** Reference of `clone_samples`. @module */
import type { Kernel } from "./kernel.ts";
import { flush } from "./portable.ts";

/**
 * Each sample's behaviour cloning losses and gradient with respect to the logit of its action:
 * cross-entropy, and the squared logits.
 *
 * `logits` is (rows, stride). `sampleLosses` is (2, batchSize): -log p(a | s), then
 * squareWeight · (sum of the squared logits), where squareWeight is beta / actions.
 * `sampleGradient` (batchSize) is -inverseBatch; the rest of the gradient is the same for all
 * samples of a row and is added by `loss_rows`.
 */
export const cloneSamples: Kernel<
  "logits" | "logSumExp" | "sampleLosses" | "sampleGradient",
  "actions" | "stride" | "inverseBatch" | "squareWeight"
> = {
  name: "clone_samples",
  buffers: {
    logits: "read",
    logSumExp: "read",
    sampleLosses: "write",
    sampleGradient: "write",
  },
  numbers: {
    actions: "u32",
    stride: "u32",
    inverseBatch: "f32",
    squareWeight: "f32",
  },
  run({ logits, logSumExp, sampleLosses, sampleGradient }, numbers, plan) {
    const { actions, stride, inverseBatch, squareWeight } = numbers;
    const { fround } = Math;
    const B = plan.batchSize;
    for (let s = 0; s < B; s++) {
      const row = plan.sampleRow[s];
      let squares = 0;
      for (let a = 0; a < actions; a++) {
        const z = logits[row * stride + a];
        squares = fround(squares + fround(z * z));
      }
      sampleLosses[s] = flush(
        fround(logSumExp[row] - logits[row * stride + plan.actions[s]]),
      );
      sampleLosses[B + s] = flush(fround(squares * squareWeight));
      sampleGradient[s] = -inverseBatch;
    }
  },
};

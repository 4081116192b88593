/** Reference of `clone_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./clone_samples.wgsl" with { type: "text" };

/**
 * Each sample's behaviour cloning losses and its own part of the gradient.
 *
 * `logits` is (rows, stride), `logSumExp` and `rowPenalty` are (rows). `sampleLosses` is
 * (2, batchSize): -log p(a | s), then the row's penalty. `sampleGradient` (batchSize), with respect
 * to the logit of the sample's action, is -inverseBatch.
 */
export const cloneSamples = defineKernel({
  name: "clone_samples",
  wgsl,
  buffers: {
    logits: "read",
    logSumExp: "read",
    rowPenalty: "read",
    sampleLosses: "write",
    sampleGradient: "write",
  },
  numbers: { stride: "u32", inverseBatch: "f32" },
  ownRows: [
    "logits",
    "logSumExp",
    "rowPenalty",
    "sampleLosses",
    "sampleGradient",
  ],
  scalars: ["sampleLosses", "sampleGradient"],
  threads: "samples",
  example: ({ actions, batchSize, rowCapacity }) => ({
    numbers: { stride: padded(actions), inverseBatch: 1 / batchSize },
    buffers: {
      logits: matrix(rowCapacity, actions),
      logSumExp: vector(rowCapacity),
      rowPenalty: vector(rowCapacity),
      sampleLosses: vector(2 * batchSize),
      sampleGradient: vector(batchSize),
    },
  }),
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
});

/** Reference of `mean_losses`. @module */
import { vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { flush } from "./portable.ts";
import wgsl from "./mean_losses.wgsl" with { type: "text" };

/**
 * The step's mean loss terms: `losses` (terms) is the sum over the samples, in ascending order, of
 * `sampleLosses` (terms, batchSize), times `inverseBatch`.
 */
export const meanLosses = defineKernel({
  name: "mean_losses",
  wgsl,
  buffers: { sampleLosses: "read", losses: "write" },
  numbers: { terms: "u32", inverseBatch: "f32" },
  scalars: ["losses"],
  threads: { elements: ({ terms }) => terms },
  example: ({ batchSize, choose }) => {
    const terms = choose([1, 2, 5]);
    return {
      numbers: { terms, inverseBatch: 1 / batchSize },
      buffers: {
        sampleLosses: vector(terms * batchSize),
        losses: vector(terms),
      },
    };
  },
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
});

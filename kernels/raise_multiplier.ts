/** Reference of `raise_multiplier`. @module */
import { vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { flush } from "./portable.ts";
import wgsl from "./raise_multiplier.wgsl" with { type: "text" };

/**
 * A step of projected dual ascent: `multiplier`, one number, gains `rate` times the sum over the samples, in
 * ascending order, of row `term` of `sampleLosses` (terms, batchSize), and is then kept from 0 to `largest`.
 */
export const raiseMultiplier = defineKernel({
  name: "raise_multiplier",
  wgsl,
  buffers: { sampleLosses: "read", multiplier: "update" },
  numbers: { term: "u32", rate: "f32", largest: "f32" },
  threads: { elements: () => 1 },
  example: ({ batchSize, choose }) => ({
    numbers: { term: choose([0, 2]), rate: choose([1e-3, 1]), largest: 10 },
    buffers: { sampleLosses: vector(3 * batchSize), multiplier: vector(4) },
  }),
  run({ sampleLosses, multiplier }, { term, rate, largest }, plan) {
    const { fround } = Math;
    let sum = 0;
    for (let s = 0; s < plan.batchSize; s++) {
      sum = fround(sum + sampleLosses[term * plan.batchSize + s]);
    }
    const raised = fround(multiplier[0] + fround(rate * sum));
    multiplier[0] = flush(raised > largest ? largest : raised > 0 ? raised : 0);
  },
});

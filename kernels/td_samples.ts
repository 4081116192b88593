/** Reference of `td_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./td_samples.wgsl" with { type: "text" };

/**
 * Each sample's squared temporal difference d = Q(s, a) - (reward + discount · V(s')), and its
 * gradient with respect to Q(s, a).
 *
 * `actionValues` is (rows, stride); `values` (rows, 4) is the output of a network with one output.
 * `sampleLosses` (terms, batchSize) gets d² in row `term`. `sampleGradient` (batchSize) is
 * d · twiceInverseBatch.
 */
export const tdSamples = defineKernel({
  name: "td_samples",
  wgsl,
  buffers: {
    actionValues: "read",
    values: "read",
    sampleLosses: "write",
    sampleGradient: "write",
  },
  numbers: { stride: "u32", term: "u32", twiceInverseBatch: "f32" },
  ownRows: ["actionValues", "sampleLosses", "sampleGradient"],
  scalars: ["sampleLosses", "sampleGradient"],
  threads: "samples",
  example: ({ actions, batchSize, rowCapacity, choose }) => ({
    numbers: {
      stride: padded(actions),
      term: choose([0, 2]),
      twiceInverseBatch: 2 / batchSize,
    },
    buffers: {
      actionValues: matrix(rowCapacity, actions),
      values: matrix(rowCapacity, 1),
      sampleLosses: vector(3 * batchSize),
      sampleGradient: vector(batchSize),
    },
  }),
  run({ actionValues, values, sampleLosses, sampleGradient }, numbers, plan) {
    const { stride, term, twiceInverseBatch } = numbers;
    const { fround } = Math;
    const B = plan.batchSize;
    for (let s = 0; s < B; s++) {
      const next = values[plan.sampleNextRow[s] * 4];
      const y = fround(plan.rewards[s] + fround(plan.discounts[s] * next));
      const row = plan.sampleRow[s] * stride;
      const difference = fround(actionValues[row + plan.actions[s]] - y);
      sampleLosses[term * B + s] = flush(fround(difference * difference));
      sampleGradient[s] = flush(fround(difference * twiceInverseBatch));
    }
  },
});

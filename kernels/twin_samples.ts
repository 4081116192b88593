/** Reference of `twin_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush, huber, huberSlope } from "./portable.ts";
import wgsl from "./twin_samples.wgsl" with { type: "text" };

/**
 * Each sample's temporal differences of two critics towards one target, y = reward + discount · V(s'),
 * and their gradients with respect to Q1(s, a) and Q2(s, a).
 *
 * `firstValues` and `secondValues` are (rows, stride); `values` (rows, 4) has V in its first column.
 * `sampleLosses` (terms, batchSize) gets the sum of both Huber losses at 1 in row `term`;
 * `firstGradient` and `secondGradient` (batchSize) are Huber' · inverseBatch.
 */
export const twinSamples = defineKernel({
  name: "twin_samples",
  wgsl,
  buffers: {
    firstValues: "read",
    secondValues: "read",
    values: "read",
    sampleLosses: "write",
    firstGradient: "write",
    secondGradient: "write",
  },
  numbers: { stride: "u32", term: "u32", inverseBatch: "f32" },
  ownRows: [
    "firstValues",
    "secondValues",
    "sampleLosses",
    "firstGradient",
    "secondGradient",
  ],
  scalars: ["sampleLosses", "firstGradient", "secondGradient"],
  threads: "samples",
  example: ({ actions, batchSize, rowCapacity, choose }) => ({
    numbers: {
      stride: padded(actions),
      term: choose([0, 2]),
      inverseBatch: 1 / batchSize,
    },
    buffers: {
      firstValues: matrix(rowCapacity, actions),
      secondValues: matrix(rowCapacity, actions),
      values: matrix(rowCapacity, 1),
      sampleLosses: vector(3 * batchSize),
      firstGradient: vector(batchSize),
      secondGradient: vector(batchSize),
    },
  }),
  run(
    {
      firstValues,
      secondValues,
      values,
      sampleLosses,
      firstGradient,
      secondGradient,
    },
    { stride, term, inverseBatch },
    plan,
  ) {
    const { fround } = Math;
    const B = plan.batchSize;
    for (let s = 0; s < B; s++) {
      const next = values[plan.sampleNextRow[s] * 4];
      const y = fround(plan.rewards[s] + fround(plan.discounts[s] * next));
      const at = plan.sampleRow[s] * stride + plan.actions[s];
      const first = fround(firstValues[at] - y);
      const second = fround(secondValues[at] - y);
      sampleLosses[term * B + s] = flush(fround(huber(first) + huber(second)));
      firstGradient[s] = flush(fround(huberSlope(first) * inverseBatch));
      secondGradient[s] = flush(fround(huberSlope(second) * inverseBatch));
    }
  },
});

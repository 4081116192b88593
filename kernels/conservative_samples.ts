/** Reference of `conservative_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./conservative_samples.wgsl" with { type: "text" };

/**
 * Each sample's conservative term, logsumexp - Q(s, a) (Kumar et al., 2020, eq. 4, the CQL(H) variant).
 *
 * `values` is (rows, stride), `logSumExp` (rows); `sampleLosses` (terms, batchSize) gets it in row `term`.
 */
export const conservativeSamples = defineKernel({
  name: "conservative_samples",
  wgsl,
  buffers: { values: "read", logSumExp: "read", sampleLosses: "write" },
  numbers: { stride: "u32", term: "u32" },
  ownRows: ["values", "logSumExp", "sampleLosses"],
  scalars: ["sampleLosses"],
  threads: "samples",
  example: ({ actions, batchSize, rowCapacity, choose }) => ({
    numbers: { stride: padded(actions), term: choose([0, 2]) },
    buffers: {
      values: matrix(rowCapacity, actions),
      logSumExp: vector(rowCapacity),
      sampleLosses: vector(3 * batchSize),
    },
  }),
  run({ values, logSumExp, sampleLosses }, { stride, term }, plan) {
    const B = plan.batchSize;
    for (let s = 0; s < B; s++) {
      const row = plan.sampleRow[s];
      const value = values[row * stride + plan.actions[s]];
      sampleLosses[term * B + s] = flush(Math.fround(logSumExp[row] - value));
    }
  },
});

/** Reference of `weighted_clone_rows`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./weighted_clone_rows.wgsl" with { type: "text" };

/**
 * Behaviour cloning in which each sample has a weight: the losses -weight · log p(a | s), and their
 * mean's gradient with respect to the logits.
 *
 * `logits`, `probabilities` and `gradient` are (rows, stride), `logSumExp` is (rows), `weights` is
 * (batchSize). `sampleLosses` (terms, batchSize) gets the losses in row `term`. `gradient`, zero in
 * the padding, is inverseBatch · Σ weight · (p - 1[the sample's action]) over the row's samples.
 */
export const weightedCloneRows = defineKernel({
  name: "weighted_clone_rows",
  wgsl,
  buffers: {
    logits: "read",
    probabilities: "read",
    logSumExp: "read",
    weights: "read",
    sampleLosses: "write",
    gradient: "write",
  },
  numbers: { stride: "u32", term: "u32", inverseBatch: "f32" },
  vec4: ["probabilities", "gradient"],
  ownRows: [
    "logits",
    "probabilities",
    "logSumExp",
    "weights",
    "sampleLosses",
    "gradient",
  ],
  scalars: ["sampleLosses"],
  threads: { rows: ROWS.gradient, fourRows: ({ stride }) => stride },
  example: ({ actions, batchSize, rowCapacity, choose }) => ({
    numbers: {
      stride: padded(actions),
      term: choose([0, 2]),
      inverseBatch: 1 / batchSize,
    },
    buffers: {
      logits: matrix(rowCapacity, actions),
      probabilities: matrix(rowCapacity, actions, "probability"),
      logSumExp: vector(rowCapacity),
      weights: vector(batchSize),
      sampleLosses: vector(3 * batchSize),
      gradient: matrix(rowCapacity, actions),
    },
  }),
  run(
    { logits, probabilities, logSumExp, weights, sampleLosses, gradient },
    { stride, term, inverseBatch },
    plan,
  ) {
    const { fround } = Math;
    for (let s = 0; s < plan.batchSize; s++) {
      const row = plan.sampleRow[s];
      const logit = logits[row * stride + plan.actions[s]];
      sampleLosses[term * plan.batchSize + s] = flush(
        fround(weights[s] * fround(logSumExp[row] - logit)),
      );
    }
    for (let r = 0; r < plan.gradientRows; r++) {
      for (let a = 0; a < stride; a++) {
        const p = probabilities[r * stride + a];
        let sum = 0;
        for (let i = plan.offsets[r]; i < plan.offsets[r + 1]; i++) {
          const s = plan.samples[i];
          const slope = plan.actions[s] === a ? fround(p - 1) : p;
          sum = fround(sum + fround(weights[s] * slope));
        }
        gradient[r * stride + a] = flush(fround(sum * inverseBatch));
      }
    }
  },
});

/** Reference of `soft_policy_rows`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { exp, flush, FORBIDDEN, probability } from "./portable.ts";
import wgsl from "./soft_policy_rows.wgsl" with { type: "text" };

/**
 * The policy's loss of discrete soft actor-critic (Christodoulou, 2019, eq. 12),
 * Σ_a p(a) · f(a) with f(a) = T · log p(a) - min(Q1(a), Q2(a)) and T = exp(`logTemperature`), and its
 * gradient with respect to the logits, p(a) · (f(a) - Σ_b p(b) · f(b)).
 *
 * `logProbabilities`, `firstValues`, `secondValues` and `gradient` are (rows, stride). An action
 * whose log probability is {@link FORBIDDEN} is not there, and its gradient is 0, as in the padding.
 * `sampleLosses` (terms, batchSize) gets each sample's loss in row `term`; `gradient` is that of the
 * minibatch's mean: a row's own, times the number of its samples, times `inverseBatch`.
 * `logTemperature` has one element, at most 88, and padding.
 */
export const softPolicyRows = defineKernel({
  name: "soft_policy_rows",
  wgsl,
  buffers: {
    logProbabilities: "read",
    firstValues: "read",
    secondValues: "read",
    logTemperature: "read",
    sampleLosses: "write",
    gradient: "write",
  },
  numbers: { actions: "u32", stride: "u32", term: "u32", inverseBatch: "f32" },
  ownRows: [
    "logProbabilities",
    "firstValues",
    "secondValues",
    "sampleLosses",
    "gradient",
  ],
  scalars: ["sampleLosses"],
  threads: { rows: ROWS.gradient, fourRows: () => 4 },
  example: ({ actions, batchSize, rowCapacity, choose }) => ({
    numbers: {
      actions,
      stride: padded(actions),
      term: choose([0, 2]),
      inverseBatch: 1 / batchSize,
    },
    buffers: {
      logProbabilities: matrix(rowCapacity, actions, "logProbability"),
      firstValues: matrix(rowCapacity, actions),
      secondValues: matrix(rowCapacity, actions),
      logTemperature: matrix(1, 1, "logProbability"),
      sampleLosses: vector(3 * batchSize),
      gradient: matrix(rowCapacity, actions),
    },
  }),
  run(
    {
      logProbabilities,
      firstValues,
      secondValues,
      logTemperature,
      sampleLosses,
      gradient,
    },
    { actions, stride, term, inverseBatch },
    plan,
  ) {
    const { fround } = Math;
    const temperature = exp(logTemperature[0]);
    for (let r = 0; r < plan.gradientRows; r++) {
      const row = r * stride;
      const f = (a: number) => {
        const [first, second] = [firstValues[row + a], secondValues[row + a]];
        const cost = fround(temperature * logProbabilities[row + a]);
        return fround(cost - (first < second ? first : second));
      };
      let sum = 0;
      for (let a = 0; a < actions; a++) {
        const logP = logProbabilities[row + a];
        if (logP === FORBIDDEN) continue;
        sum = fround(sum + fround(probability(logP) * f(a)));
      }
      const [from, end] = [plan.offsets[r], plan.offsets[r + 1]];
      const weight = fround((end - from) * inverseBatch);
      for (let a = 0; a < stride; a++) {
        const logP = a < actions ? logProbabilities[row + a] : FORBIDDEN;
        gradient[row + a] = logP === FORBIDDEN ? 0 : flush(
          fround(fround(probability(logP) * fround(f(a) - sum)) * weight),
        );
      }
      for (let i = from; i < end; i++) {
        sampleLosses[term * plan.batchSize + plan.samples[i]] = flush(sum);
      }
    }
  },
});

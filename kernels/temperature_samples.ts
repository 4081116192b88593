/** Reference of `temperature_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { exp, flush, FORBIDDEN, log, probability } from "./portable.ts";
import wgsl from "./temperature_samples.wgsl" with { type: "text" };

/**
 * Each sample's loss of the temperature T = exp(`logTemperature`) of discrete soft actor-critic
 * (Christodoulou, 2019, eq. 11): T · (entropy of the policy - entropyShare · log n) with the n actions
 * allowed in the observation, whose equal distribution has the entropy log n. Its derivative with
 * respect to the log temperature is the loss itself.
 *
 * `logProbabilities` is (rows, stride); an action for which it is {@link FORBIDDEN} is not there.
 * `sampleLosses` (terms, batchSize) gets the losses in row `term`. `logTemperature` has one element, at
 * most 88, and padding.
 */
export const temperatureSamples = defineKernel({
  name: "temperature_samples",
  wgsl,
  buffers: {
    logProbabilities: "read",
    logTemperature: "read",
    sampleLosses: "write",
  },
  numbers: { actions: "u32", stride: "u32", term: "u32", entropyShare: "f32" },
  ownRows: ["logProbabilities", "sampleLosses"],
  scalars: ["sampleLosses"],
  threads: { rows: ROWS.gradient, fourRows: () => 4 },
  example: ({ actions, batchSize, rowCapacity, choose }) => ({
    numbers: {
      actions,
      stride: padded(actions),
      term: choose([0, 2]),
      entropyShare: choose([0, 0.5, 0.98]),
    },
    buffers: {
      logProbabilities: matrix(rowCapacity, actions, "logProbability"),
      logTemperature: matrix(1, 1, "logProbability"),
      sampleLosses: vector(3 * batchSize),
    },
  }),
  run(
    { logProbabilities, logTemperature, sampleLosses },
    { actions, stride, term, entropyShare },
    plan,
  ) {
    const { fround } = Math;
    const temperature = exp(logTemperature[0]);
    for (let r = 0; r < plan.gradientRows; r++) {
      let sum = 0;
      let allowed = 0;
      for (let a = 0; a < actions; a++) {
        const logP = logProbabilities[r * stride + a];
        if (logP === FORBIDDEN) continue;
        allowed++;
        sum = fround(sum + fround(probability(logP) * logP));
      }
      const excess = fround(sum + fround(entropyShare * log(allowed)));
      const loss = flush(-fround(temperature * excess));
      for (let i = plan.offsets[r]; i < plan.offsets[r + 1]; i++) {
        sampleLosses[term * plan.batchSize + plan.samples[i]] = loss;
      }
    }
  },
});

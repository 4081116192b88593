/** Reference of `start_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { clipped, flush, FORBIDDEN } from "./portable.ts";
import { bestOf } from "./wgsl_parts.ts";
import wgsl from "./start_samples.wgsl" with { type: "text" };

/**
 * By how much the hazard of the best action exceeds the budget where episodes start: each sample's
 * startWeights(s) · (hazards(s, a') - budget), a' = argmax preferences(s, ·), the lowest index on ties,
 * a hazard below 0 being 0 and one above 1 being 1. With weights that are 1 in the mean over all
 * transitions, and 0 where no episode starts, the mean over a minibatch estimates that over the starts.
 *
 * Actions whose preference is {@link FORBIDDEN} are not there; not all are.
 *
 * `preferences` and `hazards` are (rows, stride), `startWeights` is (table rows). `sampleLosses`
 * (terms, batchSize) gets the excess in row `term`, and the `multiplier`, one number, in the next.
 */
export const startSamples = defineKernel({
  name: "start_samples",
  wgsl: [bestOf("preferences"), wgsl].join("\n"),
  buffers: {
    preferences: "read",
    hazards: "read",
    startWeights: "read",
    multiplier: "read",
    sampleLosses: "write",
  },
  numbers: { actions: "u32", stride: "u32", term: "u32", budget: "f32" },
  ownRows: ["preferences", "hazards", "sampleLosses"],
  scalars: ["sampleLosses"],
  threads: "samples",
  example: ({ actions, batchSize, rowCapacity, tableRows, choose }) => ({
    numbers: {
      actions,
      stride: padded(actions),
      term: choose([0, 3]),
      budget: choose([0, 0.01, 1]),
    },
    buffers: {
      preferences: matrix(
        rowCapacity,
        actions,
        choose([0, 1]) ? "masked" : "tensor",
      ),
      hazards: matrix(rowCapacity, actions),
      startWeights: vector(tableRows),
      multiplier: vector(4),
      sampleLosses: vector(5 * batchSize),
    },
  }),
  run(
    { preferences, hazards, startWeights, multiplier, sampleLosses },
    { actions, stride, term, budget },
    plan,
  ) {
    const { fround } = Math;
    const B = plan.batchSize;
    for (let s = 0; s < B; s++) {
      const row = plan.sampleRow[s];
      let best = 0;
      let largest = FORBIDDEN;
      for (let a = 0; a < actions; a++) {
        const value = preferences[row * stride + a];
        if (value === FORBIDDEN) continue;
        if (largest === FORBIDDEN || value > largest) {
          largest = value;
          best = a;
        }
      }
      const hazard = clipped(hazards[row * stride + best]);
      const excess = fround(hazard - budget);
      const weight = startWeights[plan.rows[row]];
      sampleLosses[term * B + s] = flush(fround(weight * excess));
      sampleLosses[(term + 1) * B + s] = flush(multiplier[0]);
    }
  },
});

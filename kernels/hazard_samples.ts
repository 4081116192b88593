/** Reference of `hazard_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { clipped, flush, huber, huberSlope } from "./portable.ts";
import wgsl from "./hazard_samples.wgsl" with { type: "text" };

/**
 * Each sample's temporal difference of the discounted probability of an unsafe step, and its gradient
 * with respect to the hazard of (s, a).
 *
 * Target: y = unsafeShares(s, a) + discount · Σ_b policy(s', b) · targetHazards(s', b), of which those
 * below 0 count as 0 and those above 1 as 1. Huber loss at 1.
 *
 * `policy` and `hazards` are (rows, stride); `targetHazards` is a table over the whole observation table
 * (`table` = 1, indexed by the row's table index) or has the minibatch's rows (0). `unsafeShares` is
 * (table rows, actions) without padding. `sampleLosses` (terms, batchSize) gets the loss in row `term`,
 * `sampleGradient` (batchSize) Huber' · inverseBatch.
 */
export const hazardSamples = defineKernel({
  name: "hazard_samples",
  wgsl,
  buffers: {
    policy: "read",
    targetHazards: "read",
    hazards: "read",
    unsafeShares: "read",
    sampleLosses: "write",
    sampleGradient: "write",
  },
  numbers: {
    actions: "u32",
    stride: "u32",
    table: "u32",
    term: "u32",
    inverseBatch: "f32",
  },
  ownRows: ["hazards", "sampleLosses", "sampleGradient"],
  scalars: ["sampleLosses", "sampleGradient"],
  threads: "samples",
  example: ({ actions, batchSize, rowCapacity, tableRows, choose }) => {
    const table = choose([0, 1]);
    return {
      numbers: {
        actions,
        stride: padded(actions),
        table,
        term: choose([0, 2]),
        inverseBatch: 1 / batchSize,
      },
      buffers: {
        policy: matrix(rowCapacity, actions, "probability"),
        targetHazards: matrix(table ? tableRows : rowCapacity, actions),
        hazards: matrix(rowCapacity, actions),
        unsafeShares: vector(tableRows * actions, "probability"),
        sampleLosses: vector(3 * batchSize),
        sampleGradient: vector(batchSize),
      },
    };
  },
  run(
    {
      policy,
      targetHazards,
      hazards,
      unsafeShares,
      sampleLosses,
      sampleGradient,
    },
    { actions, stride, table, term, inverseBatch },
    plan,
  ) {
    const { fround } = Math;
    const B = plan.batchSize;
    for (let s = 0; s < B; s++) {
      const row = plan.sampleRow[s];
      const action = plan.actions[s];
      let y = unsafeShares[plan.rows[row] * actions + action];
      if (plan.discounts[s] > 0) {
        const next = plan.sampleNextRow[s];
        const targetRow = (table ? plan.rows[next] : next) * stride;
        let sum = 0;
        for (let b = 0; b < actions; b++) {
          const hazard = clipped(targetHazards[targetRow + b]);
          sum = fround(sum + fround(policy[next * stride + b] * hazard));
        }
        y = fround(y + fround(plan.discounts[s] * sum));
      }
      const difference = fround(hazards[row * stride + action] - y);
      sampleLosses[term * B + s] = flush(huber(difference));
      sampleGradient[s] = flush(fround(huberSlope(difference) * inverseBatch));
    }
  },
});

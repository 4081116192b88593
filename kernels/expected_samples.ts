/** Reference of `expected_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush, huber, huberSlope } from "./portable.ts";
import wgsl from "./expected_samples.wgsl" with { type: "text" };

/**
 * Each sample's temporal difference towards what a given policy is worth, and its gradient with respect
 * to Q(s, a), for fitted Q evaluation (Le, Voloshin and Yue, 2019).
 *
 * Target: y = reward + discount · Σ_a probabilities(s', a) · Qtarget(s', a). Huber loss at 1.
 *
 * `values` (rows, stride) are the online values; `targetValues` is the target network's table over
 * the whole observation table (`table` = 1, indexed by the row's table index) or over the
 * minibatch's rows (0). `probabilities` is (table rows, actions) without padding, flushed, indexed by the
 * row's table index; an action that is not allowed has probability 0. `sampleLosses` (batchSize) gets
 * the loss, `sampleGradient` (batchSize) Huber' · inverseBatch.
 */
export const expectedSamples = defineKernel({
  name: "expected_samples",
  wgsl,
  buffers: {
    values: "read",
    targetValues: "read",
    probabilities: "read",
    sampleLosses: "write",
    sampleGradient: "write",
  },
  numbers: {
    actions: "u32",
    stride: "u32",
    table: "u32",
    inverseBatch: "f32",
  },
  ownRows: ["values", "sampleLosses", "sampleGradient"],
  scalars: ["sampleLosses", "sampleGradient"],
  threads: "samples",
  example: ({ actions, batchSize, rowCapacity, tableRows, choose }) => {
    const table = choose([0, 1]);
    return {
      numbers: {
        actions,
        stride: padded(actions),
        table,
        inverseBatch: 1 / batchSize,
      },
      buffers: {
        values: matrix(rowCapacity, actions),
        targetValues: matrix(table ? tableRows : rowCapacity, actions),
        probabilities: vector(tableRows * actions, "probability"),
        sampleLosses: vector(batchSize),
        sampleGradient: vector(batchSize),
      },
    };
  },
  run(
    { values, targetValues, probabilities, sampleLosses, sampleGradient },
    { actions, stride, table, inverseBatch },
    plan,
  ) {
    const { fround } = Math;
    for (let s = 0; s < plan.batchSize; s++) {
      let y = plan.rewards[s];
      if (plan.discounts[s] > 0) {
        const next = plan.sampleNextRow[s];
        const observation = plan.rows[next];
        const targetRow = (table ? observation : next) * stride;
        const policyRow = observation * actions;
        let sum = 0;
        for (let a = 0; a < actions; a++) {
          sum = fround(
            sum +
              fround(
                probabilities[policyRow + a] * targetValues[targetRow + a],
              ),
          );
        }
        y = fround(y + fround(plan.discounts[s] * sum));
      }
      const row = plan.sampleRow[s] * stride;
      const difference = fround(values[row + plan.actions[s]] - y);
      sampleLosses[s] = flush(huber(difference));
      sampleGradient[s] = flush(fround(huberSlope(difference) * inverseBatch));
    }
  },
});

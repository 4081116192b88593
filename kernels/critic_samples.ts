/** Reference of `critic_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush, huber, huberSlope } from "./portable.ts";
import wgsl from "./critic_samples.wgsl" with { type: "text" };

/**
 * Each sample's temporal difference of one of several critics, and its gradient with respect to Q(s, a).
 *
 * Target: y = reward + discount · Σ_a policy(s', a) · Qtarget(s', a). Huber loss at 1.
 *
 * `policy` and `values` are (rows, stride); `targetValues` is a table over the whole observation table
 * (`table` = 1, indexed by the row's table index) or has the minibatch's rows (0). `sampleLosses`
 * (batchSize) gets the loss, added to what is there already where `accumulate` is 1. `sampleGradient`
 * (batchSize) = Huber' · inverseBatch - conservativeWeight.
 */
export const criticSamples = defineKernel({
  name: "critic_samples",
  wgsl,
  buffers: {
    policy: "read",
    targetValues: "read",
    values: "read",
    sampleLosses: "update",
    sampleGradient: "write",
  },
  numbers: {
    actions: "u32",
    stride: "u32",
    table: "u32",
    inverseBatch: "f32",
    conservativeWeight: "f32",
    accumulate: "u32",
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
        conservativeWeight: choose([0, 3]) / batchSize,
        accumulate: choose([0, 1]),
      },
      buffers: {
        policy: matrix(rowCapacity, actions, "probability"),
        targetValues: matrix(table ? tableRows : rowCapacity, actions),
        values: matrix(rowCapacity, actions),
        sampleLosses: vector(batchSize),
        sampleGradient: vector(batchSize),
      },
    };
  },
  run(
    { policy, targetValues, values, sampleLosses, sampleGradient },
    numbers,
    plan,
  ) {
    const { actions, stride, table, inverseBatch, conservativeWeight } =
      numbers;
    const { fround } = Math;
    for (let s = 0; s < plan.batchSize; s++) {
      let y = plan.rewards[s];
      if (plan.discounts[s] > 0) {
        const next = plan.sampleNextRow[s];
        const targetRow = (table ? plan.rows[next] : next) * stride;
        let sum = 0;
        for (let a = 0; a < actions; a++) {
          sum = fround(
            sum +
              fround(policy[next * stride + a] * targetValues[targetRow + a]),
          );
        }
        y = fround(y + fround(plan.discounts[s] * sum));
      }
      const row = plan.sampleRow[s] * stride;
      const difference = fround(values[row + plan.actions[s]] - y);
      const loss = huber(difference);
      sampleLosses[s] = flush(
        numbers.accumulate ? fround(sampleLosses[s] + loss) : loss,
      );
      sampleGradient[s] = flush(
        fround(
          fround(huberSlope(difference) * inverseBatch) - conservativeWeight,
        ),
      );
    }
  },
});

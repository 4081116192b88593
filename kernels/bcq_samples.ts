/** Reference of `bcq_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush, FORBIDDEN, huber, huberSlope } from "./portable.ts";
import wgsl from "./bcq_samples.wgsl" with { type: "text" };

/**
 * Each sample's temporal difference and its gradient with respect to Q(s, a), for discrete
 * batch-constrained Q-learning (Fujimoto et al., 2019, "Benchmarking batch deep reinforcement learning
 * algorithms", eq. 13).
 *
 * Target: y = reward + discount · Qtarget(s', a'), where a' is the argmax of the online values over the
 * actions that the imitator finds likely enough: whose logit lies less than -`logFlexibility` below the
 * largest. The lowest index on ties; Huber loss at 1. The likeliest action is always one of them, as
 * logFlexibility < 0; with {@link FORBIDDEN} for it all are. Actions whose logit is FORBIDDEN are not there.
 *
 * `values` (rows, stride) are the online values, `logits` (rows, stride) the imitator's; `targetValues`
 * (rows, stride) is the target network's table over the whole observation table (`table` = 1, indexed by
 * the row's table index) or over the minibatch's rows (0). `sampleLosses` (terms,
 * batchSize) gets the loss in row `term`; `sampleGradient` (batchSize) is Huber' · inverseBatch.
 */
export const bcqSamples = defineKernel({
  name: "bcq_samples",
  wgsl,
  buffers: {
    values: "read",
    logits: "read",
    targetValues: "read",
    sampleLosses: "write",
    sampleGradient: "write",
  },
  numbers: {
    actions: "u32",
    stride: "u32",
    table: "u32",
    term: "u32",
    logFlexibility: "f32",
    inverseBatch: "f32",
  },
  ownRows: ["sampleLosses", "sampleGradient"],
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
        logFlexibility: choose([FORBIDDEN, Math.log(0.3), -0.5, -1e-6]),
        inverseBatch: 1 / batchSize,
      },
      buffers: {
        values: matrix(rowCapacity, actions),
        logits: matrix(
          rowCapacity,
          actions,
          choose([0, 1]) ? "masked" : "tensor",
        ),
        targetValues: matrix(table ? tableRows : rowCapacity, actions),
        sampleLosses: vector(3 * batchSize),
        sampleGradient: vector(batchSize),
      },
    };
  },
  run(
    { values, logits, targetValues, sampleLosses, sampleGradient },
    numbers,
    plan,
  ) {
    const {
      actions,
      stride,
      table,
      term,
      logFlexibility,
      inverseBatch,
    } = numbers;
    const { fround } = Math;
    const B = plan.batchSize;
    for (let s = 0; s < B; s++) {
      let y = plan.rewards[s];
      if (plan.discounts[s] > 0) {
        const next = plan.sampleNextRow[s];
        const targetRow = (table ? plan.rows[next] : next) * stride;
        const logit = (a: number) => logits[next * stride + a];
        let likeliest = FORBIDDEN;
        for (let a = 0; a < actions; a++) {
          if (logit(a) > likeliest) likeliest = logit(a);
        }
        let best = 0;
        let largest = FORBIDDEN;
        for (let a = 0; a < actions; a++) {
          if (logit(a) === FORBIDDEN) continue;
          if (fround(logit(a) - likeliest) <= logFlexibility) continue;
          const value = values[next * stride + a];
          if (value > largest) {
            largest = value;
            best = a;
          }
        }
        const nextValue = targetValues[targetRow + best];
        y = fround(y + fround(plan.discounts[s] * nextValue));
      }
      const row = plan.sampleRow[s] * stride;
      const difference = fround(values[row + plan.actions[s]] - y);
      sampleLosses[term * B + s] = flush(huber(difference));
      sampleGradient[s] = flush(fround(huberSlope(difference) * inverseBatch));
    }
  },
});

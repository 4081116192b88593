/** Reference of `q_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { equalPart, flush, FORBIDDEN, huber, huberSlope } from "./portable.ts";
import { bestOf } from "./wgsl_parts.ts";
import wgsl from "./q_samples.wgsl" with { type: "text" };

/**
 * Each sample's temporal difference, conservative term and gradient with respect to Q(s, a), for
 * DQN (Mnih et al., 2015), Double DQN (van Hasselt et al., 2016) and discrete CQL
 * (Kumar et al., 2020, eq. 4, the CQL(H) variant).
 *
 * Target: y = reward + discount · Qtarget(s', a'), where a' is the argmax of the `preferences`
 * (`doubleQ` = 1; the online values) or of the target values (0), the lowest index on ties. Huber loss
 * at 1.
 *
 * With `noise` > 0 the target replaces the next action by a uniform one that often, as in a
 * probabilistic action robust MDP (Tessler et al., 2019): y = reward + discount ·
 * (greedyShare · Qtarget(s', a') + uniformShare · Σ Qtarget(s', ·)), where greedyShare is
 * 1 - `noise` and uniformShare `noise` / actions. With shares 1 and 0 the bits are the plain
 * target's.
 *
 * Actions whose value is {@link FORBIDDEN} are not there, neither for the argmax nor for the uniform
 * action, whose share is then `noise` divided by the number of the others. Preferences and target
 * values of a row forbid the same actions, and not all.
 *
 * `values` and `preferences` are (rows, stride), the former the online values; `targetValues` is the target network's table over
 * the whole observation table (`table` = 1, indexed by the row's table index) or over the
 * minibatch's rows (0). `sampleLosses` is (2, batchSize): Huber loss, then logsumexp - Q(s, a).
 * `sampleGradient` (batchSize) = Huber'·inverseBatch - conservativeWeight, where
 * conservativeWeight is alpha / batchSize.
 */
export const qSamples = defineKernel({
  name: "q_samples",
  wgsl: [bestOf("preferences"), bestOf("targetValues"), wgsl].join("\n"),
  buffers: {
    values: "read",
    preferences: "read",
    targetValues: "read",
    logSumExp: "read",
    sampleLosses: "write",
    sampleGradient: "write",
  },
  numbers: {
    actions: "u32",
    stride: "u32",
    table: "u32",
    doubleQ: "u32",
    greedyShare: "f32",
    noise: "f32",
    uniformShare: "f32",
    inverseBatch: "f32",
    conservativeWeight: "f32",
  },
  ownRows: ["logSumExp", "sampleLosses", "sampleGradient"],
  scalars: ["sampleLosses", "sampleGradient"],
  threads: "samples",
  example: ({ actions, batchSize, rowCapacity, tableRows, choose }) => {
    const table = choose([0, 1]);
    return {
      numbers: {
        actions,
        stride: padded(actions),
        table,
        doubleQ: choose([0, 1]),
        greedyShare: 0.95,
        noise: 0.05,
        uniformShare: 0.05 / actions,
        inverseBatch: 1 / batchSize,
        conservativeWeight: choose([0, 6]) / batchSize,
      },
      buffers: {
        values: matrix(rowCapacity, actions),
        preferences: matrix(rowCapacity, actions),
        targetValues: matrix(table ? tableRows : rowCapacity, actions),
        logSumExp: vector(rowCapacity),
        sampleLosses: vector(2 * batchSize),
        sampleGradient: vector(batchSize),
      },
    };
  },
  run(
    {
      values,
      preferences,
      targetValues,
      logSumExp,
      sampleLosses,
      sampleGradient,
    },
    numbers,
    plan,
  ) {
    const {
      actions,
      stride,
      table,
      doubleQ,
      greedyShare,
      noise,
      uniformShare,
      inverseBatch,
      conservativeWeight,
    } = numbers;
    const { fround } = Math;
    const B = plan.batchSize;
    for (let s = 0; s < B; s++) {
      let y = plan.rewards[s];
      if (plan.discounts[s] > 0) {
        const next = plan.sampleNextRow[s];
        const targetRow = (table ? plan.rows[next] : next) * stride;
        const chooser = doubleQ ? preferences : targetValues;
        const chooserRow = doubleQ ? next * stride : targetRow;
        let best = 0;
        let largest = FORBIDDEN;
        for (let a = 0; a < actions; a++) {
          const value = chooser[chooserRow + a];
          if (value === FORBIDDEN) continue;
          if (largest === FORBIDDEN || value > largest) {
            largest = value;
            best = a;
          }
        }
        let sum = 0;
        let allowed = 0;
        for (let a = 0; a < actions; a++) {
          const value = targetValues[targetRow + a];
          if (value === FORBIDDEN) continue;
          allowed++;
          sum = fround(sum + value);
        }
        const share = equalPart(allowed, actions, noise, uniformShare);
        const nextValue = fround(
          fround(greedyShare * targetValues[targetRow + best]) +
            fround(share * sum),
        );
        y = fround(y + fround(plan.discounts[s] * nextValue));
      }
      const row = plan.sampleRow[s];
      const value = values[row * stride + plan.actions[s]];
      const difference = fround(value - y);
      sampleLosses[s] = flush(huber(difference));
      sampleLosses[B + s] = flush(fround(logSumExp[row] - value));
      sampleGradient[s] = flush(
        fround(
          fround(huberSlope(difference) * inverseBatch) - conservativeWeight,
        ),
      );
    }
  },
});

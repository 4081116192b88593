/** Reference of `quantile_samples`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { padded } from "./padding.ts";
import { flush, huber, huberSlope } from "./portable.ts";
import wgsl from "./quantile_samples.wgsl" with { type: "text" };

/**
 * Each sample's quantile regression loss of one critic (Dabney et al., 2018a, eq. 10, with Huber at 1), and
 * its gradient with respect to each quantile θ of the sample's action.
 *
 * Target: the mixture, with the probabilities `policy` (s', ·), of the returns reward + discount ·
 * Ztarget(s', a), whose quantiles y count equally; after a terminal step the reward alone. The loss is
 * Σ_k E_y[|τ_k - 1[y < θ_k]| · Huber(y - θ_k)] with τ_k = (2k + 1) · `midpoint`, where midpoint is
 * 1 / (2 · quantiles).
 *
 * `policy` is (rows, stride), `heads` (rows, headStride), output a · quantiles + k being quantile k of
 * action a; `targetHeads` is a table over the whole observation table (`table` = 1, indexed by the row's
 * table index) or has the minibatch's rows (0). `sampleLosses` (batchSize) gets the loss, added to what is
 * there already where `accumulate` is 1. `sampleGradient` (batchSize, gradientStride), zero in the padding,
 * is inverseBatch times the loss's derivative.
 */
export const quantileSamples = defineKernel({
  name: "quantile_samples",
  wgsl,
  buffers: {
    policy: "read",
    targetHeads: "read",
    heads: "read",
    sampleLosses: "update",
    sampleGradient: "write",
  },
  numbers: {
    actions: "u32",
    stride: "u32",
    headStride: "u32",
    gradientStride: "u32",
    table: "u32",
    quantiles: "u32",
    midpoint: "f32",
    inverseQuantiles: "f32",
    inverseBatch: "f32",
    accumulate: "u32",
  },
  ownRows: ["heads", "sampleLosses", "sampleGradient"],
  scalars: ["sampleLosses"],
  threads: "samples",
  example: (
    { actions, batchSize, rowCapacity, tableRows, choose, quantiles },
  ) => {
    const table = choose([0, 1]);
    const width = actions * quantiles;
    return {
      numbers: {
        actions,
        stride: padded(actions),
        headStride: padded(width),
        gradientStride: padded(quantiles),
        table,
        quantiles,
        midpoint: 1 / (2 * quantiles),
        inverseQuantiles: 1 / quantiles,
        inverseBatch: 1 / batchSize,
        accumulate: choose([0, 1]),
      },
      buffers: {
        policy: matrix(rowCapacity, actions, "probability"),
        targetHeads: matrix(table ? tableRows : rowCapacity, width),
        heads: matrix(rowCapacity, width),
        sampleLosses: vector(batchSize),
        sampleGradient: matrix(batchSize, quantiles),
      },
    };
  },
  run(
    { policy, targetHeads, heads, sampleLosses, sampleGradient },
    numbers,
    plan,
  ) {
    const { actions, stride, headStride, gradientStride, table, quantiles } =
      numbers;
    const { fround } = Math;
    for (let s = 0; s < plan.batchSize; s++) {
      const reward = plan.rewards[s];
      const discount = plan.discounts[s];
      const next = plan.sampleNextRow[s];
      const target = (table ? plan.rows[next] : next) * headStride;
      const own = plan.sampleRow[s] * headStride + plan.actions[s] * quantiles;
      const scale = discount > 0 ? numbers.inverseQuantiles : 1;
      const to = s * gradientStride;
      let lossSum = 0;
      sampleGradient.fill(0, to, to + gradientStride);
      for (let k = 0; k < quantiles; k++) {
        const theta = heads[own + k];
        const above = fround((2 * k + 1) * numbers.midpoint);
        const below = fround(1 - above);
        let loss = 0;
        let slope = 0;
        const add = (y: number) => {
          const difference = fround(theta - y);
          const weight = difference > 0 ? below : above;
          loss = fround(loss + fround(weight * huber(difference)));
          slope = fround(slope + fround(weight * huberSlope(difference)));
        };
        let meanLoss = 0;
        let meanSlope = 0;
        if (discount > 0) {
          for (let a = 0; a < actions; a++) {
            const share = policy[next * stride + a];
            if (share === 0) continue;
            loss = slope = 0;
            for (let j = 0; j < quantiles; j++) {
              const z = targetHeads[target + a * quantiles + j];
              add(fround(reward + fround(discount * z)));
            }
            meanLoss = fround(meanLoss + fround(share * loss));
            meanSlope = fround(meanSlope + fround(share * slope));
          }
        } else {
          add(reward);
          meanLoss = loss;
          meanSlope = slope;
        }
        lossSum = fround(lossSum + meanLoss);
        sampleGradient[to + k] = flush(
          fround(fround(meanSlope * scale) * numbers.inverseBatch),
        );
      }
      const loss = fround(lossSum * scale);
      sampleLosses[s] = flush(
        numbers.accumulate ? fround(sampleLosses[s] + loss) : loss,
      );
    }
  },
});

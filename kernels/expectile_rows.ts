/** Reference of `expectile_rows`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { exp, flush } from "./portable.ts";
import wgsl from "./expectile_rows.wgsl" with { type: "text" };

/**
 * Expectile regression of state values on action values, and the advantage weights of implicit
 * Q-learning (Kostrikov, Nair and Levine, 2022, eq. 5 and 7).
 *
 * With u = Q(s, a) - V(s) of a sample, its loss is w · u², where w is `expectile` for u >= 0 and
 * `oneMinusExpectile` below. `sampleLosses` (terms, batchSize) gets it in row `term`; `gradient`
 * (rows, 4), zero in the padding, is `gradientScale` · Σ w · u over the row's samples, where
 * gradientScale is -2 / batchSize. `weights` (batchSize) is exp(u · inverseTemperature), and `cap`
 * where the exponent is not below `logCap`, the logarithm of `cap`, which is at most e^88.
 *
 * `actionValues` (rows, stride) is a table over the whole observation table (`table` = 1, indexed by
 * the row's table index) or has the minibatch's rows (0). `values` (rows, 4) is the output of a
 * network with one output.
 */
export const expectileRows = defineKernel({
  name: "expectile_rows",
  wgsl,
  buffers: {
    actionValues: "read",
    values: "read",
    weights: "write",
    sampleLosses: "write",
    gradient: "write",
  },
  numbers: {
    stride: "u32",
    table: "u32",
    term: "u32",
    expectile: "f32",
    oneMinusExpectile: "f32",
    gradientScale: "f32",
    inverseTemperature: "f32",
    cap: "f32",
    logCap: "f32",
  },
  vec4: ["gradient"],
  ownRows: ["values", "weights", "sampleLosses", "gradient"],
  scalars: ["weights", "sampleLosses"],
  ownRowsWithoutTable: ["actionValues"],
  threads: { rows: ROWS.gradient, fourRows: () => 4 },
  example: ({ actions, batchSize, rowCapacity, tableRows, choose }) => {
    const table = choose([0, 1]);
    const expectile = choose([0.01, 0.5, 0.7, 0.99]);
    const cap = choose([1, 100, 1e6]);
    return {
      numbers: {
        stride: padded(actions),
        table,
        term: choose([0, 2]),
        expectile,
        oneMinusExpectile: 1 - expectile,
        gradientScale: -2 / batchSize,
        inverseTemperature: 1 / choose([1e-9, 0.02, 1, 30, 1e12]),
        cap,
        logCap: Math.log(cap),
      },
      buffers: {
        actionValues: matrix(table ? tableRows : rowCapacity, actions),
        values: matrix(rowCapacity, 1),
        weights: vector(batchSize),
        sampleLosses: vector(3 * batchSize),
        gradient: matrix(rowCapacity, 1),
      },
    };
  },
  run(
    { actionValues, values, weights, sampleLosses, gradient },
    numbers,
    plan,
  ) {
    const {
      stride,
      table,
      term,
      expectile,
      oneMinusExpectile,
      gradientScale,
      inverseTemperature,
      cap,
      logCap,
    } = numbers;
    const { fround } = Math;
    const losses = term * plan.batchSize;
    for (let r = 0; r < plan.gradientRows; r++) {
      const row = (table ? plan.rows[r] : r) * stride;
      let sum = 0;
      for (let i = plan.offsets[r]; i < plan.offsets[r + 1]; i++) {
        const s = plan.samples[i];
        const u = fround(actionValues[row + plan.actions[s]] - values[r * 4]);
        const slope = fround((u < 0 ? oneMinusExpectile : expectile) * u);
        sum = fround(sum + slope);
        sampleLosses[losses + s] = flush(fround(slope * u));
        const exponent = fround(u * inverseTemperature);
        weights[s] = flush(exponent < logCap ? exp(exponent) : cap);
      }
      gradient.fill(0, r * 4, r * 4 + 4);
      gradient[r * 4] = flush(fround(sum * gradientScale));
    }
  },
});

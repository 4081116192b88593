/** Reference of `soft_values`. @module */
import { matrix } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { exp, flush, FORBIDDEN, probability } from "./portable.ts";
import wgsl from "./soft_values.wgsl" with { type: "text" };

/**
 * What the policy is worth in each next observation, its entropy counted, for discrete soft
 * actor-critic (Christodoulou, 2019, eq. 10): `values` (rows, 4), zero in the padding, is
 * Σ_a p(a) · (min(Q1(a), Q2(a)) - T · log p(a)) with T = exp(`logTemperature`).
 *
 * `logProbabilities` is (rows, stride); an action for which it is {@link FORBIDDEN} is not there.
 * `firstValues` and `secondValues` (rows, stride), of the two target networks, are tables over the
 * whole observation table (`table` = 1, indexed by the row's table index) or have the minibatch's
 * rows (0). `logTemperature` has one element, at most 88, and padding.
 */
export const softValues = defineKernel({
  name: "soft_values",
  wgsl,
  buffers: {
    logProbabilities: "read",
    firstValues: "read",
    secondValues: "read",
    logTemperature: "read",
    values: "write",
  },
  numbers: { actions: "u32", stride: "u32", table: "u32" },
  vec4: ["values"],
  ownRows: ["logProbabilities", "values"],
  ownRowsWithoutTable: ["firstValues", "secondValues"],
  threads: { rows: ROWS.next, fourRows: () => 4 },
  example: ({ actions, rowCapacity, tableRows, choose }) => {
    const table = choose([0, 1]);
    const rows = table ? tableRows : rowCapacity;
    return {
      numbers: { actions, stride: padded(actions), table },
      buffers: {
        logProbabilities: matrix(rowCapacity, actions, "logProbability"),
        firstValues: matrix(rows, actions),
        secondValues: matrix(rows, actions),
        logTemperature: matrix(1, 1, "logProbability"),
        values: matrix(rowCapacity, 1),
      },
    };
  },
  run(
    { logProbabilities, firstValues, secondValues, logTemperature, values },
    { actions, stride, table },
    plan,
  ) {
    const { fround } = Math;
    const temperature = exp(logTemperature[0]);
    for (let r = plan.nextStart; r < plan.rowCount; r++) {
      const from = (table ? plan.rows[r] : r) * stride;
      let sum = 0;
      for (let a = 0; a < actions; a++) {
        const logP = logProbabilities[r * stride + a];
        if (logP === FORBIDDEN) continue;
        const [first, second] = [firstValues[from + a], secondValues[from + a]];
        const value = fround(
          (first < second ? first : second) - fround(temperature * logP),
        );
        sum = fround(sum + fround(probability(logP) * value));
      }
      values.fill(0, r * 4, r * 4 + 4);
      values[r * 4] = flush(sum);
    }
  },
});

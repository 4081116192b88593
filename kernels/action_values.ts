/** Reference of `action_values`. @module */
import { matrix } from "./example.ts";
import { defineKernel, rowRange, ROWS } from "./kernel.ts";
import { lowestShare, lowestSum } from "./lowest_sum.ts";
import { padded, quads } from "./padding.ts";
import { flush } from "./portable.ts";
import { lowestSumOf } from "./wgsl_parts.ts";
import wgsl from "./action_values.wgsl" with { type: "text" };

/**
 * The value of each action from one critic's quantiles of its return, on the rows that `rows` names:
 * `scale` · (sum of the `whole` lowest quantiles and `fraction` of the next), the mean of all of them
 * (Dabney et al., 2018a) or their CVaR (Dabney et al., 2018b). Where `accumulate` is 1, what is
 * there already is added. The sum is stored times `criticShare`: 1, and 1 / critics in the call for the last
 * of several critics, which so leaves their mean.
 *
 * `heads` is (rows, headStride), output a · quantiles + k being quantile k of action a; `values` is
 * (rows, stride). The padding stays as it is.
 */
export const actionValues = defineKernel({
  name: "action_values",
  wgsl: [lowestSumOf("heads"), wgsl].join("\n"),
  buffers: { heads: "read", values: "update" },
  numbers: {
    rows: "u32",
    actions: "u32",
    headStride: "u32",
    stride: "u32",
    quantiles: "u32",
    whole: "u32",
    fraction: "f32",
    scale: "f32",
    accumulate: "u32",
    criticShare: "f32",
  },
  ownRows: ["heads", "values"],
  threads: { rows: "given", fourRows: ({ actions }) => 4 * quads(actions) },
  example: ({ actions, rowCapacity, choose, quantiles }) => {
    const width = actions * quantiles;
    return {
      numbers: {
        rows: choose(Object.values(ROWS)),
        actions,
        headStride: padded(width),
        stride: padded(actions),
        quantiles,
        ...lowestShare(quantiles, choose([1, 0.1, 0.37, 0.5])),
        accumulate: choose([0, 1]),
        criticShare: 1 / choose([1, 2, 3]),
      },
      buffers: {
        heads: matrix(rowCapacity, width),
        values: matrix(rowCapacity, actions),
      },
    };
  },
  run({ heads, values }, numbers, plan) {
    const { actions, headStride, stride, quantiles, whole, fraction } = numbers;
    const { fround } = Math;
    const [first, end] = rowRange(numbers.rows, plan);
    for (let r = first; r < end; r++) {
      for (let a = 0; a < actions; a++) {
        const start = r * headStride + a * quantiles;
        const sum = lowestSum(heads, start, quantiles, whole, fraction);
        const value = flush(fround(sum * numbers.scale));
        const i = r * stride + a;
        const total = numbers.accumulate ? fround(values[i] + value) : value;
        values[i] = flush(fround(total * numbers.criticShare));
      }
    }
  },
});

/** Reference of `action_values`. @module */
import { matrix } from "./example.ts";
import { defineKernel, rangeCapacity, rowRange, ROWS } from "./kernel.ts";
import { lowestShare, lowestSum } from "./lowest_sum.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./action_values.wgsl" with { type: "text" };

/**
 * The value of each action from one critic's quantiles of its return, on the rows that `rows` names:
 * `scale` · (sum of the `whole` lowest quantiles and `part` of the next), added to what is there already
 * where `accumulate` is 1. With scale = 1 / (share · quantiles · critics), a call for each critic gives the
 * mean over critics of the mean of the lowest share: all of it (Dabney et al., 2018a) or, below 1, CVaR
 * (Dabney et al., 2018b, section 4).
 *
 * `heads` is (rows, headStride), output a · quantiles + k being quantile k of action a; `values` is
 * (rows, stride). The padding stays as it is.
 */
export const actionValues = defineKernel({
  name: "action_values",
  wgsl,
  buffers: { heads: "read", values: "update" },
  numbers: {
    rows: "u32",
    actions: "u32",
    headStride: "u32",
    stride: "u32",
    quantiles: "u32",
    whole: "u32",
    part: "f32",
    scale: "f32",
    accumulate: "u32",
  },
  ownRows: ["heads", "values"],
  threads: ({ rows, actions }, layout) => rangeCapacity(rows, layout) * actions,
  example: ({ actions, rowCapacity, choose, quantiles }) => {
    const share = choose([1, 0.1, 0.37, 0.5]);
    const width = actions * quantiles;
    return {
      numbers: {
        rows: choose(Object.values(ROWS)),
        actions,
        headStride: padded(width),
        stride: padded(actions),
        ...lowestShare(quantiles, share),
        scale: 1 / (share * quantiles * choose([1, 2, 3])),
        accumulate: choose([0, 1]),
      },
      buffers: {
        heads: matrix(rowCapacity, width),
        values: matrix(rowCapacity, actions),
      },
    };
  },
  run({ heads, values }, numbers, plan) {
    const { actions, headStride, stride, quantiles, whole, part } = numbers;
    const { fround } = Math;
    const [first, end] = rowRange(numbers.rows, plan);
    for (let r = first; r < end; r++) {
      for (let a = 0; a < actions; a++) {
        const start = r * headStride + a * quantiles;
        const sum = lowestSum(heads, start, quantiles, whole, part);
        const value = fround(sum * numbers.scale);
        const i = r * stride + a;
        values[i] = flush(
          numbers.accumulate ? fround(values[i] + value) : value,
        );
      }
    }
  },
});

/** Reference of `lowest_critic`. @module */
import { matrix } from "./example.ts";
import { defineKernel, rowRange, ROWS } from "./kernel.ts";
import { lowestShare, lowestSum } from "./lowest_sum.ts";
import { padded } from "./padding.ts";
import { lowestSumOf } from "./wgsl_parts.ts";
import wgsl from "./lowest_critic.wgsl" with { type: "text" };

/**
 * The more pessimistic of two critics, action by action, on the rows that `rows` names: where the value of
 * an action (the sum of its `whole` lowest quantiles and `fraction` of the next) is lower in `heads` than in
 * `lowest`, all its quantiles in `lowest` are replaced by those of `heads` (Fujimoto, van Hoof and Meger,
 * 2018, eq. 10, for quantiles as in d3rlpy). A call for each further critic leaves the lowest of all.
 *
 * Both are (rows, stride), output a · quantiles + k being quantile k of action a.
 */
export const lowestCritic = defineKernel({
  name: "lowest_critic",
  wgsl: [lowestSumOf("heads"), lowestSumOf("lowest"), wgsl].join("\n"),
  buffers: { heads: "read", lowest: "update" },
  numbers: {
    rows: "u32",
    actions: "u32",
    stride: "u32",
    quantiles: "u32",
    whole: "u32",
    fraction: "f32",
  },
  ownRows: ["heads", "lowest"],
  threads: { rows: "given", fourRows: () => 4 },
  example: ({ actions, rowCapacity, choose, quantiles }) => {
    const share = choose([1, 0.1, 0.37, 0.5]);
    const { whole, fraction } = lowestShare(quantiles, share);
    const width = actions * quantiles;
    return {
      numbers: {
        rows: choose(Object.values(ROWS)),
        actions,
        stride: padded(width),
        quantiles,
        whole,
        fraction,
      },
      buffers: {
        heads: matrix(rowCapacity, width),
        lowest: matrix(rowCapacity, width),
      },
    };
  },
  run({ heads, lowest }, numbers, plan) {
    const { actions, stride, quantiles, whole, fraction } = numbers;
    const [first, end] = rowRange(numbers.rows, plan);
    for (let r = first; r < end; r++) {
      for (let a = 0; a < actions; a++) {
        const start = r * stride + a * quantiles;
        const value = lowestSum(heads, start, quantiles, whole, fraction);
        if (value < lowestSum(lowest, start, quantiles, whole, fraction)) {
          lowest.set(heads.subarray(start, start + quantiles), start);
        }
      }
    }
  },
});

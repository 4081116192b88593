/** Reference of `log_softmax_rows`. @module */
import { matrix } from "./example.ts";
import { defineKernel, rowRange, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { exp, flush, FORBIDDEN, log } from "./portable.ts";
import wgsl from "./log_softmax_rows.wgsl" with { type: "text" };

/**
 * Logarithms of the softmax of the rows that `rows` names: `logProbabilities` is (rows, stride),
 * (z - largest) - log Σ exp(z - largest), zero in the padding. A logit z that is {@link FORBIDDEN} has no
 * part in a row and stays as it is; a row has at least one other.
 */
export const logSoftmaxRows = defineKernel({
  name: "log_softmax_rows",
  wgsl,
  buffers: { logits: "read", logProbabilities: "write" },
  numbers: { rows: "u32", actions: "u32", stride: "u32" },
  ownRows: ["logits", "logProbabilities"],
  threads: { rows: "given", fourRows: () => 4 },
  example: ({ actions, rowCapacity, choose }) => ({
    numbers: {
      rows: choose(Object.values(ROWS)),
      actions,
      stride: padded(actions),
    },
    buffers: {
      logits: matrix(
        rowCapacity,
        actions,
        choose([0, 1]) ? "masked" : "tensor",
      ),
      logProbabilities: matrix(rowCapacity, actions),
    },
  }),
  run({ logits, logProbabilities }, { rows, actions, stride }, plan) {
    const { fround } = Math;
    const [first, end] = rowRange(rows, plan);
    for (let r = first; r < end; r++) {
      const row = r * stride;
      let largest = FORBIDDEN;
      for (let a = 0; a < actions; a++) {
        if (logits[row + a] > largest) largest = logits[row + a];
      }
      let sum = 0;
      for (let a = 0; a < actions; a++) {
        if (logits[row + a] === FORBIDDEN) continue;
        sum = fround(sum + exp(fround(logits[row + a] - largest)));
      }
      const logSum = log(sum);
      for (let a = 0; a < stride; a++) {
        const logit = a < actions ? logits[row + a] : 0;
        logProbabilities[row + a] = a >= actions || logit === FORBIDDEN
          ? logit
          : flush(fround(fround(logit - largest) - logSum));
      }
    }
  },
});

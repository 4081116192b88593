/** Reference of `clone_rows`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { equalPart, flush, FORBIDDEN } from "./portable.ts";
import wgsl from "./clone_rows.wgsl" with { type: "text" };

/**
 * Each gradient row's share of the behaviour cloning loss that does not depend on the sample: with
 * the normalised logits l = z - logsumexp z and w = beta / actions, which is `squareWeight`,
 * `rowPenalty` (rows) is w · Σ l², and
 * `rowTerms` (rows, stride) is p + 2·w · (l - p · Σ l), zero in the padding: the
 * gradient of cross-entropy (but for the sample's own action) and of the penalty.
 *
 * Actions whose logit is {@link FORBIDDEN} are not there: they are in no sum, their term is 0, and w
 * is beta divided by the number of the others.
 *
 * The logits are normalised before they are squared because d3rlpy's are: `Categorical.logits` of
 * PyTorch are log-probabilities.
 */
export const cloneRows = defineKernel({
  name: "clone_rows",
  wgsl,
  buffers: {
    logits: "read",
    probabilities: "read",
    logSumExp: "read",
    rowTerms: "write",
    rowPenalty: "write",
  },
  numbers: {
    actions: "u32",
    stride: "u32",
    beta: "f32",
    squareWeight: "f32",
  },
  ownRows: ["logits", "probabilities", "logSumExp", "rowTerms", "rowPenalty"],
  scalars: ["rowPenalty"],
  threads: { rows: ROWS.gradient, fourRows: () => 4 },
  example: ({ actions, rowCapacity, choose }) => {
    const beta = choose([0, 0.5, 0.9]);
    return {
      numbers: {
        actions,
        stride: padded(actions),
        beta,
        squareWeight: beta / actions,
      },
      buffers: {
        logits: matrix(
          rowCapacity,
          actions,
          choose([0, 1]) ? "masked" : "tensor",
        ),
        probabilities: matrix(rowCapacity, actions, "probability"),
        logSumExp: vector(rowCapacity),
        rowTerms: matrix(rowCapacity, actions),
        rowPenalty: vector(rowCapacity),
      },
    };
  },
  run(
    { logits, probabilities, logSumExp, rowTerms, rowPenalty },
    numbers,
    plan,
  ) {
    const { actions, stride, beta, squareWeight } = numbers;
    const { fround } = Math;
    for (let r = 0; r < plan.gradientRows; r++) {
      const row = r * stride;
      let sum = 0;
      let squares = 0;
      let allowed = 0;
      for (let a = 0; a < actions; a++) {
        if (logits[row + a] === FORBIDDEN) continue;
        allowed++;
        const l = fround(logits[row + a] - logSumExp[r]);
        sum = fround(sum + l);
        squares = fround(squares + fround(l * l));
      }
      const weight = equalPart(allowed, actions, beta, squareWeight);
      rowPenalty[r] = flush(fround(squares * weight));
      for (let a = 0; a < stride; a++) {
        const p = probabilities[row + a];
        const l = fround(logits[row + a] - logSumExp[r]);
        const penalty = fround(2 * weight * fround(l - fround(p * sum)));
        rowTerms[row + a] = a < actions && logits[row + a] !== FORBIDDEN
          ? flush(fround(p + penalty))
          : 0;
      }
    }
  },
});

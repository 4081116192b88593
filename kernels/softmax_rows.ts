/** Reference of `softmax_rows`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { exp, flush, FORBIDDEN, log, recip } from "./portable.ts";
import wgsl from "./softmax_rows.wgsl" with { type: "text" };

/**
 * Softmax and logsumexp at a temperature T of each gradient row, shifted by the row's largest value:
 * `probabilities` is (rows, stride), exp(z/T) / Σ exp(z/T), zero in the padding; `logSumExp` is
 * (rows), T · log Σ exp(z/T), the soft maximum that comes near the largest value as T falls.
 * `values` (rows, stride) are logits or action values. One that is {@link FORBIDDEN} has no part in a
 * row and the probability 0; a row has at least one other.
 */
export const softmaxRows = defineKernel({
  name: "softmax_rows",
  wgsl,
  buffers: { values: "read", probabilities: "write", logSumExp: "write" },
  numbers: {
    actions: "u32",
    stride: "u32",
    temperature: "f32",
    inverseTemperature: "f32",
  },
  ownRows: ["values", "probabilities", "logSumExp"],
  scalars: ["logSumExp"],
  threads: { rows: ROWS.gradient, fourRows: () => 4 },
  example: ({ actions, rowCapacity, choose }) => {
    const temperature = choose([1, 0.01, 3]);
    return {
      numbers: {
        actions,
        stride: padded(actions),
        temperature,
        inverseTemperature: 1 / temperature,
      },
      buffers: {
        values: matrix(
          rowCapacity,
          actions,
          choose([0, 1]) ? "masked" : "tensor",
        ),
        probabilities: matrix(rowCapacity, actions),
        logSumExp: vector(rowCapacity),
      },
    };
  },
  run({ values, probabilities, logSumExp }, numbers, plan) {
    const { actions, stride, temperature, inverseTemperature } = numbers;
    const { fround } = Math;
    for (let r = 0; r < plan.gradientRows; r++) {
      const row = r * stride;
      let largest = FORBIDDEN;
      for (let a = 0; a < actions; a++) {
        const value = values[row + a];
        if (value === FORBIDDEN) continue;
        if (largest === FORBIDDEN || value > largest) largest = value;
      }
      const weight = (a: number) =>
        values[row + a] === FORBIDDEN
          ? 0
          : exp(fround(fround(values[row + a] - largest) * inverseTemperature));
      let sum = 0;
      for (let a = 0; a < actions; a++) sum = fround(sum + weight(a));
      const scale = recip(sum);
      for (let a = 0; a < stride; a++) {
        probabilities[row + a] = a < actions
          ? flush(fround(weight(a) * scale))
          : 0;
      }
      const soft = fround(log(sum) * temperature);
      logSumExp[r] = flush(fround(largest + soft));
    }
  },
});

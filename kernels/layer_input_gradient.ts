/** Reference of `layer_input_gradient`. @module */
import { matrix } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { quads } from "./padding.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./layer_input_gradient.wgsl" with { type: "text" };

/**
 * Gradient of a dense layer's input, through the ReLU that produced it:
 * `gradient = (outputGradient · Wᵀ)` where `activation > 0`, else 0, on the gradient rows.
 *
 * `outputGradient` is (rows, outputStride), `transposed` is (outputs, inputStride), `activation`
 * and `gradient` are (rows, inputStride). The sum runs over the outputs in ascending order.
 */
export const layerInputGradient = defineKernel({
  name: "layer_input_gradient",
  wgsl,
  buffers: {
    outputGradient: "read",
    transposed: "read",
    activation: "read",
    gradient: "write",
  },
  numbers: { outputs: "u32", inputStride: "u32", outputStride: "u32" },
  vec4: ["outputGradient", "transposed", "activation", "gradient"],
  ownRows: ["outputGradient", "activation", "gradient"],
  extents: ({ outputs, inputStride }) => ({
    transposed: outputs * inputStride,
  }),
  threads: {
    rows: ROWS.gradient,
    fourRows: ({ inputStride }) => quads(inputStride),
  },
  example: ({ inputs, outputs, rowCapacity }) => ({
    numbers: {
      outputs,
      inputStride: padded(inputs),
      outputStride: padded(outputs),
    },
    buffers: {
      outputGradient: matrix(rowCapacity, outputs),
      transposed: matrix(outputs, inputs),
      activation: matrix(rowCapacity, inputs),
      gradient: matrix(rowCapacity, inputs),
    },
  }),
  run({ outputGradient, transposed, activation, gradient }, numbers, plan) {
    const { outputs, inputStride, outputStride } = numbers;
    const { fround } = Math;
    const sum = new Float32Array(inputStride);
    for (let r = 0; r < plan.gradientRows; r++) {
      sum.fill(0);
      for (let o = 0; o < outputs; o++) {
        const g = outputGradient[r * outputStride + o];
        if (g === 0) continue; // exact: x + 0·w never changes x
        for (let i = 0; i < inputStride; i++) {
          sum[i] += fround(g * transposed[o * inputStride + i]);
        }
      }
      for (let i = 0; i < inputStride; i++) {
        const at = r * inputStride + i;
        gradient[at] = activation[at] > 0 ? flush(sum[i]) : 0;
      }
    }
  },
});

/** Reference of `layer_weight_gradient`. @module */
import { matrix } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { quads } from "./padding.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./layer_weight_gradient.wgsl" with { type: "text" };

/**
 * Gradient of a dense layer's parameters: `gradient = inputᵀ · outputGradient`, and for the bias
 * the sum of `outputGradient`, over the gradient rows in ascending order.
 *
 * `input` is (rows, inputStride), `outputGradient` is (rows, outputStride), `gradient` is
 * (inputs + 1, outputStride) with the bias last, laid out as the parameters are.
 */
export const layerWeightGradient = defineKernel({
  name: "layer_weight_gradient",
  wgsl,
  buffers: { input: "read", outputGradient: "read", gradient: "write" },
  numbers: { inputs: "u32", inputStride: "u32", outputStride: "u32" },
  vec4: ["input", "outputGradient", "gradient"],
  // The layers' gradients lie side by side in one buffer.
  extents: ({ inputs, outputStride }) => ({
    gradient: (inputs + 1) * outputStride,
  }),
  threads: {
    elements: ({ inputs, outputStride }) =>
      quads(inputs + 1) * quads(outputStride),
  },
  example: ({ inputs, outputs, rowCapacity }) => ({
    numbers: {
      inputs,
      inputStride: padded(inputs),
      outputStride: padded(outputs),
    },
    buffers: {
      input: matrix(rowCapacity, inputs),
      outputGradient: matrix(rowCapacity, outputs),
      gradient: matrix(inputs + 1, outputs),
    },
  }),
  run(
    { input, outputGradient, gradient },
    { inputs, inputStride, outputStride },
    plan,
  ) {
    const { fround } = Math;
    const sum = new Float32Array(outputStride);
    for (let i = 0; i <= inputs; i++) {
      sum.fill(0);
      for (let r = 0; r < plan.gradientRows; r++) {
        const x = i < inputs ? input[r * inputStride + i] : 1;
        if (x === 0) continue; // exact: x + 0·w never changes x
        for (let o = 0; o < outputStride; o++) {
          sum[o] += fround(x * outputGradient[r * outputStride + o]);
        }
      }
      for (let o = 0; o < outputStride; o++) {
        gradient[i * outputStride + o] = flush(sum[o]);
      }
    }
  },
});

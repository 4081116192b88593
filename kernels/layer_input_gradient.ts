/** Reference of `layer_input_gradient`. @module */
import type { Kernel } from "./kernel.ts";
import { flush } from "./portable.ts";

/**
 * Gradient of a dense layer's input, through the ReLU that made the input:
 * `gradient = (outputGradient · Wᵀ)` where `activation > 0`, else 0, on the gradient rows.
 *
 * `outputGradient` is (rows, outputStride), `transposed` is (outputs, inputStride), `activation`
 * and `gradient` are (rows, inputStride). The sum runs over the outputs in ascending order.
 */
export const layerInputGradient: Kernel<
  "outputGradient" | "transposed" | "activation" | "gradient",
  "outputs" | "inputStride" | "outputStride"
> = {
  name: "layer_input_gradient",
  buffers: {
    outputGradient: "read",
    transposed: "read",
    activation: "read",
    gradient: "write",
  },
  numbers: { outputs: "u32", inputStride: "u32", outputStride: "u32" },
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
};

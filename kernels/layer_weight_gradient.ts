/** Reference of `layer_weight_gradient`. @module */
import type { Kernel } from "./kernel.ts";
import { flush } from "./portable.ts";

/**
 * Gradient of a dense layer's parameters: `gradient = inputᵀ · outputGradient`, and for the bias
 * the sum of `outputGradient`, over the gradient rows in ascending order.
 *
 * `input` is (rows, inputStride), `outputGradient` is (rows, outputStride), `gradient` is
 * (inputs + 1, outputStride) with the bias last, laid out as the parameters are.
 */
export const layerWeightGradient: Kernel<
  "input" | "outputGradient" | "gradient",
  "inputs" | "inputStride" | "outputStride"
> = {
  name: "layer_weight_gradient",
  buffers: { input: "read", outputGradient: "read", gradient: "write" },
  numbers: { inputs: "u32", inputStride: "u32", outputStride: "u32" },
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
};

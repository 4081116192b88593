/** Reference of `transpose`. @module */
import type { Kernel } from "./kernel.ts";

/**
 * Transposes a layer's weights for the input gradient: `parameters` is (inputs + 1, outputStride),
 * of which the bias row is left out; `output` is (outputs, inputStride), zero in the padding.
 */
export const transpose: Kernel<
  "parameters" | "output",
  "inputs" | "outputs" | "inputStride" | "outputStride"
> = {
  name: "transpose",
  buffers: { parameters: "read", output: "write" },
  numbers: {
    inputs: "u32",
    outputs: "u32",
    inputStride: "u32",
    outputStride: "u32",
  },
  run({ parameters, output }, { inputs, outputs, inputStride, outputStride }) {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputStride; i++) {
        output[o * inputStride + i] = i < inputs
          ? parameters[i * outputStride + o]
          : 0;
      }
    }
  },
};

/** Reference of `transpose`. @module */
import { matrix } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { quads } from "./padding.ts";
import { padded } from "./padding.ts";
import wgsl from "./transpose.wgsl" with { type: "text" };

/**
 * Transposes a layer's weights for the input gradient: `parameters` is (inputs + 1, outputStride),
 * of which the bias row is left out; `output` is (outputs, inputStride), zero in the padding.
 */
export const transpose = defineKernel({
  name: "transpose",
  wgsl,
  buffers: { parameters: "read", output: "write" },
  numbers: {
    inputs: "u32",
    outputs: "u32",
    inputStride: "u32",
    outputStride: "u32",
  },
  vec4: ["output"],
  threads: {
    elements: ({ outputs, inputStride }) => outputs * quads(inputStride),
  },
  example: ({ inputs, outputs }) => ({
    numbers: {
      inputs,
      outputs,
      inputStride: padded(inputs),
      outputStride: padded(outputs),
    },
    buffers: {
      parameters: matrix(inputs + 1, outputs),
      output: matrix(outputs, inputs),
    },
  }),
  run({ parameters, output }, { inputs, outputs, inputStride, outputStride }) {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputStride; i++) {
        output[o * inputStride + i] = i < inputs
          ? parameters[i * outputStride + o]
          : 0;
      }
    }
  },
});

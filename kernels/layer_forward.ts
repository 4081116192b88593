/** Reference of `layer_forward`. @module */
import { matrix } from "./example.ts";
import { defineKernel, rowRange, ROWS } from "./kernel.ts";
import { quads } from "./padding.ts";
import { padded } from "./padding.ts";
import { flush } from "./portable.ts";
import wgsl from "./layer_forward.wgsl" with { type: "text" };

/**
 * A dense layer, `output = relu?(input · W + b)`, on the rows that `rows` names.
 *
 * `input` is (rows, inputStride), `output` is (rows, outputStride). `parameters` is
 * (inputs + 1, outputStride): W by input, and b as the last row. The sum runs over the inputs in
 * ascending order and takes b last.
 */
export const layerForward = defineKernel({
  name: "layer_forward",
  wgsl,
  buffers: { input: "read", parameters: "read", output: "write" },
  numbers: {
    rows: "u32",
    inputs: "u32",
    inputStride: "u32",
    outputStride: "u32",
    relu: "u32",
  },
  vec4: ["input", "parameters", "output"],
  ownRows: ["input", "output"],
  extents: ({ inputs, outputStride }) => ({
    parameters: (inputs + 1) * outputStride,
  }),
  threads: {
    rows: "given",
    fourRows: ({ outputStride }) => quads(outputStride),
  },
  example: ({ inputs, outputs, rowCapacity, choose }) => ({
    numbers: {
      rows: choose(Object.values(ROWS)),
      inputs,
      inputStride: padded(inputs),
      outputStride: padded(outputs),
      relu: choose([0, 1]),
    },
    buffers: {
      input: matrix(rowCapacity, inputs),
      parameters: matrix(inputs + 1, outputs),
      output: matrix(rowCapacity, outputs),
    },
  }),
  run({ input, parameters, output }, numbers, plan) {
    const { inputs, inputStride, outputStride, relu } = numbers;
    const { fround } = Math;
    const [first, end] = rowRange(numbers.rows, plan);
    const sum = new Float32Array(outputStride);
    for (let r = first; r < end; r++) {
      sum.fill(0);
      for (let i = 0; i < inputs; i++) {
        const x = input[r * inputStride + i];
        if (x === 0) continue; // exact: x + 0·w never changes x
        for (let o = 0; o < outputStride; o++) {
          sum[o] += fround(x * parameters[i * outputStride + o]);
        }
      }
      for (let o = 0; o < outputStride; o++) {
        const y = fround(sum[o] + parameters[inputs * outputStride + o]);
        output[r * outputStride + o] = flush(relu && !(y > 0) ? 0 : y);
      }
    }
  },
});

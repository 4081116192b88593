/** Reference of `copy`. @module */
import { vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { quads } from "./padding.ts";
import { padded } from "./padding.ts";
import wgsl from "./copy.wgsl" with { type: "text" };

/** Copies `count` elements: the hard update of the target network. */
export const copy = defineKernel({
  name: "copy",
  wgsl,
  buffers: { input: "read", output: "write" },
  numbers: { count: "u32" },
  vec4: ["input", "output"],
  threads: { elements: ({ count }) => quads(count) },
  example: ({ inputs, outputs }) => {
    const count = padded(inputs * outputs);
    return {
      numbers: { count },
      buffers: { input: vector(count), output: vector(count) },
    };
  },
  run({ input, output }, { count }) {
    output.set(input.subarray(0, count));
  },
});

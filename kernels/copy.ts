/** Reference of `copy`. @module */
import type { Kernel } from "./kernel.ts";

/** Copies `count` elements: the hard update of the target network. */
export const copy: Kernel<"input" | "output", "count"> = {
  name: "copy",
  buffers: { input: "read", output: "write" },
  numbers: { count: "u32" },
  run({ input, output }, { count }) {
    output.set(input.subarray(0, count));
  },
};

/** `deno bench --allow-read bench/layer_forward_bench.ts` @module */
import { benchKernel } from "./kernel_case.ts";

await benchKernel("layer_forward");

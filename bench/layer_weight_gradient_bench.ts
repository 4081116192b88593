/** `deno bench --allow-read bench/layer_weight_gradient_bench.ts` @module */
import { benchKernel } from "./kernel_case.ts";

await benchKernel("layer_weight_gradient");

/** `deno bench --allow-read bench/transpose_bench.ts` @module */
import { benchKernel } from "./kernel_case.ts";

await benchKernel("transpose");

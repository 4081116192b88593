/** `deno bench --allow-read bench/softmax_rows_bench.ts` @module */
import { benchKernel } from "./kernel_case.ts";

await benchKernel("softmax_rows");

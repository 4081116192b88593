/** `deno bench --allow-read bench/adam_bench.ts` @module */
import { benchKernel } from "./kernel_case.ts";

await benchKernel("adam");

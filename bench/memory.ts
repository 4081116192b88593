/**
 * Peak memory and time of opening and training on a million transitions of 64 numbers that do not
 * repeat, beside the size of the columns. `--transitions N` and `--inputs D` change the size.
 *
 *     deno run --allow-read bench/memory.ts --algorithm bc
 *     deno run --allow-read bench/memory.ts --algorithm cql
 *
 * @module
 */
import { parseArgs } from "node:util";
import { wasmBackend } from "../src/backends/wasm.ts";
import { distinctDataset } from "./distinct_dataset.ts";
import { type Algorithm, benchTask } from "./seed42.ts";

const { values } = parseArgs({
  options: {
    algorithm: { type: "string", default: "cql" },
    transitions: { type: "string", default: "1000000" },
    inputs: { type: "string", default: "64" },
  },
});
const STEPS = 500;
const MIB = 2 ** 20;

/** The most memory that the process has had, in MiB (Linux), or what it has now. */
function peak(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024;
  } catch {
    return Deno.memoryUsage().rss / MIB;
  }
}

const before = peak();
const dataset = distinctDataset(
  Number(values.transitions),
  Number(values.inputs),
  1,
);
const columns = Object.values(dataset)
  .filter((column) => ArrayBuffer.isView(column))
  .reduce((bytes, column) => bytes + column.byteLength, 0) / MIB;
console.log(
  `runtime ${before.toFixed(0)} MiB; columns ${
    columns.toFixed(0)
  } MiB; with them ${peak().toFixed(0)} MiB`,
);
const algorithm = values.algorithm as Algorithm;
const start = performance.now();
const task = benchTask(algorithm, STEPS, { dataset });
const prepared = performance.now();
const session = await wasmBackend().open(task);
const opened = performance.now();
await session.run(STEPS);
const ended = performance.now();
await session.close();
const above = peak() - before;
console.log(
  `${algorithm}: prepared in ${(prepared - start).toFixed(0)} ms, opened in ${
    (opened - prepared).toFixed(0)
  } ms, ${((ended - opened) / STEPS).toFixed(2)} ms a step; peak ${
    above.toFixed(0)
  } MiB above the runtime, ${(above / columns).toFixed(2)} times the columns`,
);

/**
 * For the benchmarks of single kernels: a learner's memory in the midst of training on the seed-42
 * data, and one of the step's calls on it, on the reference and on wasm with one thread.
 *
 * @module
 */
import { KERNELS } from "../kernels/mod.ts";
import { planStep } from "../kernels/plan.ts";
import { wasmBackend } from "../src/backends/wasm.ts";
import { learnerMemory, PAGE } from "../src/backends/wasm_memory.ts";
import { withMemorySize } from "../src/backends/wasm_memory_size.ts";
import { benchTask } from "./seed42.ts";

const WARM_UP = 4000;

/**
 * Declares the benchmark of the largest of the step's calls of a kernel, on both backends.
 * @param describe What it does, given the call's numbers and the plan's rows.
 */
export async function benchKernel(kernel: string): Promise<void> {
  const trained = await wasmBackend().open(benchTask("cql", WARM_UP + 1));
  await trained.run(WARM_UP);
  const task = {
    ...benchTask("cql", WARM_UP + 1),
    state: await trained.read(),
  };
  await trained.close();
  const { memory, map } = learnerMemory(task, 1);
  const bytes = await Deno.readFile(
    new URL("../kernels/kernels.wasm", import.meta.url),
  );
  const pages = memory.buffer.byteLength / PAGE;
  const { exports } = new WebAssembly.Instance(
    await WebAssembly.compile(withMemorySize(bytes, pages)),
    { env: { memory } },
  );
  const { layout } = task.plan;
  const words = new Uint32Array(memory.buffer, map.plans[0], layout.stride);
  task.plan.fill(words, WARM_UP, 1);
  const run = (index: number) =>
    (exports[map.step.kernels[index]] as CallableFunction)(
      map.step.arguments[index][0],
      map.plans[0],
      map.wholes[0],
    );
  const calls = task.program.step;
  calls.forEach((_, index) => run(index));

  const size = (index: number) =>
    Object.values(calls[index].numbers).reduce((a, b) => a * Math.max(1, b), 1);
  const index = calls.map((_, i) => i)
    .filter((i) => calls[i].kernel === kernel)
    .sort((a, b) => size(b) - size(a))[0];
  const { buffers, numbers } = calls[index];
  const views = Object.fromEntries(
    Object.entries(buffers).map(([name, { buffer, offset }]) => {
      const { length } = task.program.buffers.find((b) => b.name === buffer)!;
      const address = map.buffers[buffer][0];
      const all = new Float32Array(memory.buffer, address, length);
      return [name, all.slice(offset)];
    }),
  );
  const plan = planStep(layout, words.slice(), 0);
  const group = `${kernel} ${
    JSON.stringify(numbers)
  }, ${plan.rowCount} rows, ${plan.gradientRows} with a gradient`;
  Deno.bench({ name: "wasm", group, baseline: true }, () => run(index));
  Deno.bench({ name: "reference", group }, () => {
    KERNELS[kernel].run(views, numbers, plan);
  });
}

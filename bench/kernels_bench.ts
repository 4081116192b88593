/**
 * Every kernel of the two algorithms' steps in the midst of training on the seed-42 data: the largest
 * of the step's calls, on wasm with one thread and on the reference.
 *
 *     deno bench --allow-read bench/kernels_bench.ts [--filter NAME]
 *
 * @module
 */
import { KERNELS } from "../kernels/mod.ts";
import { planStep } from "../kernels/plan.ts";
import { wasmBackend } from "../src/backends/wasm.ts";
import { learnerMemory, PAGE } from "../src/backends/wasm_memory.ts";
import { withMemorySize } from "../src/backends/wasm_memory_size.ts";
import { type Algorithm, benchTask } from "./seed42.ts";

const WARM_UP = 4000;

const bytes = await Deno.readFile(
  new URL("../kernels/kernels.wasm", import.meta.url),
);

/** Declares the benchmarks of an algorithm's kernels but for those named. @returns The names of all. */
async function benchKernels(
  algorithm: Algorithm,
  but: readonly string[],
): Promise<readonly string[]> {
  const trained = await wasmBackend().open(benchTask(algorithm, WARM_UP + 1));
  await trained.run(WARM_UP);
  const task = {
    ...benchTask(algorithm, WARM_UP + 1),
    state: await trained.read(),
  };
  await trained.close();
  const { memory, map } = learnerMemory(task, 1);
  const pages = memory.buffer.byteLength / PAGE;
  const { exports } = new WebAssembly.Instance(
    await WebAssembly.compile(withMemorySize(bytes, pages)),
    { env: { memory } },
  );
  const { layout } = task.plan;
  const words = new Uint32Array(memory.buffer, map.plans[0], layout.stride);
  task.plan.fill(words, WARM_UP, 1);
  const plan = planStep(layout, words.slice(), 0);
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
  const kernels = [...new Set(map.step.kernels)];
  for (const kernel of kernels) {
    if (but.includes(kernel)) continue;
    const index = calls.map((_, i) => i)
      .filter((i) => calls[i].kernel === kernel)
      .sort((a, b) => size(b) - size(a))[0];
    const { buffers, numbers } = calls[index];
    const views = Object.fromEntries(
      Object.entries(buffers).map(([name, { buffer, offset }]) => {
        const spec = task.program.buffers.find((b) => b.name === buffer);
        const [address, length] = buffer === "observations"
          ? [map.observations, task.observations.length]
          : spec
          ? [map.buffers[buffer][0], spec.length]
          : [map.stepLosses[0], map.terms];
        const all = new Float32Array(memory.buffer, address, length);
        return [name, all.slice(offset)];
      }),
    );
    const group = `${kernel} ${
      JSON.stringify(numbers)
    }, ${plan.rowCount} rows, ${plan.gradientRows} with a gradient`;
    Deno.bench({ name: `${kernel}, wasm`, group, baseline: true }, () => {
      run(index);
    });
    Deno.bench({ name: `${kernel}, reference`, group }, () => {
      KERNELS[kernel].run(views, numbers, plan);
    });
  }
  return kernels;
}

await benchKernels("bc", await benchKernels("cql", []));

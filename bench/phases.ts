/**
 * Where the time of a step goes: each kernel's time on one thread, and the phases between barriers
 * as two threads share them, run in turn on one core. The sum of each phase's longer
 * share is what a step takes on two idle cores, but for the barriers; it can be measured on a busy
 * machine too. Times are the 12th percentile of {@link STEPS} steps, in microseconds.
 *
 *     deno run --allow-read bench/phases.ts
 *
 * @module
 */
import { wasmBackend } from "../src/backends/wasm.ts";
import { learnerMemory, PAGE } from "../src/backends/wasm_memory.ts";
import { withMemorySize } from "../src/backends/wasm_memory_size.ts";
import { fillSweep } from "../src/dataset/minibatch_plan.ts";
import { type Algorithm, benchTask } from "./seed42.ts";

const STEPS = 400;

const bytes = await Deno.readFile(
  new URL("../kernels/kernels.wasm", import.meta.url),
);

type KernelExport = (call: number, plan: number, share: number) => void;

/** Times [phase][thread][call] in microseconds, of steps after `warmUp`. */
async function phaseTimes(
  algorithm: Algorithm,
  warmUp: number,
  threads: number,
): Promise<{ kernel: string; time: number }[][][]> {
  const trained = await wasmBackend().open(benchTask(algorithm, warmUp));
  await trained.run(warmUp);
  const task = {
    ...benchTask(algorithm, warmUp + STEPS),
    state: await trained.read(),
  };
  await trained.close();
  const { memory, map } = learnerMemory(task, threads);
  const { exports } = new WebAssembly.Instance(
    await WebAssembly.compile(
      withMemorySize(bytes, memory.buffer.byteLength / PAGE),
    ),
    { env: { memory } },
  );
  const kernelOf = (name: string) => exports[name] as KernelExport;
  const { layout } = task.plan;
  const sweep = new Uint32Array(
    memory.buffer,
    map.sweepPlans[0],
    layout.stride,
  );
  for (let row = 0; row < map.tableRows; row += layout.rowCapacity) {
    const count = Math.min(layout.rowCapacity, map.tableRows - row);
    fillSweep(layout, sweep, 1, row, count);
    map.sweep.kernels.forEach((name, i) =>
      kernelOf(name)(
        map.sweep.arguments[i][0],
        map.sweepPlans[0],
        map.wholes[0],
      )
    );
  }
  const words = new Uint32Array(memory.buffer, map.plans[0], layout.stride);
  const { kernels, phases, arguments: calls } = map.step;
  const times = phases.map((phase) =>
    map.parts.map(() => phase.map(() => new Float64Array(STEPS)))
  );
  for (let s = 0; s < STEPS; s++) {
    task.plan.fill(words, warmUp + s, 1);
    phases.forEach((phase, p) =>
      map.parts.forEach((share, thread) =>
        phase.forEach((call, k) => {
          const start = performance.now();
          kernelOf(kernels[call])(calls[call][0], map.plans[0], share);
          times[p][thread][k][s] = 1000 * (performance.now() - start);
        })
      )
    );
  }
  return phases.map((phase, p) =>
    map.parts.map((_, thread) =>
      phase.map((call, k) => ({
        kernel: kernels[call],
        time: times[p][thread][k].sort()[STEPS >> 3],
      }))
    )
  );
}

const total = (calls: readonly { time: number }[]) =>
  calls.reduce((sum, { time }) => sum + time, 0);

for (
  const [algorithm, warmUp] of [
    ["bc", 4000],
    ["bc", 15_000],
    ["cql", 4000],
    ["cql", 30_000],
  ] as [Algorithm, number][]
) {
  console.log(`\n${algorithm} after ${warmUp} steps`);
  const alone = (await phaseTimes(algorithm, warmUp, 1)).flatMap(([calls]) =>
    calls
  );
  for (const { kernel, time } of alone) {
    console.log(`  ${kernel.padEnd(22)} ${time.toFixed(1).padStart(7)}`);
  }
  console.log(`  one thread ${total(alone).toFixed(0)}`);
  const shared = (await phaseTimes(algorithm, warmUp, 2)).map((threads) =>
    threads.map(total)
  );
  console.log(
    `  two threads ${
      shared.map((phase) => phase.map((t) => t.toFixed(0)).join("/")).join(
        ", ",
      )
    }; longer shares ${
      shared.reduce((sum, phase) => sum + Math.max(...phase), 0).toFixed(0)
    }`,
  );
}

/**
 * What a training step is on a GPU: its dispatches, and the bytes that they read and write, for every algorithm
 * at the default size (2-256-256-4, batch 256), one run, all rows of a minibatch distinct. In a dispatch each
 * part of a buffer is counted once for reading and once for writing, and not for reading what the dispatch
 * itself wrote. Beside it, what it would be with a dispatch for each call.
 *
 *     deno run --allow-read bench/dispatches.ts
 *
 * @module
 */
import { KERNELS } from "../kernels/mod.ts";
import type { Program } from "../src/algorithms/program.ts";
import { NETWORK_NAMES } from "../src/algorithms/index.ts";
import { randomTask } from "../src/backends/random_task.ts";
import { mapMemory } from "../src/backends/webgpu_memory.ts";
import { stages } from "../src/backends/webgpu_stages.ts";

/** WebGPU promises eight storage buffers, of which two are the plan and the arguments. */
const MEMORIES = 6;

/** Bytes that a dispatch of these calls, in this order, reads and writes. */
function bytesOf(program: Program, indices: readonly number[]): number {
  const { rowCapacity } = program.plan;
  const lengths = new Map(
    program.buffers.map(({ name, length }) => [name, length]),
  );
  /** Elements of a view, of which a step looks up no more than its rows if it is a table. */
  const elementsOf = (buffer: string, offset: number): number => {
    const length = lengths.get(buffer) ??
      program.tables.find(({ name }) => name === buffer)?.length ??
      program.tableRows * program.networks[0].layout.layers[0].inputs;
    const isTable = !lengths.has(buffer) || buffer.endsWith("Table");
    return isTable
      ? Math.min(length, length / program.tableRows * rowCapacity)
      : length - offset;
  };
  const written = new Set<string>();
  const read = new Set<string>();
  let elements = 0;
  for (const index of indices) {
    const { kernel, buffers, numbers } = program.step[index];
    const definition = KERNELS[kernel];
    const extents = definition.extents?.(numbers);
    for (const [name, { buffer, offset }] of Object.entries(buffers)) {
      if (buffer === "losses") continue;
      const key = `${buffer}+${offset}`;
      const length = extents?.[name] ?? elementsOf(buffer, offset);
      const access = definition.buffers[name];
      if (access !== "write" && !written.has(key) && !read.has(key)) {
        read.add(key);
        elements += length;
      }
      if (access !== "read" && !written.has(key)) {
        written.add(key);
        elements += length;
      }
    }
  }
  return 4 * elements;
}

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

const columns = [
  ["calls", 6],
  ["MiB", 7],
  ["dispatches", 11],
  ["MiB", 6],
  ["software", 10],
] as const;
console.log(
  "algorithm".padEnd(40),
  ...columns.map(([name, width]) => name.padStart(width)),
);
for (const algorithm of [...NETWORK_NAMES, "fqe"] as const) {
  const hasCritics = ["cql", "dqn", "doubleDqn"].includes(algorithm);
  for (
    const critics of hasCritics
      ? [
        undefined,
        { criticCount: 3, quantiles: 0, risk: 1 },
        { criticCount: 1, quantiles: 32, risk: 0.1 },
      ]
      : [undefined]
  ) {
    for (const interval of [1000, 1]) {
      const { program } = randomTask(
        {
          algorithm,
          inputs: 2,
          hidden: [256, 256],
          actions: 4,
          batchSize: 256,
          runs: 1,
          interval,
          episodes: 300,
          critics,
        },
        1,
        1,
      );
      if (interval === 1000 && program.targetUpdateInterval === 0) continue;
      const shared = ["observations", ...program.tables.map((t) => t.name)];
      const { places } = mapMemory(
        program,
        1,
        new Map(shared.map((name) => [name, 1])),
        Infinity,
      );
      const made = (waits: boolean) =>
        stages(
          program.step,
          program.plan,
          (name) => places.get(name)!.memory,
          MEMORIES,
          waits,
        );
      const bytes = made(true).reduce(
        (sum, { calls }) =>
          sum + bytesOf(program, calls.map(({ index }) => index)),
        0,
      );
      const before = program.step.reduce(
        (sum, _, index) => sum + bytesOf(program, [index]),
        0,
      );
      const values = [
        program.step.length,
        mebibytes(before),
        made(true).length,
        mebibytes(bytes),
        made(false).length,
      ];
      const { criticCount = 1, quantiles = 0 } = critics ?? {};
      console.log(
        [
          algorithm,
          ...(criticCount > 1 ? [`${criticCount} critics`] : []),
          ...(quantiles > 0 ? [`${quantiles} quantiles`] : []),
          ...(program.sweep.length > 0 ? ["target table"] : []),
        ].join(", ").padEnd(40),
        ...values.map((value, i) => String(value).padStart(columns[i][1])),
      );
    }
  }
}

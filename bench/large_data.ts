/**
 * Data larger than memory: what a step costs from disk and in memory, and the largest memory of the
 * process (Linux).
 *
 *     deno run -A bench/large_data.ts write FILE.safetensors TRANSITIONS
 *     deno run -A bench/large_data.ts disk|memory FILE.safetensors
 *
 * `write` makes random observations of 8 numbers that do not repeat, in episodes of 100 steps. The other two
 * train CQL of the tutorial's size for 768 steps on the wasm backend, after 256 that are not counted.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import { configureAlgorithm } from "../src/algorithms/index.ts";
import { wasmBackend } from "../src/backends/wasm.ts";
import { openDataset } from "../src/dataset/formats/dataset_file.ts";
import {
  datasetMetadata,
  datasetTensors,
} from "../src/dataset/formats/safetensors.ts";
import { openStoredDataset } from "../src/dataset/formats/stored_safetensors.ts";
import { writeAll } from "../src/files/atomic.ts";
import { safetensorsHeader } from "../src/files/safetensors.ts";
import { prepareTask } from "../src/training/task.ts";

const SIZE = 8;
const ACTIONS = 4;
const LENGTH = 100;

/** Writes the file, a million elements at a time. */
function write(path: string, transitions: number): void {
  const episodes = transitions / LENGTH;
  const { header, ordered } = safetensorsHeader(
    datasetTensors({
      observationSize: SIZE,
      actionCount: ACTIONS,
      transitions,
      episodes,
      hasAllowed: false,
      hasPropensities: false,
      hasOutcomes: false,
    }),
    datasetMetadata({ actionCount: ACTIONS }),
  );
  using file = Deno.openSync(path, { write: true, createNew: true });
  writeAll(file, header);
  let state = 1;
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const isLast = (i: number) => i % LENGTH === LENGTH - 1;
  const columns: Record<string, (i: number) => number> = {
    observations: random,
    actions: () => Math.floor(random() * ACTIONS),
    rewards: (i) => isLast(i) ? random() : 0,
    terminated: (i) => isLast(i) && i % (2 * LENGTH) < LENGTH ? 1 : 0,
    truncated: (i) => isLast(i) && i % (2 * LENGTH) >= LENGTH ? 1 : 0,
    episode_offsets: (e) => e * LENGTH,
  };
  const kinds = {
    F32: Float32Array,
    I32: Int32Array,
    U32: Uint32Array,
    U8: Uint8Array,
  };
  for (const { tensorName, dtype, shape } of ordered) {
    const total = shape.reduce((product, n) => product * n, 1);
    for (let first = 0; first < total; first += 1e6) {
      const length = Math.min(1e6, total - first);
      const piece = new kinds[dtype as keyof typeof kinds](length);
      for (let i = 0; i < length; i++) {
        piece[i] = columns[tensorName](first + i);
      }
      writeAll(file, new Uint8Array(piece.buffer));
    }
  }
}

function peakMegabytes(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)![1]) * 1024 / 1e6);
}

const [command, path, transitions] = Deno.args;
if (command === "write") write(path, Number(transitions));
else {
  const begun = performance.now();
  const dataset = command === "disk"
    ? openStoredDataset(path)
    : await openDataset(path);
  const opened = performance.now();
  const { task } = prepareTask(
    { hidden: [256, 256], encoder: "none" },
    configureAlgorithm("cql", { steps: 1024 }),
    [{ seed: 0, member: 0, dataset }],
    true,
  );
  const session = await wasmBackend().open(task);
  await session.run(256);
  const start = performance.now();
  const used = cpuUsage();
  await session.run(1024);
  const end = performance.now();
  const { user, system } = cpuUsage(used);
  await session.close();
  console.log(
    `${command}: opened in ${
      ((opened - begun) / 1000).toFixed(1)
    } s, ready in ${((start - opened) / 1000).toFixed(1)} s, ${
      ((end - start) / 768).toFixed(2)
    } ms a step (${
      ((user + system) / 768e3).toFixed(2)
    } ms of processor), at most ${peakMegabytes()} MB`,
  );
}

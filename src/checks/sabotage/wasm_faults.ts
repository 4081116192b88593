/**
 * Faults that the wasm backend's threads and memory could have.
 *
 * @module
 */
import type { MemoryMap, TrainingMemory } from "../../backends/wasm_memory.ts";
import { calls, type Fault, memory, number, program } from "./fault.ts";

/** Words of a `Share` (kernels/share.as.ts). */
const THREAD = 0;
const THREADS = 1;

/** A fault of the map that workers get. */
function map(name: string, change: (map: MemoryMap) => Partial<MemoryMap>) {
  return memory(name, ({ memory, map }) => ({
    memory,
    map: { ...map, ...change(map) },
  }));
}

/** A fault of the share of the last thread. */
function share(name: string, word: number, change: (value: number) => number) {
  return memory(name, ({ memory, map }: TrainingMemory) => {
    const words = new Uint32Array(memory.buffer, map.parts.at(-1)!, 2);
    words[word] = change(words[word]);
    return { memory, map };
  });
}

const together = ({ phases, ...list }: MemoryMap["step"]) => ({
  ...list,
  phases: [phases.flat()],
});

const nothing = { calls: [], kernels: [], arguments: [], phases: [] };

/** The catalogue. */
export const WASM_FAULTS: readonly Fault[] = [
  map("no barrier within a step", ({ step }) => ({ step: together(step) })),
  map("the barrier before the last phase missed", ({ step }) => ({
    step: {
      ...step,
      phases: [...step.phases.slice(0, -2), step.phases.slice(-2).flat()],
    },
  })),
  map("phases in the wrong order", ({ step }) => ({
    step: { ...step, phases: step.phases.toReversed() },
  })),
  map("the last phase lost", ({ step }) => ({
    step: { ...step, phases: step.phases.slice(0, -1) },
  })),
  share(
    "two threads with the same share of rows",
    THREAD,
    (thread) => thread - 1,
  ),
  share(
    "a share of rows for one thread more",
    THREADS,
    (threads) => threads + 1,
  ),
  memory("two threads with the same share where not all work", (right) => {
    const { memory, map } = right;
    const words = new Uint32Array(memory.buffer, map.fewer.at(-1)!.at(-1)!, 1);
    words[THREAD]--;
    return right;
  }),
  map("no target update", () => ({ targetUpdateInterval: 0 })),
  map("target updates one step late", ({ targetUpdateInterval }) => ({
    targetUpdateInterval: targetUpdateInterval && targetUpdateInterval + 1,
  })),
  map("no sweep", () => ({ sweep: nothing })),
  map("the sweep's last rows lost", ({ tableRows }) => ({
    tableRows: tableRows - 1,
  })),
  map("losses of the first run for all", ({ stepLosses }) => ({
    stepLosses: stepLosses.map(() => stepLosses[0]),
  })),
  map("the last run not computed", ({ runs, step }) => ({
    step: {
      ...step,
      arguments: step.arguments.map((of) =>
        of.with(runs - 1, of[Math.max(0, runs - 2)])
      ),
    },
  })),
  program(
    "target update removed",
    (right) => ({ ...right, targetUpdate: [] }),
    "wasm",
  ),
  calls("scatter dropped", "scatter_rows", () => [], "wasm"),
  calls("masks dropped", "mask_rows", () => [], "wasm"),
  number("action noise ignored", "q_samples", "uniformShare", () => 0, "wasm"),
  number("Adam's epsilon 0", "adam", "epsilon", () => 0, "wasm"),
];

/**
 * The reference backend: plain TypeScript on typed arrays. Slow and readable; what it computes is
 * the definition that the other backends are tested against.
 *
 * @module
 */
import { KERNELS } from "../../kernels/mod.ts";
import { type PlanStep, planStep } from "../../kernels/plan.ts";
import type { BufferSpec, Call } from "../algorithms/program.ts";
import { fillSweep } from "../dataset/minibatch_plan.ts";
import {
  type Backend,
  gibibytes,
  tableLength,
  type TrainingSession,
  type TrainingTask,
} from "./backend.ts";

const MOST_BYTES = 2 ** 32;

/** The reference backend. */
export const referenceBackend: Backend = {
  name: "reference",
  description: "plain TypeScript, one thread",
  shortage({ program, runs }) {
    const sum = (buffers: readonly BufferSpec[]) =>
      buffers.reduce((sum, { length }) => sum + length, 0);
    const bytes = 4 *
      (runs * sum(program.buffers) + tableLength(program) +
        sum(program.tables));
    return bytes > MOST_BYTES
      ? `${gibibytes(bytes)}, and the reference backend takes at most 4`
      : null;
  },
  open: (task) => Promise.resolve(openTraining(task)),
};

function openTraining(
  { program, observations, tables = {}, plan, state }: TrainingTask,
): TrainingSession {
  const { runs } = state;
  const { layout } = plan;
  const terms = program.lossTerms.length;
  let step = state.step;
  const words = new Uint32Array(runs * layout.stride);
  const losses = new Float32Array(runs * terms);
  const lengths = Object.fromEntries(
    program.buffers.map(({ name, length }) => [name, length]),
  );
  const arrays = Object.fromEntries(
    program.buffers.map(({ name, length }) => [
      name,
      state.buffers[name]?.slice() ?? new Float32Array(runs * length),
    ]),
  );

  function argument(name: string, offset: number, run: number): Float32Array {
    if (name === "observations") return observations;
    if (Object.hasOwn(tables, name)) return tables[name];
    if (name === "losses") {
      return losses.subarray(run * terms, (run + 1) * terms);
    }
    return arrays[name].subarray(
      run * lengths[name] + offset,
      (run + 1) * lengths[name],
    );
  }

  function execute(calls: readonly Call[]): void {
    for (let run = 0; run < runs; run++) {
      const minibatch: PlanStep = planStep(layout, words, run * layout.stride);
      for (const { kernel, buffers, numbers } of calls) {
        const views = Object.fromEntries(
          Object.entries(buffers).map((
            [key, v],
          ) => [key, argument(v.buffer, v.offset, run)]),
        );
        KERNELS[kernel].run(views, numbers, minibatch);
      }
    }
  }

  function sweep(): void {
    if (program.sweep.length === 0) return;
    for (
      let first = 0;
      first < program.tableRows;
      first += layout.rowCapacity
    ) {
      const count = Math.min(layout.rowCapacity, program.tableRows - first);
      fillSweep(layout, words, runs, first, count);
      execute(program.sweep);
    }
  }

  sweep();
  // Of all calls of run together: many short ones must not keep signals out.
  let pause = performance.now();
  return {
    async run(to) {
      const all = new Float32Array((to - step) * runs * terms);
      for (let made = 0; step < to; made++) {
        plan.fill(words, step, 1);
        execute(program.step);
        all.set(losses, made * runs * terms);
        step++;
        if (
          program.targetUpdateInterval > 0 &&
          step % program.targetUpdateInterval === 0
        ) {
          execute(program.targetUpdate);
          sweep();
        }
        if (performance.now() - pause > 100) {
          // Let timers and signals through.
          await new Promise((resolve) => setTimeout(resolve, 0));
          pause = performance.now();
        }
      }
      return all;
    },
    read() {
      const buffers = Object.fromEntries(
        program.state.map((name) => [name, arrays[name].slice()]),
      );
      return Promise.resolve({ step, runs, buffers });
    },
    close: () => Promise.resolve(),
  };
}

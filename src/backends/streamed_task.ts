/**
 * A training whose rows come with the plans that they are for, as where data stay on disk.
 *
 * @module
 */
import { PLAN_HEADER } from "../../kernels/plan.ts";
import type { TrainingTask } from "./backend.ts";

/**
 * The same training, with tables of twice as many rows. Each block of plans brings all rows anew, each time in
 * another order, into the half that the block before does not read. Not for programs whose sweep or host reads
 * tables by their rows.
 */
export function streamedTask(task: TrainingTask): TrainingTask {
  const { program, plan, observations } = task;
  const { tableRows } = program;
  const { runs, layout } = plan;
  const right = Object.entries({ ...task.tables, observations });
  const twice = (table: Float32Array) => {
    const both = new Float32Array(2 * table.length);
    both.set(table);
    both.set(table, table.length);
    return both;
  };
  const { observations: all, ...tables } = Object.fromEntries(
    right.map(([name, table]) => [name, twice(table)]),
  );
  const changing = { ...tables, observations: all };
  let blocks = 0;
  return {
    ...task,
    program: {
      ...program,
      tableRows: 2 * tableRows,
      tables: program.tables.map(({ name, length }) => ({
        name,
        length: 2 * length,
      })),
    },
    observations: all,
    tables,
    plan: {
      ...plan,
      fill(words, from, steps) {
        plan.fill(words, from, steps);
        const first = blocks % 2 * tableRows;
        blocks++;
        const placeOf = (row: number) => first + (row + blocks) % tableRows;
        for (const [name, table] of right) {
          const width = table.length / tableRows;
          for (let row = 0; row < tableRows; row++) {
            changing[name as keyof typeof changing].set(
              table.subarray(row * width, (row + 1) * width),
              placeOf(row) * width,
            );
          }
        }
        for (let i = 0; i < steps * runs; i++) {
          const rows = words.subarray(
            i * layout.stride + layout.rows,
            i * layout.stride + layout.rows +
              words[i * layout.stride + PLAN_HEADER.rowCount],
          );
          rows.set(rows.map(placeOf));
        }
        return { first, count: tableRows };
      },
    },
  };
}

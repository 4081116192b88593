/**
 * What the determinism check trains of every algorithm. It needs no file, so it runs in a browser as well.
 *
 * @module
 */
import { allGoldenTrainings } from "../backends/golden.ts";
import type { ComparedTask } from "./determinism.ts";

/**
 * Trainings of every algorithm on small random data, several runs in one: with tables of target values and
 * without, with masks, ties, several critics and quantiles.
 */
export function smallTrainings(steps: number): ComparedTask[] {
  return allGoldenTrainings({
    hidden: [17, 9],
    batchSize: 100,
    steps,
    // Eight runs are a thread's own, three are shared among threads.
    lookups: {
      table: { runs: 8, interval: 4 },
      step: { runs: 3, interval: 2 },
    },
  });
}

import { deepEqual, equal } from "node:assert/strict";
import { studyCells } from "../../src/study/config.ts";
import {
  measurePopulation,
  populationFor,
} from "../../src/study/population.ts";
import { study } from "./small_study.ts";

/** Seconds of a step by the number of cells side by side. */
const asked = (times: Record<number, number | null>) => {
  const counts: number[] = [];
  return {
    counts,
    seconds: (count: number) => {
      counts.push(count);
      return Promise.resolve(times[count]);
    },
  };
};

Deno.test("cells side by side are doubled while that shortens the time of each by a tenth", async () => {
  const gpu = asked({ 1: 1, 2: 1, 4: 1.5, 8: 2.7, 16: 5.3 });
  deepEqual(await populationFor(100, gpu.seconds), {
    together: 8,
    measured: [[1, 1], [2, 0.5], [4, 0.375], [8, 0.3375], [16, 0.33125]],
  });
  const core = asked({ 1: 1, 2: 2 });
  equal((await populationFor(100, core.seconds)).together, 1);
  deepEqual(core.counts, [1, 2]);
  // No more than there are, and what does not fit ends it.
  const few = asked({ 1: 1, 2: 1, 3: 1 });
  equal((await populationFor(3, few.seconds)).together, 3);
  deepEqual(few.counts, [1, 2, 3]);
  const full = asked({ 1: 1, 2: 1, 4: null });
  equal((await populationFor(64, full.seconds)).together, 2);
  deepEqual(full.counts, [1, 2, 4]);
  equal((await populationFor(5, asked({ 1: null }).seconds)).together, 1);
});

Deno.test("a kind of cells is measured; what trains nothing, and one alone, is not", async () => {
  const of = (name: string) =>
    studyCells(study).filter(({ policy }) => policy === name);
  const { together, measured } = await measurePopulation(
    study,
    of("bc"),
    {},
    "reference",
  );
  equal(measured.some(([count]) => count === together), true);
  deepEqual(measured.slice(0, 2).map(([count]) => count), [1, 2]);
  for (const cells of [of("references"), of("bc").slice(0, 1)]) {
    deepEqual(await measurePopulation(study, cells, {}, "reference"), {
      together: 1,
      measured: [],
    });
  }
});

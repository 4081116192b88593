import { deepEqual, equal, throws } from "node:assert/strict";
import { planLayout, planStep } from "../../kernels/plan.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { distinctRows } from "../../src/dataset/distinct_rows.ts";
import { fillSweep, planSource } from "../../src/dataset/minibatch_plan.ts";

/** Two episodes over observations 0, 1, 2, …; the first terminates, the second is truncated. */
const dataset: Dataset = {
  observationSize: 1,
  actionCount: 2,
  observations: Float32Array.of(0, 1, 2, 3, 1, 4, 5),
  actions: Int32Array.of(0, 1, 0, 1, 0),
  rewards: Float32Array.of(1, 2, 3, 4, 5),
  terminated: Uint8Array.of(0, 0, 1, 0, 0),
  truncated: Uint8Array.of(0, 0, 0, 0, 1),
  episodeOffsets: Uint32Array.of(0, 3, 5),
};
const rows = distinctRows(dataset.observations, 1);

function plan(
  samples: number[],
  discount: number,
  bootstrapOnTruncation: boolean,
  of = dataset,
) {
  const layout = planLayout(samples.length, 2 * samples.length);
  const source = planSource(layout, [{
    dataset: of,
    rowOf: rows.rowOf,
    tableRows: rows.count,
    rewardScale: 0.5,
    discount,
    bootstrapOnTruncation,
    draw: (out) => out.set(samples),
  }], [{
    stepSize: Float32Array.of(0.25, 0.125),
    secondMomentScale: Float32Array.of(2, 4),
  }]);
  const words = new Uint32Array(layout.stride);
  source.fill(words, 0, 1);
  const step = planStep(layout, words, 0);
  return {
    ...step,
    rows: [...step.rows.subarray(0, step.rowCount)],
    offsets: [...step.offsets.subarray(0, step.gradientRows + 1)],
  };
}

Deno.test("equal observations are one row, in the order of first appearance", () => {
  equal(rows.count, 6);
  deepEqual([...rows.rowOf], [0, 1, 2, 3, 1, 4, 5]);
  deepEqual([...rows.observations], [0, 1, 2, 3, 4, 5]);
  // The bits decide: -0 is another observation than 0.
  equal(distinctRows(Float32Array.of(0, -0), 1).count, 2);
});

Deno.test("rows are grouped: observations, both, next observations; samples by row", () => {
  // Transitions 1 (1 -> 2), 3 (1 -> 4), 0 (0 -> 1), 2 (2 -> end).
  const step = plan([1, 3, 0, 2], 0.5, true);
  deepEqual(step.rows, [0, 1, 2, 4]);
  equal(step.nextStart, 1);
  equal(step.gradientRows, 3);
  deepEqual([...step.sampleRow], [1, 1, 0, 2]);
  deepEqual([...step.sampleNextRow], [2, 3, 1, 0]);
  deepEqual(step.offsets, [0, 1, 3, 4]);
  deepEqual([...step.samples], [2, 0, 1, 3]);
  deepEqual([...step.actions], [1, 1, 0, 0]);
  deepEqual([...step.rewards], [1, 2, 0.5, 1.5]);
  deepEqual([...step.discounts], [0.5, 0.5, 0.5, 0]);
  equal(step.stepSize, 0.25);
  equal(step.secondMomentScale, 2);
});

Deno.test("a truncated step bootstraps, or is terminal where learning does not", () => {
  deepEqual(plan([4], 0.5, true).rows, [4, 5]);
  deepEqual([...plan([4], 0.5, true).discounts], [0.5]);
  deepEqual(plan([4], 0.5, false).rows, [4]);
  deepEqual([...plan([4], 0.5, false).discounts], [0]);
  // An episode that just stops is treated like one that a limit cut.
  const stopped = { ...dataset, truncated: new Uint8Array(5) };
  deepEqual([...plan([4], 0.5, true, stopped).discounts], [0.5]);
  deepEqual([...plan([4], 0.5, false, stopped).discounts], [0]);
  // Where a limit falls on a terminated step, nothing follows.
  const both = { ...dataset, terminated: Uint8Array.of(0, 0, 1, 0, 1) };
  deepEqual([...plan([4], 0.5, true, both).discounts], [0]);
});

Deno.test("without a discount no next observation is used", () => {
  const step = plan([0, 1], 0, true);
  deepEqual(step.rows, [0, 1]);
  deepEqual([step.nextStart, step.gradientRows], [2, 2]);
});

Deno.test("plans come in order; those before a resumption are skipped, never repeated", () => {
  const layout = planLayout(1, 2);
  let drawn = 0;
  const source = planSource(layout, [{
    dataset,
    rowOf: rows.rowOf,
    tableRows: rows.count,
    rewardScale: 1,
    discount: 0,
    bootstrapOnTruncation: true,
    draw: (out) => out[0] = drawn++,
  }], [{
    stepSize: new Float32Array(4),
    secondMomentScale: new Float32Array(4),
  }]);
  const words = new Uint32Array(layout.stride);
  source.fill(words, 3, 1);
  equal(planStep(layout, words, 0).rewards[0], 4);
  throws(() => source.fill(words, 2, 1), /plan of step 3 was already made/);
});

Deno.test("a sweep lists table rows and no samples", () => {
  const layout = planLayout(2, 4);
  const words = new Uint32Array(2 * layout.stride);
  fillSweep(layout, words, 2, 4, 2);
  for (const run of [0, 1]) {
    const step = planStep(layout, words, run * layout.stride);
    deepEqual([step.rowCount, step.gradientRows], [2, 0]);
    deepEqual([...step.rows.subarray(0, 2)], [4, 5]);
  }
});

import { equal, ok } from "node:assert/strict";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { dataModel } from "../../src/evaluation/model_value.ts";

/** Two episodes 0 -> 1 -> end: action 0 then 0 (returns 1 + 2), and action 1, which ends with -3. */
const dataset: Dataset = {
  observationSize: 1,
  actionCount: 2,
  observations: Float32Array.of(0, 1, 9, 0, 9),
  actions: Int32Array.of(0, 0, 1),
  rewards: Float32Array.of(1, 2, -3),
  terminated: Uint8Array.of(0, 1, 1),
  truncated: Uint8Array.of(0, 0, 0),
  episodeOffsets: Uint32Array.of(0, 2, 3),
};

Deno.test("half an imaginary visit ends each pair with the lowest reward", () => {
  const { value, rows } = dataModel(dataset, 0.5, true);
  // What the episodes ended in is not a row of the model.
  equal(rows.count, 2);
  // V(1) = (2 + 0.5 · -3) / 1.5; V(0) = (1 + 0.5 · V(1) + 0.5 · -3) / 1.5.
  const atOne = (2 - 1.5) / 1.5;
  const wanted = (1 + 0.5 * atOne - 1.5) / 1.5;
  ok(Math.abs(value(Int32Array.of(0, 0)) - wanted) < 1e-9);
  // Action 1 in 0 was seen once, with -3.
  ok(Math.abs(value(Int32Array.of(1, 0)) - -3) < 1e-9);
});

Deno.test("a pair without data is worth the lowest reward", () => {
  const { value } = dataModel(dataset, 0.5, true);
  // In 1, action 1 was never taken: V(1) = -3.
  const wanted = (1 + 0.5 * -3 - 1.5) / 1.5;
  ok(Math.abs(value(Int32Array.of(0, 1)) - wanted) < 1e-9);
});

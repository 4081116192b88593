import assert from "node:assert/strict";
import {
  countModel,
  countObservations,
} from "../../../src/algorithms/tabular/counted_model.ts";
import { spibbPolicy } from "../../../src/algorithms/tabular/spibb.ts";
import type { Dataset } from "../../../src/dataset/dataset.ts";
import { InputError } from "../../../src/errors.ts";
import { mdpRows } from "../../../src/mdp/build.ts";

// Three episodes over the observations 7, 8 and 9: 7 -1-> 8 -0-> end, 7 -1-> 8 -1-> 9 cut, 8 -0-> end.
const log: Dataset = {
  observationSize: 1,
  actionCount: 3,
  observations: Float32Array.of(7, 8, 0, 7, 8, 9, 8, 0),
  actions: Int32Array.of(1, 0, 1, 1, 0),
  rewards: Float32Array.of(0, 2, 0, -1, 4),
  terminated: Uint8Array.of(0, 1, 0, 0, 1),
  truncated: Uint8Array.of(0, 0, 0, 1, 0),
  episodeOffsets: Uint32Array.of(0, 2, 4, 5),
};

/** Outcomes of a pair: probability, next state, reward, what happens. */
function outcomes(
  { model }: ReturnType<typeof countObservations>,
  pair: number,
): number[][] {
  const [first, end] = model.outcomeOffsets.subarray(pair, pair + 2);
  return Array.from({ length: end - first }, (_, k) => [
    model.probability[first + k],
    model.nextState[first + k],
    model.reward[first + k],
    model.outcome[first + k],
  ]);
}

Deno.test("a log is counted in its distinct observations", () => {
  const counted = countObservations(log);
  const { model, counts, baseline } = counted;
  assert.deepEqual([...model.observations], [7, 8, 9]);
  assert.deepEqual([...model.start], [2 / 3, 1 / 3, 0]);
  assert.equal(model.horizon, null);
  assert.deepEqual([...counts], [0, 2, 0, 2, 1, 0, 0, 0, 0]);
  const third = 1 / 3;
  assert.deepEqual(
    [...baseline],
    [0, 1, 0, 2 / 3, third, 0, third, third, third],
  );
  assert.deepEqual(outcomes(counted, 1), [[1, 1, 0, 0]]);
  assert.deepEqual(outcomes(counted, 3), [[1, 1, 3, 1]]);
  assert.deepEqual(outcomes(counted, 4), [[1, 2, -1, 0]]);
});

Deno.test("the last step of a cut episode ends where learning does not look beyond it", () => {
  const counted = countObservations(log, { bootstrapOnTruncation: false });
  assert.deepEqual(outcomes(counted, 4), [[1, 2, -1, 1]]);
  assert.deepEqual(outcomes(counted, 3), [[1, 1, 3, 1]]);
});

Deno.test("an observation with another mask is another state; nothing forbidden is in the baseline", () => {
  const may = [[1, 1, 0], [1, 1, 0], [1, 1, 1]];
  const allowed = Uint8Array.from(
    [may[0], may[1], may[2], may[0], may[2], [0, 0, 1], may[1], may[2]].flat(),
  );
  const { model, counts, baseline } = countObservations({ ...log, allowed });
  assert.deepEqual([...model.observations], [7, 8, 8, 9]);
  assert.deepEqual([...model.allowed!], [1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1]);
  assert.deepEqual([...counts], [0, 2, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0]);
  assert.deepEqual([...baseline.slice(6)], [0, 1, 0, 0, 0, 1]);
});

Deno.test("the states are the world's where it is known, and so may be the behaviour policy", () => {
  const rows = mdpRows(4, 3);
  for (const state of [0, 1, 2]) {
    for (const action of [0, 1, 2]) {
      rows.add(state, action, {
        probability: 1,
        nextState: 3,
        reward: 0,
        outcome: 1,
      });
    }
  }
  const world = {
    stateCount: 4,
    actionCount: 3,
    ...rows.finish(),
    outcomes: [{ name: "out", ends: true, unsafe: false }],
    start: Float64Array.of(1, 0, 0, 0),
    horizon: 5,
    discount: 1,
    observations: Float32Array.of(9, 8, 7, 0),
    observationSize: 1,
  };
  const counted = countModel(log, world);
  assert.deepEqual([...counted.counts.slice(3, 9)], [2, 1, 0, 0, 2, 0]);
  assert.deepEqual([...counted.baseline.slice(3, 9)], [
    2 / 3,
    1 / 3,
    0,
    0,
    1,
    0,
  ]);
  const behaviour = Float64Array.from(
    [0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 0, 0, 0],
  );
  const known = countModel(log, world, { behaviour });
  assert.deepEqual(known.counts, counted.counts);
  assert.deepEqual([...known.baseline.slice(0, 9)], [
    ...behaviour.slice(0, 9),
  ]);
  // In 8, action 0 was seen twice and may have its own and nothing else's share.
  const policy = spibbPolicy(known, 0.9, 2);
  assert.deepEqual([...policy.slice(3, 9)], [0.5, 0.25, 0.25, 0.5, 0.25, 0.25]);
  // Both that were seen share theirs: 3 is better than -1.
  assert.deepEqual([...spibbPolicy(known, 0.9, 1).slice(3, 6)], [
    0.75,
    0,
    0.25,
  ]);
  assert.throws(
    () => countModel(log, world, { behaviour: new Float64Array(3) }),
    InputError,
  );
});

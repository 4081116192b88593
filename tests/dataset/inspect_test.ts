import assert from "node:assert/strict";
import { inspectDataset } from "../../src/dataset/inspect.ts";
import { readSeed42 } from "./seed42.ts";
import { smallDataset } from "./small.ts";

Deno.test("inspectDataset: the numbers of the seed-42 data that are known elsewhere", () => {
  const report = inspectDataset(readSeed42().dataset);
  assert.equal(report.episodes, 500);
  assert.equal(report.transitions, 16_753);
  assert.equal(report.distinctObservations, 212);
  assert.equal(report.duplicateRate, 1 - 212 / 16_753);
  assert.equal(report.return.mean.toFixed(3), "-17.606");
  assert.deepEqual(report.ends, {
    terminated: 500,
    truncated: 0,
    both: 0,
    none: 0,
  });
  assert.deepEqual(report.actionCounts, [7471, 7395, 945, 942]);
  assert.deepEqual(report.suspicious, []);
});

Deno.test("inspectDataset: a small data set, counted by hand", () => {
  const data = smallDataset();
  const report = inspectDataset({ ...data, actionCount: 5 });
  assert.deepEqual(report.length, {
    min: 1,
    mean: 2,
    max: 3,
    std: Math.sqrt(2 / 3),
  });
  assert.equal(report.return.min, -102);
  assert.equal(report.return.max, 49);
  assert.equal(report.reward.max, 50);
  assert.deepEqual(report.actionCounts, [2, 3, 1, 0, 0]);
  assert.deepEqual(report.ends, {
    terminated: 1,
    truncated: 1,
    both: 0,
    none: 1,
  });
  assert.equal(report.distinctObservations, 6);
  assert.equal(report.duplicateRate, 0);
  assert.equal(report.coverage, 6 / 30);
  assert.equal(report.observations[1].min, -0.5);
  assert.equal(report.observations[0].max, 6);
  assert.deepEqual(report.suspicious, [
    "never taken: actions 3, 4",
    "no end: 1 of 3 episodes neither terminated nor truncated",
  ]);
});

Deno.test("inspectDataset: pairs and repeats, and everything else that is suspicious", () => {
  const report = inspectDataset({
    observationSize: 2,
    actionCount: 2,
    observations: Float32Array.of(1, 200, 1, 200, 1, 200, 1, -3),
    actions: Int32Array.of(1, 1),
    rewards: Float32Array.of(2, 2),
    terminated: Uint8Array.of(0, 0),
    truncated: Uint8Array.of(1, 1),
    episodeOffsets: Uint32Array.of(0, 1, 2),
  });
  assert.equal(report.distinctObservations, 1);
  assert.equal(report.duplicateRate, 0.5);
  assert.equal(report.coverage, 0.5);
  assert.deepEqual(report.suspicious, [
    "never taken: action 0",
    "no episode is terminated",
    "every reward is 2",
    "the same in every observation: number 0",
    "large (beyond ±100), so scale observations: number 1",
    "every episode has one transition",
  ]);
});

Deno.test("inspectDataset: outcomes and propensities, where the data have them", () => {
  const data = {
    observationSize: 1,
    actionCount: 2,
    observations: Float32Array.of(0, 1, 0, 1, 0, 1),
    actions: Int32Array.of(0, 1, 1),
    rewards: Float32Array.of(1, 2, 3),
    terminated: Uint8Array.of(1, 1, 1),
    truncated: new Uint8Array(3),
    episodeOffsets: Uint32Array.of(0, 1, 2, 3),
  };
  const report = inspectDataset({
    ...data,
    outcomes: { names: ["death", "home"], ofEpisode: Uint8Array.of(2, 0, 2) },
    propensities: Float64Array.of(0.25, 0.75, 0.5),
  });
  assert.deepEqual(report.outcomes, [
    { name: "death", episodes: 0 },
    { name: "home", episodes: 2 },
  ]);
  assert.equal(report.propensity?.min, 0.25);
  assert.equal(report.propensity?.mean, 0.5);
  const plain = inspectDataset(data);
  assert.ok(!("outcomes" in plain) && !("propensity" in plain));
});

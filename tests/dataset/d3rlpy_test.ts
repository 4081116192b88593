import assert from "node:assert/strict";
import {
  datasetFromD3rlpy,
  datasetToD3rlpy,
} from "../../src/dataset/formats/d3rlpy.ts";
import { summariseDataset } from "../../src/dataset/summary.ts";
import { gridworldMdp } from "../../src/environments/gridworld.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { readSeed42 } from "./seed42.ts";
import { refusal } from "./refusal.ts";
import { smallDataset } from "./small.ts";

const dump = Deno.readFileSync(
  new URL("../fixtures/d3rlpy/gridworld_seed42.h5", import.meta.url),
);

Deno.test("d3rlpy: a dump of the real library reads to its 500 episodes", async () => {
  const dataset = await datasetFromD3rlpy(dump, "dump");
  const { dataset: known } = readSeed42();
  assert.equal(dataset.actions.length, 16_753);
  assert.equal(dataset.episodeOffsets.length, 501);
  assert.equal(dataset.observationSize, 2);
  assert.equal(dataset.actionCount, 4);
  for (
    const column of [
      "actions",
      "rewards",
      "terminated",
      "truncated",
      "episodeOffsets",
    ] as const
  ) assert.deepEqual(dataset[column], known[column], column);
  // The dump has no final observations: there the last one stands twice.
  const expected = known.observations.slice();
  for (let e = 0; e < 500; e++) {
    const final = 2 * (known.episodeOffsets[e + 1] + e);
    expected.copyWithin(final, final - 2, final);
  }
  assert.deepEqual(dataset.observations, expected);

  // Then only its last reward shows whether an episode found the goal.
  const { goalRate, hazardRate } = summariseDataset(
    dataset,
    gridworldMdp(readSeed42().world),
  );
  assert.equal(goalRate, 383 / 500);
  assert.equal(hazardRate, 117 / 500);

  const written = await datasetToD3rlpy(dataset);
  assert.deepEqual(await datasetFromD3rlpy(written, "again"), dataset);
});

Deno.test("d3rlpy: an episode that is not terminated ends where nothing more is known", async () => {
  const small = Deno.readFileSync(
    new URL("../fixtures/d3rlpy/small.h5", import.meta.url),
  );
  assert.deepEqual(await datasetFromD3rlpy(small, "small"), {
    observationSize: 2,
    actionCount: 3,
    observations: Float32Array.of(
      ...[0, 0, 0, 0.5, 0, 1, 0, 1],
      ...[1, 0, 1, 0.5, 1, 1, 1, 1.5],
      ...[2, 0, 2, 0.5, 2, 0.5],
    ),
    actions: Int32Array.of(0, 1, 2, 1, 2, 0, 2, 0),
    rewards: Float32Array.of(0, 1, 2, -1.5, -0.5, 0.5, -3, -2),
    terminated: Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 1),
    truncated: Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0),
    episodeOffsets: Uint32Array.of(0, 3, 6, 8),
  });
});

Deno.test("d3rlpy: equal data give equal bytes at any time", async () => {
  const first = await datasetToD3rlpy(smallDataset());
  // HDF5 keeps times in whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const second = await datasetToD3rlpy(smallDataset());
  assert.equal(sha256Hex(first), sha256Hex(second));
});

Deno.test("d3rlpy: each end of an episode comes back as d3rlpy understands it", async () => {
  const dataset = smallDataset("truncated");
  const read = await datasetFromD3rlpy(
    await datasetToD3rlpy(dataset),
    "small",
    { actionCount: 3 },
  );
  // Only the terminated episode's final observation is not kept.
  const expected = dataset.observations.slice();
  expected.copyWithin(4, 2, 4);
  assert.deepEqual(read, { ...dataset, observations: expected });
  // An episode that just stops comes back as truncated.
  const stops = await datasetFromD3rlpy(
    await datasetToD3rlpy(smallDataset("none")),
    "small",
  );
  assert.deepEqual(stops, read);
});

Deno.test("d3rlpy: the number of actions is as given, or the largest + 1", async () => {
  const bytes = await datasetToD3rlpy(smallDataset());
  assert.equal((await datasetFromD3rlpy(bytes, "d")).actionCount, 3);
  assert.equal(
    (await datasetFromD3rlpy(bytes, "d", { actionCount: 7 })).actionCount,
    7,
  );
  assert.equal(
    await refusal(() => datasetFromD3rlpy(bytes, "d", { actionCount: 2 })),
    "d: episode 0, step 1: action 2 is outside 0 … 1",
  );
});

Deno.test("d3rlpy: other files are refused in one line", async () => {
  assert.equal(
    await refusal(() => datasetFromD3rlpy(new Uint8Array(100), "d")),
    "d: not a readable HDF5 file",
  );
  assert.equal(
    await refusal(() => datasetFromD3rlpy(dump.slice(0, 500_000), "d")),
    "d: not a readable HDF5 file",
  );
  const minari = Deno.readFileSync(
    new URL("../fixtures/minari/data/main_data.hdf5", import.meta.url),
  );
  assert.equal(
    await refusal(() => datasetFromD3rlpy(minari, "d")),
    "d: Minari's data: give the data set's directory, which has metadata.json beside this file",
  );
});

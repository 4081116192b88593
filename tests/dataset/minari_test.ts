import assert from "node:assert/strict";
import {
  datasetFromMinari,
  datasetToMinari,
  type MinariFiles,
} from "../../src/dataset/formats/minari.ts";
import { refusal } from "./refusal.ts";
import { smallDataset } from "./small.ts";

const folder = new URL("../fixtures/minari/data/", import.meta.url);
const fixture: MinariFiles = {
  mainData: Deno.readFileSync(new URL("main_data.hdf5", folder)),
  metadata: Deno.readTextFileSync(new URL("metadata.json", folder)),
};

Deno.test("minari: a file as Minari writes it reads to the documented numbers", async () => {
  const dataset = await datasetFromMinari(fixture, "m");
  const lengths = [3, 2, 4, 1];
  const steps = lengths.flatMap((n, i) =>
    Array.from({ length: n }, (_, t) => [i, t])
  );
  const rows = lengths.flatMap((n, i) =>
    Array.from({ length: n + 1 }, (_, t) => [i, t + 0.1, 0 - t / 4])
  );
  assert.deepEqual(dataset, {
    observationSize: 3,
    actionCount: 5,
    observations: Float32Array.from(rows.flat()),
    actionNames: ["1", "2", "3", "4", "5"],
    actions: Int32Array.from(steps, ([i, t]) => (t + i) % 3),
    rewards: Float32Array.from(steps, ([i, t]) => 0.1 * t - i),
    terminated: Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 0, 1, 0),
    truncated: Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 1, 0),
    episodeOffsets: Uint32Array.of(0, 3, 5, 9, 10),
  });
});

Deno.test("minari: a round trip gives equal arrays and equal bytes", async () => {
  const dataset = smallDataset();
  const files = await datasetToMinari(dataset);
  const read = await datasetFromMinari(files, "m");
  assert.deepEqual(read, dataset);
  assert.deepEqual(await datasetToMinari(read), files);
  assert.deepEqual(JSON.parse(files.metadata), {
    total_episodes: 3,
    total_steps: 6,
    data_format: "hdf5",
    observation_space: '{"type": "Box", "dtype": "float32", "shape": [2], ' +
      '"low": [-Infinity, -Infinity], "high": [Infinity, Infinity]}',
    action_space: '{"type": "Discrete", "dtype": "int64", "start": 0, "n": 3}',
    dataset_id: "holdfast/dataset-v0",
    minari_version: "0.5.0",
    dataset_size: 0,
  });
});

Deno.test("minari: what is not flat and discrete is refused by name", async () => {
  const message = (change: Record<string, unknown>) => {
    const metadata = JSON.parse(fixture.metadata);
    return refusal(() =>
      datasetFromMinari({
        ...fixture,
        metadata: JSON.stringify({ ...metadata, ...change }),
      }, "m")
    );
  };
  const space = (value: unknown) => JSON.stringify(value);
  assert.equal(await message({}), "accepted");
  // Python writes NaN, which is not JSON.
  const metadata = fixture.metadata.replace("{", '{"ref_min_score": NaN,');
  await datasetFromMinari({ ...fixture, metadata }, "m");
  const twice = fixture.metadata.replace("{", '{"total_steps": 10,');
  assert.equal(
    await refusal(() =>
      datasetFromMinari({ ...fixture, metadata: twice }, "m")
    ),
    "m/metadata.json: total_steps is given twice",
  );
  assert.equal(
    await message({ action_space: '{"type": "Discrete", "n": 3, "n": 4}' }),
    "m/metadata.json: action_space: n is given twice",
  );
  const cases: [Record<string, unknown>, string][] = [
    [
      { data_format: "arrow" },
      'm/metadata.json: data_format "arrow" is not supported, only "hdf5": open the data set in Minari ' +
      'and write it again with data_format="hdf5" (create_dataset_from_buffers)',
    ],
    [
      { total_steps: 9 },
      "m/main_data.hdf5: 10 steps, but metadata.json says 9",
    ],
    [
      { total_episodes: 3 },
      "m/main_data.hdf5: 4 episodes, but metadata.json says 3",
    ],
    [
      { total_episodes: "4" },
      'm/metadata.json: total_episodes must be a positive integer, not "4"',
    ],
    [
      { observation_space: undefined },
      "m/metadata.json: no observation_space, which Minari 0.5 writes: write the data set again with it",
    ],
    [
      { observation_space: "{" },
      "m/metadata.json: observation_space: not JSON",
    ],
    [
      { observation_space: space({ type: "Dict", subspaces: {} }) },
      'm/metadata.json: observation space "Dict" is not supported, only a flat Box or Discrete',
    ],
    [
      { observation_space: space({ type: "Box", shape: [84, 84, 3] }) },
      "m/metadata.json: observations of shape [84,84,3] are not supported, only flat ones",
    ],
    [
      { observation_space: space({ type: "Box", shape: [2] }) },
      'm/main_data.hdf5: "episode_0/observations" has 4 rows of 3 numbers; ' +
      "at least 2 rows of 2 were expected",
    ],
    [
      { action_space: space({ type: "Box", shape: [6] }) },
      'm/metadata.json: action space "Box" is not supported, only Discrete: ' +
      "bin continuous actions first",
    ],
    [
      { action_space: space({ type: "MultiDiscrete", nvec: [2, 2] }) },
      'm/metadata.json: action space "MultiDiscrete" is not supported, only Discrete: ' +
      "each action must be one whole number",
    ],
    [
      { action_space: space({ type: "Discrete", n: 2, start: 1 }) },
      "m/main_data.hdf5: episode 0, step 2: action 3 is outside 1 … 2",
    ],
    [
      { action_space: space({ type: "Discrete", n: 5, start: 2 }) },
      "m/main_data.hdf5: episode 0, step 0: action 1 is outside 2 … 6",
    ],
    [
      { action_space: space({ type: "Discrete", n: 5, start: 1.5 }) },
      "m/metadata.json: the action space starts at 1.5",
    ],
  ];
  for (const [change, expected] of cases) {
    assert.equal(await message(change), expected);
  }
  assert.equal(
    await refusal(() =>
      datasetFromMinari({ ...fixture, metadata: "[1]" }, "m")
    ),
    "m/metadata.json: not a JSON object",
  );
  assert.equal(
    await refusal(() =>
      datasetFromMinari({
        ...fixture,
        mainData: fixture.mainData.slice(0, 1000),
      }, "m")
    ),
    "m/main_data.hdf5: not a readable HDF5 file",
  );
});

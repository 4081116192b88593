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
      "m/metadata.json: the observation space is empty",
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
      'm/metadata.json: action space "Box" is not supported, only Discrete, MultiDiscrete and ' +
      "MultiBinary: bin continuous actions first",
    ],
    [
      { action_space: space({ type: "MultiDiscrete", nvec: [2, 2] }) },
      'm/main_data.hdf5: "episode_0/actions" has shape [3] where 3 rows of 2 were expected',
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

const spacesFolder = new URL(
  "../fixtures/minari-spaces/data/",
  import.meta.url,
);
const spacesFiles: MinariFiles = {
  mainData: Deno.readFileSync(new URL("main_data.hdf5", spacesFolder)),
  metadata: Deno.readTextFileSync(new URL("metadata.json", spacesFolder)),
};

Deno.test("minari: Dict, Tuple, MultiDiscrete and MultiBinary are flattened, with names", async () => {
  const notes: string[] = [];
  const dataset = await datasetFromMinari(spacesFiles, "m", {
    onNote: (note) => notes.push(note),
  });
  const row = (t: number) => [
    ...[t % 2, Math.floor(t / 2) % 2, t / 8, t % 3],
    ...[t % 2, t % 3, t % 4, 2 * t, 2 * t + 1],
  ];
  assert.deepEqual(dataset, {
    observationSize: 9,
    observationNames: [
      "inner.bits_0",
      "inner.bits_1",
      "inner.x",
      "mode",
      "pair.item_0",
      "pair.item_1_0",
      "pair.item_1_1",
      "position_0",
      "position_1",
    ],
    actionCount: 6,
    actionNames: ["5,1", "5,2", "5,3", "6,1", "6,2", "6,3"],
    observations: Float32Array.from([0, 1, 2, 0, 1, 2, 3].flatMap(row)),
    actions: Int32Array.of(0, 4, 0, 4, 2),
    rewards: Float32Array.of(0, 0.5, 0, 0.5, 1),
    terminated: Uint8Array.of(0, 1, 0, 0, 0),
    truncated: Uint8Array.of(0, 0, 0, 0, 1),
    episodeOffsets: Uint32Array.of(0, 2, 5),
  });
  assert.deepEqual(notes, [
    "actions of 2 numbers are 6 actions, from 5,1 to 6,3",
  ]);
});

Deno.test("minari: spaces of names alone keep their categories, there and back", async () => {
  const change = (space: unknown): MinariFiles => ({
    ...spacesFiles,
    metadata: JSON.stringify({
      ...JSON.parse(spacesFiles.metadata),
      observation_space: JSON.stringify(space),
    }),
  });
  const inner = (subspaces: unknown) => ({
    type: "Dict",
    subspaces: { pair: { type: "Tuple", subspaces } },
  });
  const two = { type: "Discrete", n: 2 };
  const many = { type: "MultiDiscrete", nvec: [3, 4] };
  const dataset = await datasetFromMinari(change(inner([two, many])), "m");
  assert.deepEqual(dataset.observationCategories, [2, 3, 4]);
  const files = await datasetToMinari(dataset);
  assert.equal(
    JSON.parse(files.metadata).observation_space,
    '{"type": "MultiDiscrete", "dtype": "int64", "nvec": [2, 3, 4], "start": [0, 0, 0]}',
  );
  const { observationNames: _, actionNames: __, ...columns } = dataset;
  assert.deepEqual(await datasetFromMinari(files, "m"), columns);

  const below = { ...many, start: [-1, 0] };
  const message = (space: unknown) =>
    refusal(() => datasetFromMinari(change(space), "m"));
  assert.equal(await message(inner([two, below])), "accepted");
  const deep = Array.from({ length: 20 }).reduce(
    (space) => ({ type: "Tuple", subspaces: [space] }),
    two,
  );
  const supported = "is not supported, only Box, Discrete, MultiDiscrete and " +
    "MultiBinary, and Dict and Tuple of them";
  for (
    const [space, expected] of [
      [
        inner([{ type: "Text" }]),
        `m/metadata.json: observation space "Text" of "pair.item_0" ${supported}`,
      ],
      [
        inner([{ type: "Box", shape: [2, 2] }]),
        'm/metadata.json: observations of shape [2,2] of "pair.item_0" are not supported, only flat ones',
      ],
      [
        inner([]),
        "m/metadata.json: the observation space is empty",
      ],
      [
        inner({ 0: two }),
        'm/metadata.json: Tuple of "pair" without its subspaces',
      ],
      [
        inner([{ type: "MultiBinary", n: 2_000_000_000 }]),
        'm/metadata.json: observations of 2000000000 numbers of "pair.item_0" are not supported',
      ],
      [
        inner([{ ...many, start: [0] }]),
        "m/metadata.json: the observation space starts at [0]",
      ],
      [
        inner([many]),
        'm/main_data.hdf5: "episode_0/observations/pair/_index_0" has 3 rows of 1 numbers; ' +
        "at least 2 rows of 2 were expected",
      ],
      [
        { type: "Dict", subspaces: { gone: two } },
        'm/main_data.hdf5: "episode_0/observations/gone" is missing or damaged',
      ],
      [
        deep,
        'm/metadata.json: observation space "Tuple" of "item_0.item_0.',
      ],
    ] as const
  ) assert.equal((await message(space)).slice(0, expected.length), expected);
});

Deno.test("minari: what is wrong with actions of several numbers", async () => {
  const message = (space: unknown) =>
    refusal(() =>
      datasetFromMinari({
        ...spacesFiles,
        metadata: JSON.stringify({
          ...JSON.parse(spacesFiles.metadata),
          action_space: JSON.stringify(space),
        }),
      }, "m")
    );
  for (
    const [space, expected] of [
      [
        { type: "MultiDiscrete", nvec: [2, 3] },
        'm/main_data.hdf5: "episode_0/actions" has 5 at step 0, outside 0 … 1',
      ],
      [
        { type: "MultiBinary", n: 3 },
        'm/main_data.hdf5: "episode_0/actions" has shape [2, 2] where 2 rows of 3 were expected',
      ],
      [
        { type: "MultiDiscrete", nvec: [2000, 2000] },
        "m/metadata.json: actions of 2 numbers with 4000000 combinations, but at most 1000000 " +
        "actions are supported",
      ],
      [
        { type: "MultiBinary", n: 2_000_000_000 },
        "m/metadata.json: actions of 65 numbers with 36893488147419103000 combinations, but at " +
        "most 1000000 actions are supported",
      ],
      [
        { type: "MultiDiscrete", nvec: [[2], [3]] },
        "m/metadata.json: nvec of the action space must be a positive integer, not [2]",
      ],
      [
        { type: "Dict", subspaces: {} },
        'm/metadata.json: action space "Dict" is not supported, only Discrete, MultiDiscrete and ' +
        "MultiBinary: each action must be whole numbers",
      ],
    ] as const
  ) assert.equal(await message(space), expected);
});

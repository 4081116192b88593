/** Observations that are names: what says so, in memory and in files. */
import assert from "node:assert/strict";
import {
  datasetFromMinari,
  datasetToMinari,
} from "../../src/dataset/formats/minari.ts";
import {
  datasetFromSafetensors,
  datasetToSafetensors,
} from "../../src/dataset/formats/safetensors.ts";
import { readSafetensors } from "../../src/files/safetensors.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { inspectDataset } from "../../src/dataset/inspect.ts";
import { validateDataset } from "../../src/dataset/validate.ts";
import { refusal } from "./refusal.ts";

/** Two episodes in a world of 716 states. */
const named: Dataset = {
  observationSize: 1,
  actionCount: 2,
  observationCategories: [716],
  observations: Float32Array.of(3, 715, 0, 3, 1),
  actions: Int32Array.of(0, 1, 1),
  rewards: Float32Array.of(0, 1, 0),
  terminated: Uint8Array.of(0, 1, 0),
  truncated: Uint8Array.of(0, 0, 1),
  episodeOffsets: Uint32Array.of(0, 2, 3),
};

Deno.test("names: the suite's own file says how many there are, and only where there are", async () => {
  const bytes = datasetToSafetensors(named);
  assert.deepEqual(datasetFromSafetensors(bytes, "d"), named);
  assert.equal(
    readSafetensors(bytes, "d").metadata.observation_categories,
    "[716]",
  );
  const { observationCategories: _, ...plain } = named;
  assert.deepEqual(
    datasetFromSafetensors(datasetToSafetensors(plain), "d"),
    plain,
  );
  const wrong = (observationCategories: number[]) =>
    refusal(() =>
      datasetFromSafetensors(
        datasetToSafetensors({ ...named, observationCategories }),
        "d",
      )
    );
  const line =
    "d: observation_categories in its metadata is not a JSON list of 1 whole number from 1";
  for (const categories of [[], [0], [716, 2], [1.5], [2 ** 24 + 1]]) {
    assert.equal(await wrong(categories), line, `${categories}`);
  }
  assert.equal(
    await wrong([715]),
    "d: episode 0, observation 1: number 0 is 715, not a whole number from 0 to 714",
  );
});

Deno.test("names: a number that is none is refused with its place", () => {
  const wrong = (x: number, row: number) => {
    const observations = named.observations.slice();
    observations[row] = x;
    try {
      validateDataset({ ...named, observations }, "d");
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(wrong(714, 4), undefined);
  assert.equal(
    wrong(0.5, 4),
    "d: episode 1, observation 1: number 0 is 0.5, not a whole number from 0 to 715",
  );
  assert.equal(
    wrong(-1, 0),
    "d: episode 0, observation 0: number 0 is -1, not a whole number from 0 to 715",
  );
});

Deno.test("names: a Discrete space of Minari, there and back", async () => {
  const files = await datasetToMinari(named);
  assert.deepEqual(await datasetFromMinari(files, "m"), named);
  const metadata = JSON.parse(files.metadata);
  assert.equal(
    metadata.observation_space,
    '{"type": "Discrete", "dtype": "int64", "start": 0, "n": 716}',
  );
  const read = (space: Record<string, unknown>) =>
    datasetFromMinari({
      ...files,
      metadata: JSON.stringify({
        ...metadata,
        observation_space: JSON.stringify({ type: "Discrete", ...space }),
      }),
    }, "m");
  // Names keep their numbers, those below the first included.
  assert.deepEqual((await read({ n: 715, start: 1 })).observationCategories, [
    716,
  ]);
  assert.equal(
    (await read({ n: 1000, start: -2 })).observationCategories,
    undefined,
  );
  assert.equal(
    await refusal(() => read({ n: 715 })),
    "m/main_data.hdf5: episode 0, observation 1: number 0 is 715, not a whole number from 0 to 714",
  );
  assert.equal(
    await refusal(() => read({ n: 3, start: "a" })),
    'm/metadata.json: the observation space starts at "a"',
  );
});

Deno.test("names: a report says how many, and where numbers look like names", () => {
  const report = inspectDataset(named);
  assert.deepEqual(report.observationCategories, [716]);
  assert.deepEqual(report.suspicious, []);
  const { observationCategories: _, ...plain } = named;
  assert.deepEqual(inspectDataset(plain).suspicious, [
    "large (beyond ±100), so scale observations: number 0",
    "each observation is one whole number: if it is the index of a state, configure network.encoder oneHot",
  ]);
  plain.observations[0] = 0.5;
  assert.equal(inspectDataset(plain).suspicious.length, 1);
});

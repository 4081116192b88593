/** One small log through every format and form gives the same bytes, and so the same run. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Dataset } from "../../src/dataset/dataset.ts";
import {
  DATASET_FORMATS,
  openDataset,
  writeDataset,
} from "../../src/dataset/formats/dataset_file.ts";
import type { DatasetReadOptions } from "../../src/dataset/formats/read_options.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { inFolder } from "../run/small_run.ts";
import { buildHdf5, type Entry } from "./hdf5_build.ts";
import { refusal } from "./refusal.ts";

const tables = new URL("../fixtures/tables/", import.meta.url);
const logText = Deno.readTextFileSync(new URL("log.csv", tables));

/** The rows of the log as arrays, without those of final observations if `terminated` ends them. */
function arrays(dataset: Dataset) {
  const { observations, observationSize: size, episodeOffsets } = dataset;
  const rows: {
    observation: number[];
    next: number[];
    action: number;
    reward: number;
    terminated: number;
    truncated: number;
  }[] = [];
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      const row = (i + e) * size;
      rows.push({
        observation: [...observations.subarray(row, row + size)],
        next: [...observations.subarray(row + size, row + 2 * size)],
        action: dataset.actions[i],
        reward: dataset.rewards[i],
        terminated: dataset.terminated[i],
        truncated: dataset.truncated[i],
      });
    }
  }
  return rows;
}

type Row = ReturnType<typeof arrays>[number];

/** D4RL's arrays, with `next_observations` or as d3rlpy 1 has it: with one more row where cut. */
function hdf5Arrays(rows: readonly Row[], withNext: boolean) {
  const steps = withNext
    ? rows
    : rows.flatMap((row) =>
      row.truncated
        ? [{ ...row, truncated: 0 }, { ...row, observation: row.next }]
        : [row]
    );
  const n = steps.length;
  const floats = (values: number[], shape: number[]): Entry => [
    Float32Array.from(values),
    shape,
  ];
  const ends = (key: "terminated" | "truncated") =>
    Int8Array.from(steps, (step) => step[key]);
  return {
    observations: floats(steps.flatMap((s) => s.observation), [n, 2]),
    rewards: floats(steps.map((s) => s.reward), [n]),
    terminals: [ends("terminated"), [n]] as Entry,
    ...(withNext
      ? {
        actions: [Int32Array.from(steps, (s) => s.action), [n]] as Entry,
        next_observations: floats(steps.flatMap((s) => s.next), [n, 2]),
        timeouts: [ends("truncated"), [n]] as Entry,
      }
      : {
        actions: floats(steps.map((s) => s.action), [n, 1]),
        episode_terminals: floats(
          steps.map((s) => s.terminated || s.truncated),
          [n],
        ),
        discrete_action: [Int8Array.of(1), []] as Entry,
        version: "1.1.1",
      }),
  };
}

Deno.test(
  "one log through every format and form gives the same bytes",
  inFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    const hash = async (file: string, options?: DatasetReadOptions) =>
      sha256Hex(datasetToSafetensors(await openDataset(file, options)));
    Deno.writeTextFileSync(path("log.csv"), logText);
    const dataset = await openDataset(path("log.csv"));
    const expected = await hash(path("log.csv"));
    assert.equal(dataset.actions.length, 9);

    const rows = arrays(dataset);
    const cells = (row: Row) =>
      [
        ...row.observation,
        row.action,
        row.reward,
        ...row.next,
        row.terminated,
        row.truncated,
      ].join();
    const texts = {
      "semicolons.csv": logText.replaceAll(",", ";").replaceAll(".", ","),
      "tabs.tsv": logText.replaceAll(",", "\t"),
      "transitions.csv": "observation_0,observation_1,action,reward," +
        "next_observation_0,next_observation_1,terminated,truncated\n" +
        rows.map((row) => `${cells(row)}\n`).join(""),
    };
    for (const [name, text] of Object.entries(texts)) {
      Deno.writeTextFileSync(path(name), text);
      assert.equal(await hash(path(name)), expected, name);
    }
    for (const format of DATASET_FORMATS) {
      await writeDataset(path(format), dataset, format);
      assert.equal(await hash(path(format)), expected, format);
    }
    for (const withNext of [true, false]) {
      const name = withNext ? "d4rl.hdf5" : "d3rlpy1.h5";
      Deno.writeFileSync(
        path(name),
        await buildHdf5(hdf5Arrays(rows, withNext)),
      );
      assert.equal(await hash(path(name)), expected, name);
    }
    const made = [
      "steps.parquet",
      "typed.parquet",
      "transitions.parquet",
      "arrays.npz",
    ];
    for (const name of made) {
      Deno.copyFileSync(new URL(name, tables), path(name));
      assert.equal(await hash(path(name)), expected, name);
    }
    // Each packed, in two pieces after each other, as some packers leave them.
    for (const { name } of [...Deno.readDirSync(folder)]) {
      if (name === "minari") continue;
      const bytes = Deno.readFileSync(path(name));
      const middle = bytes.length >> 1;
      Deno.writeFileSync(
        path(`${name}.gz`),
        new Uint8Array([
          ...gzipSync(bytes.subarray(0, middle)),
          ...gzipSync(bytes.subarray(middle)),
        ]),
      );
      assert.equal(await hash(path(`${name}.gz`)), expected, `${name}.gz`);
    }
  }),
);

Deno.test("a Parquet file's propensities, outcomes and allowed actions", async () => {
  const path = new URL("optional.parquet", tables);
  const { propensities, outcomes, allowed } = await openDataset(
    fileURLToPath(path),
  );
  assert.deepEqual(propensities, Float64Array.of(0.1, 0.9, 0.25, 1));
  assert.deepEqual(outcomes, {
    names: ["death", "home"],
    ofEpisode: Uint8Array.of(2, 1, 0, 2),
  });
  assert.equal(allowed?.length, 16);
});

Deno.test(
  "what a file is can be said, and is checked",
  inFolder(async (folder) => {
    const path = join(folder, "log");
    Deno.writeTextFileSync(path, logText);
    await openDataset(path, { format: "csv" });
    assert.equal(
      await refusal(() => openDataset(path, { format: "parquet" })),
      `${path}: is csv, not parquet`,
    );
    Deno.copyFileSync(new URL("steps.parquet", tables), path);
    assert.equal(
      await refusal(() => openDataset(path, { decimal: "comma" })),
      `${path}: the decimal mark is given, but it is not a CSV file`,
    );
    // Columns are named in any table.
    const { observationNames } = await openDataset(path, {
      columns: { observations: ["observation_1"] },
    });
    assert.deepEqual(observationNames, ["observation_1"]);
    assert.equal(
      await refusal(() => openDataset(path, { columns: { action: "dose" } })),
      `${path}: no column "dose"; its columns are "episode", "step", "observation_0", ` +
        '"observation_1", "action", "reward", "terminated", "truncated"',
    );
    assert.equal(
      await refusal(() => openDataset(path, { columns: { action: "reward" } })),
      `${path}: 3 bad rows: row 2: "reward" is "-1.5", not an integer; row 5: "reward" is ` +
        '"-0.125", not an integer; row 6: "reward" is "0.1", not an integer',
    );
  }),
);

Deno.test(
  "packed files that are damaged, and progress",
  inFolder(async (folder) => {
    const path = join(folder, "log.gz");
    const packed = gzipSync(logText.repeat(300));
    const cut = packed.subarray(0, -9);
    Deno.writeFileSync(path, cut);
    assert.equal(
      await refusal(() => openDataset(path)),
      `${path}: packed with gzip, and damaged: unexpected end of file`,
    );
    const changed = gzipSync(logText);
    changed[changed.length - 6] ^= 1;
    Deno.writeFileSync(path, changed);
    assert.equal(
      await refusal(() => openDataset(path)),
      `${path}: packed with gzip, and damaged: incorrect data check`,
    );
    const plain = join(folder, "log.csv");
    Deno.writeTextFileSync(plain, logText);
    const seen: (number | undefined)[][] = [];
    await openDataset(plain, { onProgress: (...done) => seen.push(done) });
    assert.deepEqual(seen.at(-1), [logText.length, logText.length]);
  }),
);

import assert from "node:assert/strict";
import { actionCodes } from "../../src/dataset/action_codes.ts";
import { datasetFromCsv } from "../../src/dataset/formats/csv.ts";
import { datasetToCsv } from "../../src/dataset/formats/csv_write.ts";
import { datasetToD3rlpy } from "../../src/dataset/formats/d3rlpy.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { openWorker } from "../../src/dataset/formats/worker.ts";
import {
  type MinariSpec,
  readMinariMetadata,
} from "../../src/dataset/formats/minari_metadata.ts";
import { datasetFromNpz } from "../../src/dataset/formats/npz.ts";
import { datasetToMinari } from "../../src/dataset/formats/minari.ts";
import {
  datasetFromSafetensors,
  datasetToSafetensors,
} from "../../src/dataset/formats/safetensors.ts";
import { InputError } from "../../src/errors.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { mutate, type Mutation } from "./mutate.ts";
import { refusal } from "./refusal.ts";
import { smallDataset } from "./small.ts";

const SEED = 20;
const MUTATIONS = 2000;

/** Each takes the HDF5 library ten milliseconds. */
const HDF5_MUTATIONS = 500;

/** Some damaged files send the HDF5 library round in circles; a whole one takes a millisecond. */
const SILENCE_MS = 2000;

/**
 * Reads that many damaged copies. Each must be refused with one line, or give a sound data
 * set about which `check` has nothing to say.
 *
 * @returns How many were accepted.
 */
async function damage(
  name: string,
  original: Uint8Array,
  count: number,
  read: (bytes: Uint8Array<ArrayBuffer>) => Dataset | Promise<Dataset>,
  check: (dataset: Dataset, mutation: Mutation) => void,
): Promise<number> {
  const stream = randomStream(SEED, `test/damage/${name}`);
  let accepted = 0;
  for (let i = 0; i < count; i++) {
    const mutation = mutate(original, stream);
    const label = `${name}, seed ${SEED}, mutation ${i}: ${mutation.what}`;
    let dataset: Dataset;
    try {
      dataset = await read(mutation.bytes.slice());
    } catch (error) {
      assert(error instanceof InputError, `${label}: ${error}`);
      assert.match(error.message, /^file[/:][^\n]+$/, label);
      assert(error.message.length < 4000, label);
      continue;
    }
    accepted++;
    try {
      assertSound(dataset);
      check(dataset, mutation);
    } catch (error) {
      throw new Error(`${label}: ${(error as Error).message}`);
    }
  }
  console.log(`${name}: seed ${SEED}, ${accepted} of ${count} accepted`);
  return accepted;
}

/** What any data set must keep, written apart from the suite's own check. */
function assertSound(d: Dataset): void {
  const n = d.actions.length;
  const offsets = [...d.episodeOffsets];
  assert(n > 0 && offsets[0] === 0 && offsets.at(-1) === n);
  assert(offsets.every((o, e) => e === 0 || o > offsets[e - 1]));
  assert.equal(
    d.observations.length,
    (n + offsets.length - 1) * d.observationSize,
  );
  assert(d.observationSize > 0);
  assert(d.actions.every((a) => a >= 0 && a < d.actionCount));
  assert([...d.rewards, ...d.observations].every(Number.isFinite));
  assert.equal(d.rewards.length, n);
  for (const flags of [d.terminated, d.truncated]) {
    assert.equal(flags.length, n);
    flags.forEach((flag, i) =>
      assert(flag === 0 || (flag === 1 && offsets.includes(i + 1)))
    );
  }
}

/** Numbers that differ, of data sets of one structure. */
function differences(a: Dataset, b: Dataset): number {
  assert.deepEqual(a.episodeOffsets, b.episodeOffsets);
  assert.equal(a.observationSize, b.observationSize);
  let count = 0;
  for (
    const column of [
      "observations",
      "actions",
      "rewards",
      "terminated",
      "truncated",
    ] as const
  ) {
    // Another code renumbers the actions; what the files call them must not change with it.
    const valueOf = (d: Dataset, x: number) =>
      column === "actions" ? actionCodes(d)[x] : x;
    a[column].forEach((x, i) => {
      const same = Object.is(valueOf(a, x), valueOf(b, b[column][i]));
      count += same ? 0 : 1;
    });
  }
  return count;
}

Deno.test("damage: safetensors", async () => {
  const original = datasetToSafetensors(smallDataset());
  const accepted = await damage(
    "safetensors",
    original,
    MUTATIONS,
    (bytes) => datasetFromSafetensors(bytes, "file"),
    (dataset, { bytes }) => {
      // What was read is what the header says is there.
      const view = new DataView(bytes.buffer);
      const start = 8 + Number(view.getBigUint64(0, true));
      const text = new TextDecoder().decode(bytes.subarray(8, start));
      const header = JSON.parse(text);
      assert.equal(
        String(dataset.actionCount),
        header.__metadata__.action_count,
      );
      const columns: [string, keyof Dataset][] = [
        ["observations", "observations"],
        ["actions", "actions"],
        ["rewards", "rewards"],
        ["terminated", "terminated"],
        ["truncated", "truncated"],
        ["episode_offsets", "episodeOffsets"],
      ];
      for (const [tensor, column] of columns) {
        const [begin, end] = header[tensor].data_offsets;
        const data = dataset[column] as Float32Array;
        assert.deepEqual(
          new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
          bytes.subarray(start + begin, start + end),
        );
      }
    },
  );
  assert(accepted > 0 && accepted < MUTATIONS / 2);
});

Deno.test("damage: CSV", async () => {
  const accepted = await damage(
    "CSV",
    datasetToCsv(smallDataset()),
    MUTATIONS,
    (bytes) => datasetFromCsv(new Blob([bytes]).stream(), "file"),
    (dataset, { bytes }) => {
      const text = new TextDecoder().decode(bytes);
      if (text.includes('"')) return;
      // A damaged name is one of another column.
      const { observationNames: _, ...columns } = dataset;
      assert.deepEqual(columns, plainCsv(text));
    },
  );
  assert(accepted > 0 && accepted < MUTATIONS / 2);
});

/** Reads CSV without quotes by string functions, trusting it. */
function plainCsv(text: string): Dataset {
  const [header, ...rows] = text.split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .filter((line) => line.replaceAll(" ", "") !== "")
    .map((line) => line.split(",").map((cell) => cell.replace(/^ +| +$/g, "")));
  // The two flags are known in any case and with any punctuation.
  const names = header.map((name) => {
    const bare = name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
    return ["terminated", "truncated"].includes(bare) ? bare : name;
  });
  const usual = names.filter((name) => /^observation_\d+$/.test(name)).length;
  const observed = usual > 0
    ? Array.from({ length: usual }, (_, d) => `observation_${d}`)
    : names.slice(2, names.indexOf("action"));
  const size = observed.length;
  const cell = (row: string[], name: string) => row[names.indexOf(name)];
  const flag = (row: string[], name: string) =>
    /^\+?(1(\.0*)?|0*1(\.0*)?|true|1e[+-]?0+)$/i.test(cell(row, name) ?? "");
  const observation = (row: string[]) =>
    observed.map((name) => Number(cell(row, name)));
  const d = {
    observations: [] as number[],
    actions: [] as number[],
    rewards: [] as number[],
    terminated: [] as number[],
    truncated: [] as number[],
    offsets: [0],
  };
  rows.forEach((row, i) => {
    const next = rows[i + 1];
    const isLast = !next || cell(next, "episode") !== cell(row, "episode");
    const hasEnd = names.includes("terminated");
    const truncated = flag(row, "truncated");
    const terminated = flag(row, "terminated") ||
      !hasEnd && !truncated && (isLast || cell(next, "action") === "");
    const isFirst = i === 0 ||
      cell(rows[i - 1], "episode") !== cell(row, "episode");
    if (isFirst && isLast && !terminated) return;
    d.observations.push(...observation(row));
    if (cell(row, "action") !== "") {
      if (isLast && !terminated) {
        d.truncated[d.truncated.length - 1] = Number(truncated);
        if (truncated) d.terminated[d.terminated.length - 1] = 0;
      } else {
        d.actions.push(Number(cell(row, "action")));
        d.rewards.push(Number(cell(row, "reward")));
        d.terminated.push(Number(terminated));
        d.truncated.push(Number(truncated));
        if (isLast) d.observations.push(...observation(row));
      }
    }
    if (isLast) d.offsets.push(d.actions.length);
  });
  const codes = [...new Set(d.actions)].sort((a, b) => a - b);
  const actionNames = codes.map(String);
  return {
    observationSize: size,
    actionCount: codes.length,
    ...(codes.some((code, action) => code !== action) && { actionNames }),
    observations: Float32Array.from(d.observations),
    actions: Int32Array.from(d.actions, (code) => codes.indexOf(code)),
    rewards: Float32Array.from(d.rewards),
    terminated: Uint8Array.from(d.terminated),
    truncated: Uint8Array.from(d.truncated),
    episodeOffsets: Uint32Array.from(d.offsets),
  };
}

Deno.test("damage: d3rlpy dumps", async () => {
  const dataset = smallDataset("truncated");
  dataset.observations.copyWithin(4, 2, 4);
  const hdf5 = openWorker(SILENCE_MS);
  const read = async (bytes: Uint8Array<ArrayBuffer>) =>
    (await hdf5.run("readD3rlpy", "file", bytes, "file", undefined)).dataset;
  try {
    // In files written here HDF5 guards all but the numbers with checksums.
    await damage(
      "d3rlpy",
      await datasetToD3rlpy(dataset),
      HDF5_MUTATIONS,
      read,
      (result, { touched }) => assert(differences(result, dataset) <= touched),
    );
    // In the real library's files nothing is guarded.
    const real = Deno.readFileSync(
      new URL("../fixtures/d3rlpy/small.h5", import.meta.url),
    );
    await damage("d3rlpy by h5py", real, HDF5_MUTATIONS / 2, read, () => {});
  } finally {
    hdf5.close();
  }
});

Deno.test("damage: Parquet", async () => {
  const worker = openWorker(SILENCE_MS);
  try {
    // Of another page layout some damaged copies send the library round in circles: seen apart.
    const accepted = await damage(
      "Parquet",
      Deno.readFileSync(
        new URL("../fixtures/tables/steps.parquet", import.meta.url),
      ),
      MUTATIONS,
      async (bytes) =>
        (await worker.run("readParquet", "file", bytes, "file", {})).dataset,
      () => {},
    );
    assert(accepted > 0 && accepted < MUTATIONS / 2);
    const typed = Deno.readFileSync(
      new URL("../fixtures/tables/typed.parquet", import.meta.url),
    );
    assert.equal(
      await refusal(() =>
        worker.run("readParquet", "file", typed.fill(0, 721, 775), "file", {})
      ),
      "file: damaged: the Parquet library fails on it",
    );
  } finally {
    worker.close();
  }
});

Deno.test("damage: npz", async () => {
  const accepted = await damage(
    "npz",
    Deno.readFileSync(
      new URL("../fixtures/tables/arrays.npz", import.meta.url),
    ),
    MUTATIONS,
    (bytes) => datasetFromNpz(bytes, "file"),
    () => {},
  );
  assert(accepted < MUTATIONS / 4);
});

Deno.test("damage: Minari", async () => {
  const dataset = smallDataset();
  const { mainData } = await datasetToMinari(dataset);
  const spec = {
    episodes: 3,
    steps: 6,
    observationSize: 2,
    parts: [{ path: "", size: 2, names: [] }],
    actionCount: 3,
    actionStart: 0,
  };
  const hdf5 = openWorker(SILENCE_MS);
  const read = async (bytes: Uint8Array<ArrayBuffer>, spec: MinariSpec) =>
    (await hdf5.run("readMinari", "file", bytes, "file", spec)).dataset;
  try {
    await damage(
      "Minari",
      mainData,
      HDF5_MUTATIONS,
      (bytes) => read(bytes, spec),
      (result, { touched }) => assert(differences(result, dataset) <= touched),
    );
    const real = Deno.readFileSync(
      new URL("../fixtures/minari/data/main_data.hdf5", import.meta.url),
    );
    const realSpec = {
      episodes: 4,
      steps: 10,
      observationSize: 3,
      parts: [{ path: "", size: 3, names: [] }],
      actionCount: 5,
      actionStart: 1,
    };
    await damage(
      "Minari by h5py",
      real,
      HDF5_MUTATIONS / 2,
      (bytes) => read(bytes, realSpec),
      () => {},
    );
  } finally {
    hdf5.close();
  }
});

Deno.test("damage: Minari's metadata", async () => {
  const { metadata } = await datasetToMinari(smallDataset());
  const original = new TextEncoder().encode(metadata);
  const stream = randomStream(SEED, "test/damage/Minari metadata");
  let accepted = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const { bytes, what } = mutate(original, stream);
    const text = new TextDecoder().decode(bytes);
    const label = `Minari metadata, seed ${SEED}, mutation ${i}: ${what}`;
    let spec: MinariSpec;
    try {
      spec = readMinariMetadata(text, "file");
    } catch (error) {
      assert(error instanceof InputError, `${label}: ${error}`);
      assert.match(error.message, /^file: [^\n]+$/, label);
      continue;
    }
    accepted++;
    // Each number stands in the text under its name; the mutation may have doubled it.
    const numbers = (pattern: RegExp) =>
      [...text.matchAll(pattern)].map((match) => Number(match[1]));
    const found = {
      episodes: numbers(/"total_episodes":\s*([0-9.e+]+)/g),
      steps: numbers(/"total_steps":\s*([0-9.e+]+)/g),
      observationSize: numbers(/"shape\\": ?\[ ?([0-9.e+]+) ?\]/g),
      actionCount: numbers(/"n\\":\s*([0-9.e+]+)/g),
    };
    for (const [key, values] of Object.entries(found)) {
      assert(
        values.includes(spec[key as keyof typeof found]),
        `${label}: ${key}`,
      );
    }
  }
  console.log(`Minari metadata: seed ${SEED}, ${accepted} accepted`);
  assert(accepted > 0);
});

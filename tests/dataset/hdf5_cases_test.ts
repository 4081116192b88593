import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as h5wasm from "h5wasm";
import { datasetToD3rlpy } from "../../src/dataset/formats/d3rlpy.ts";
import { openDataset } from "../../src/dataset/formats/dataset_file.ts";
import { openWorker } from "../../src/dataset/formats/worker.ts";
import { datasetToMinari } from "../../src/dataset/formats/minari.ts";
import { buildHdf5, type Entry, i64 } from "./hdf5_build.ts";
import { refusal } from "./refusal.ts";
import { smallDataset } from "./small.ts";

const folder = fileURLToPath(new URL("../fixtures/", import.meta.url));
const bytesOf = (name: string) =>
  Deno.readFileSync(join(folder, "hdf5", `${name}.h5`));

const f32 = (...numbers: number[]) => Float32Array.from(numbers);

/** One terminated episode of a dump with the columns given. */
function dump(change: Record<string, Entry>): Promise<Uint8Array<ArrayBuffer>> {
  return buildHdf5({
    columns: ["observations", "actions", "rewards", "terminated"],
    num_episodes: [i64(1), []],
    version: "2.1",
    observations_0: [f32(1, 2, 3, 4), [2, 2]],
    actions_0: [i64(0, 1), [2, 1]],
    rewards_0: [f32(5, 6), [2, 1]],
    terminated_0: [Int8Array.of(1), []],
    ...change,
  });
}

Deno.test("HDF5: what the library refuses or cannot have is refused by name", async () => {
  const elsewhere = (file: string) =>
    `d: "observations_0" lies in another file, "${file}"; put the data into one file`;
  const claims =
    'd: "observations_0" is damaged: it claims more than the file can hold';
  const damaged =
    'd: "observations_0" is damaged: the HDF5 library refuses to read it';
  const filter = (name: string) =>
    `d: "observations_0" is packed with the filter ${name}, which is not supported; ` +
    "write it with gzip or without a filter";
  const cases: Record<string, string> = {
    sound: "accepted",
    c_gzip_bad: damaged,
    c_fletcher_bad: damaged,
    lzf: filter("lzf"),
    vds:
      'd: "observations_1" is a virtual dataset, whose numbers lie in others; ' +
      "write them into it",
    external: elsewhere("raw.bin"),
    external_device: elsewhere("/dev/urandom"),
    external_link: elsewhere("other.h5"),
    huge: claims,
    huge_chunk: claims,
    float128: 'd: "observations_0" holds numbers of 128 bits',
    enum_big_endian:
      'd: "actions_0" holds numbers in an unusual format, or is damaged',
    short_chunk:
      'd: "observations_0" is damaged: a chunk is shorter than it must be',
    nothing: 'd: "observations_0" holds nothing: neither numbers nor a shape',
  };
  const hdf5 = openWorker();
  const read = (bytes: Uint8Array<ArrayBuffer>) =>
    refusal(() => hdf5.run("readD3rlpy", "d", bytes, "d", undefined));
  try {
    for (const [name, expected] of Object.entries(cases)) {
      assert.equal(await read(bytesOf(name)), expected, name);
    }
    // gzip could do it, but not the memory.
    const long = new Uint8Array(8_000_000);
    long.set(bytesOf("huge"));
    assert.equal(
      await read(long),
      'd: "observations_0" is too large: it takes 8000000000 bytes, ' +
        "the HDF5 library has 2147483648",
    );
    // The same file, its filter's number changed: 2 bytes before the length of "lzf".
    const lzf = bytesOf("lzf");
    const others: [number, string][] = [
      [307, "bzip2"],
      [32001, "blosc"],
      [32004, "lz4"],
      [32015, "zstd"],
      [777, "number 777"],
    ];
    for (const [id, name] of others) {
      const bytes = lzf.slice();
      const view = new DataView(bytes.buffer);
      let changed = 0;
      for (let at = 0; at + 12 <= bytes.length; at += 2) {
        if (view.getUint16(at, true) !== 32000) continue;
        if (bytes[at + 8] !== 0x6c || bytes[at + 9] !== 0x7a) continue;
        view.setUint16(at, id, true);
        changed++;
      }
      assert.equal(changed, 6, "pipelines of observations and rewards");
      assert.equal(await read(bytes), filter(name));
    }
  } finally {
    hdf5.close();
  }
});

Deno.test("HDF5: numbers that were never written are zeros, not leftover memory", async () => {
  const hdf5 = openWorker();
  const read = async (name: string) =>
    (await hdf5.run("readD3rlpy", "d", bytesOf(name), "d", undefined)).dataset;
  try {
    await read("latest");
    const { observations } = await read("never_written");
    assert.deepEqual(observations, new Float32Array(42));
  } finally {
    hdf5.close();
  }
});

Deno.test("HDF5: each way of storing the same numbers reads the same", async () => {
  const t = Array.from({ length: 20 }, (_, t) => t);
  const rows = t.flatMap((t) => [t * 0.37, t % 7]);
  const expected = {
    observationSize: 2,
    actionCount: 3,
    observations: Float32Array.of(...rows, ...rows.slice(-2)),
    actions: Int32Array.from(t, (t) => t % 3),
    rewards: Float32Array.from(t, (t) => t / 8),
    terminated: Uint8Array.from(t, (t) => t === 19 ? 1 : 0),
    truncated: new Uint8Array(20),
    episodeOffsets: Uint32Array.of(0, 20),
  };
  for (
    const name of [
      "all_filters",
      "latest",
      "nbit",
      "big_endian",
      "soft_link",
      "userblock",
    ]
  ) {
    const path = join(folder, "hdf5", `${name}.h5`);
    assert.deepEqual(await openDataset(path), expected, name);
  }
  // The filter keeps three decimals, as h5py reads them too.
  const path = join(folder, "hdf5", "scaleoffset.h5");
  const { observations } = await openDataset(path);
  observations.forEach((x, i) =>
    assert(Math.abs(x - expected.observations[i]) < 0.0006)
  );
});

Deno.test("HDF5: half floats, actions stored as floats, and codes of any size", async () => {
  const half = await openDataset(join(folder, "hdf5/f16.h5"));
  assert.equal(half.observationSize, 3);
  assert.deepEqual(
    [...half.observations.slice(8, 12)],
    [-0.70361328125, -1.265625, -0.623046875, 0.04132080078125],
  );
  const floats = await openDataset(join(folder, "hdf5/actions_float64.h5"));
  assert.equal(floats.actionCount, 4);
  assert.equal(floats.actionNames, undefined);
  assert.deepEqual(floats.actions, half.actions);
  const big = await openDataset(join(folder, "hdf5/b_actbig.h5"));
  assert.deepEqual(big.actionNames, ["2147483647"]);
  assert.deepEqual(big.actions, new Int32Array(5));

  const hdf5 = openWorker();
  try {
    const bytes = await dump({
      actions_0: [
        BigInt64Array.of(-3n, 2n ** 53n - 1n),
        [2],
      ],
      observations_0: [
        // 2^60 is a 32-bit float; one more is none, and no 64-bit float either.
        BigInt64Array.of(2n ** 60n, 16_777_217n, 2n ** 60n + 1n, 7n),
        [2, 2],
      ],
    });
    const { dataset, notes } = await hdf5.run(
      "readD3rlpy",
      "d",
      bytes,
      "d",
      undefined,
    );
    assert.deepEqual(dataset.actionNames, ["-3", "9007199254740991"]);
    assert.deepEqual(
      [...dataset.observations],
      [2 ** 60, 16_777_216, 2 ** 60, 7, 2 ** 60, 7],
    );
    assert.deepEqual(notes, [
      "observation_0: 1 number rounded to 32-bit floats, the first from " +
      "1152921504606847200 to 1152921504606847000",
      "observation_1: 1 number rounded to 32-bit floats, the first from 16777217 to 16777216",
    ]);
  } finally {
    hdf5.close();
  }
});

Deno.test("HDF5: a d3rlpy episode without a transition is left out, as d3rlpy does", async () => {
  const bytes = await dump({
    num_episodes: [i64(2), []],
    observations_1: [f32(9, 9), [1, 2]],
    actions_1: [i64(7), [1, 1]],
    rewards_1: [f32(7), [1, 1]],
    terminated_1: [Int8Array.of(0), []],
  });
  const hdf5 = openWorker();
  try {
    const { dataset, notes } = await hdf5.run(
      "readD3rlpy",
      "d",
      bytes,
      "d",
      undefined,
    );
    assert.deepEqual(dataset.episodeOffsets, Uint32Array.of(0, 2));
    assert.equal(dataset.actionCount, 2);
    assert.deepEqual(notes, [
      "1 of 2 episodes left out, as d3rlpy does: no transition is known of one that has " +
      "one step and is not terminated",
    ]);
  } finally {
    hdf5.close();
  }
});

Deno.test("HDF5: flags are written as h5py's booleans", async () => {
  const dataset = smallDataset();
  const { mainData } = await datasetToMinari(dataset);
  await h5wasm.ready;
  for (
    const [bytes, paths] of [
      [await datasetToD3rlpy(dataset), ["/terminated_0", "/terminated_2"]],
      [mainData, ["/episode_0/terminations", "/episode_1/truncations"]],
    ] as const
  ) {
    h5wasm.FS!.writeFile("/flags.h5", bytes);
    const file = new h5wasm.File("/flags.h5", "r");
    for (const path of paths) {
      const { enum_type: type, size } = new h5wasm.Dataset(file.file_id, path)
        .metadata;
      assert.deepEqual([type?.members, type?.type, size], [
        { FALSE: 0, TRUE: 1 },
        h5wasm.Module.H5T_class_t.H5T_INTEGER.value,
        1,
      ]);
    }
    file.close();
  }
});

Deno.test("Minari: codes from 1, the arrow format, and Minari 0.4", async () => {
  const start1 = await openDataset(join(folder, "minari-start1"));
  assert.deepEqual(start1.actionNames, ["1", "2", "3", "4"]);
  const arrow = join(folder, "minari-arrow");
  assert.equal(
    await refusal(() => openDataset(arrow)),
    `${arrow}/data/metadata.json: data_format "arrow" is not supported, only "hdf5": open ` +
      'the data set in Minari and write it again with data_format="hdf5" ' +
      "(create_dataset_from_buffers)",
  );
  const old = Deno.makeTempDirSync();
  try {
    Deno.writeFileSync(join(old, "main_data.hdf5"), bytesOf("sound"));
    assert.equal(
      await refusal(() => openDataset(old)),
      `${old}: no metadata.json beside main_data.hdf5, so this is Minari 0.4 or older: ` +
        "download or create the data set again with Minari 0.5",
    );
  } finally {
    Deno.removeSync(old, { recursive: true });
  }
});

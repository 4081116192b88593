import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  DATASET_FORMATS,
  type DatasetFormat,
  keepsActionNames,
  openDataset,
  writeDataset,
} from "../../src/dataset/formats/dataset_file.ts";
import { pipe } from "../run/small_run.ts";
import { refusal } from "./refusal.ts";
import { smallDataset } from "./small.ts";

function inTemporaryFolder(work: (folder: string) => Promise<void>) {
  return async () => {
    const folder = Deno.makeTempDirSync();
    try {
      await work(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

Deno.test(
  "data sets on disk: each format is recognised by its content",
  inTemporaryFolder(async (folder) => {
    // d3rlpy keeps no final observation of a terminated episode: let it be the last one.
    const dataset = smallDataset("truncated");
    dataset.observations.copyWithin(4, 2, 4);
    for (const format of DATASET_FORMATS) {
      const path = join(folder, `named-like-nothing-${format}`);
      await writeDataset(path, dataset, format);
      assert.deepEqual(await openDataset(path), dataset, format);
      assert.equal(
        await refusal(() => writeDataset(path, dataset, format)),
        `${path}: exists already; choose another path`,
      );
      assert.deepEqual(await openDataset(path), dataset, format);
    }
    const minari = join(folder, "named-like-nothing-minari");
    for (const inside of ["data", "data/main_data.hdf5"]) {
      assert.deepEqual(await openDataset(join(minari, inside)), dataset);
    }
  }),
);

Deno.test(
  "data sets on disk: the number of actions, given and known",
  inTemporaryFolder(async (folder) => {
    const path = (format: string) => join(folder, format);
    for (const format of DATASET_FORMATS) {
      await writeDataset(path(format), smallDataset(), format);
    }
    for (const format of ["csv", "d3rlpy"]) {
      const dataset = await openDataset(path(format), { actionCount: 9 });
      assert.equal(dataset.actionCount, 9);
    }
    for (const format of ["safetensors", "minari"]) {
      assert.equal(
        await refusal(() => openDataset(path(format), { actionCount: 9 })),
        `${path(format)}: has 3 actions, not 9`,
      );
      await openDataset(path(format), { actionCount: 3 });
    }
    assert.equal(
      await refusal(() =>
        openDataset(path("d3rlpy"), { columns: { action: "a" } })
      ),
      `${path("d3rlpy")}: columns are named, but it is not a table`,
    );
  }),
);

Deno.test(
  "data sets on disk: each format keeps the names of actions that it has a place for",
  inTemporaryFolder(async (folder) => {
    const dataset = smallDataset("truncated");
    dataset.observations.copyWithin(4, 2, 4);
    const cases: [string[], DatasetFormat[]][] = [
      [["1", "2", "3"], ["safetensors", "d3rlpy", "minari", "csv"]],
      [["-1", "4", "1234567890"], ["safetensors", "d3rlpy", "csv"]],
      [["left", "right", "up"], ["safetensors", "csv"]],
    ];
    for (const [actionNames, kept] of cases) {
      const named = { ...dataset, actionNames };
      for (const format of DATASET_FORMATS) {
        const path = join(folder, `${actionNames[0]}-${format}`);
        await writeDataset(path, named, format);
        const keeps = kept.includes(format);
        assert.equal(keepsActionNames(named, format), keeps, path);
        assert.deepEqual(await openDataset(path), keeps ? named : dataset);
      }
    }
  }),
);

Deno.test(
  "data sets on disk: what is not a data set",
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "x");
    assert.equal(
      await refusal(() => openDataset(path)),
      `${path}: does not exist`,
    );
    assert.equal(
      await refusal(() => openDataset(folder)),
      `${folder}: not a Minari data set: it has no data/metadata.json`,
    );
    Deno.writeFileSync(path, new Uint8Array(0));
    assert.equal(await refusal(() => openDataset(path)), `${path}: is empty`);
    const utf8 = new TextEncoder();
    const csv = "episode,observation_0,action,reward\na,1,0,1\n";
    const pairs = (text: string) => Uint16Array.from(utf8.encode(text));
    const foreign: [Uint8Array, string][] = [
      [
        new Uint8Array(Uint16Array.of(0xfeff, ...pairs(csv)).buffer),
        "UTF-16 or UTF-32 text; save it as CSV in UTF-8",
      ],
      [
        Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0),
        "a zip archive, perhaps a workbook (.xlsx); save the table as CSV",
      ],
      [
        Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0),
        "packed with gzip, and damaged: unexpected end of file",
      ],
      [
        utf8.encode("PAR1abcdefgh"),
        "a Parquet file, but damaged or not supported: parquet file invalid (footer != PAR1)",
      ],
      [
        utf8.encode("ARROW1abcdefgh"),
        "an Arrow or Feather file; write it as Parquet (pandas: to_parquet)",
      ],
      [
        Uint8Array.of(0x80, 4, 0x95, 0, 0, 0, 0, 0, 0),
        "a Python pickle; write the data as CSV or a d3rlpy dump",
      ],
    ];
    for (const [bytes, message] of foreign) {
      Deno.writeFileSync(path, bytes);
      assert.equal(
        await refusal(() => openDataset(path)),
        `${path}: ${message}`,
      );
    }
    // A safetensors file whose header has 0x8b1f bytes begins as gzip does.
    const long = new Uint8Array(8 + 0x8b1f).fill(0x20);
    long.set([0x1f, 0x8b, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]);
    Deno.writeFileSync(path, long);
    assert.match(await refusal(() => openDataset(path)), /a safetensors file/);
    Deno.writeFileSync(path, Uint8Array.of(1, 0, 2, 0));
    assert.equal(
      await refusal(() => openDataset(path)),
      `${path}: neither a safetensors data set, nor HDF5, nor a table (CSV, Parquet, .npz)`,
    );
    const waits = join(folder, "pipe");
    pipe(waits);
    for (const device of [waits, "/dev/zero"]) {
      assert.equal(
        await refusal(() => openDataset(device)),
        `${device}: is not a file; write the data to one first, or give - for stdin`,
      );
    }
    Deno.mkdirSync(join(folder, "minari"));
    const metadata = join(folder, "minari", "metadata.json");
    pipe(metadata);
    assert.equal(
      await refusal(() => openDataset(join(folder, "minari"))),
      `${metadata}: is not a file`,
    );
    const policy = fileURLToPath(
      new URL("../fixtures/d3rlpy/bc_random.safetensors", import.meta.url),
    );
    assert.equal(
      await refusal(() => openDataset(policy)),
      `${policy}: a safetensors file, but not a data set ` +
        '(its metadata say no format "holdfast.dataset")',
    );
    const nowhere = join(folder, "missing", "x");
    assert.match(
      await refusal(() => writeDataset(nowhere, smallDataset(), "csv")),
      /^cannot write .*missing/,
    );
  }),
);

/**
 * Data sets on disk in any of the formats.
 *
 * @module
 */

import type { DatasetReadOptions } from "./read_options.ts";
import { basename, dirname, join } from "node:path";
import { actionCodes } from "../action_codes.ts";
import { datasetFromCsv } from "./csv.ts";
import { datasetToCsv } from "./csv_write.ts";
import { datasetFromD3rlpy, datasetToD3rlpy } from "./d3rlpy.ts";
import type { Dataset } from "../dataset.ts";
import { superblockAt } from "./hdf5_header.ts";
import { datasetFromMinari, datasetToMinari } from "./minari.ts";
import { datasetFromSafetensors, datasetToSafetensors } from "./safetensors.ts";
import { InputError } from "../../errors.ts";
import { makeDirectory, writeFileAtomic } from "../../files/atomic.ts";
import { readFile } from "../../files/read.ts";

/** The formats that data sets are read from and written to. */
export const DATASET_FORMATS = [
  "safetensors",
  "d3rlpy",
  "minari",
  "csv",
] as const;

/** Name of a format. */
export type DatasetFormat = typeof DATASET_FORMATS[number];

/**
 * Reads a data set in the format that its content shows.
 *
 * @param path A safetensors file of this suite, a d3rlpy dump, a CSV file, or the directory
 *   of a Minari data set (or its `data` directory, or the `main_data.hdf5` in it).
 * @param options What the file may not say itself.
 * @throws {InputError} if it is missing, of another format, damaged, or makes no sense.
 *
 * @example A log in CSV
 * ```ts
 * import { openDataset } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/log.csv`;
 * Deno.writeTextFileSync(path, "episode,x,action,reward,terminated\n1,0,1,-1,0\n1,1,0,5,1\n");
 * const dataset = await openDataset(path, { columns: { observations: ["x"] } });
 * equal(dataset.actions.join(), "1,0");
 * ```
 */
export async function openDataset(
  path: string,
  options: DatasetReadOptions = {},
): Promise<Dataset> {
  const { actionCount, columns } = options;
  const format = sniff(path);
  if (format === "csv") {
    using file = attempt(path, () => Deno.openSync(path));
    return await datasetFromCsv(file.readable, path, options);
  }
  if (columns !== undefined && Object.keys(columns).length > 0) {
    throw new InputError(
      `${path}: columns are named, but it is not a CSV file`,
    );
  }
  if (format === "d3rlpy") {
    return await datasetFromD3rlpy(readFile(path), path, options);
  }
  const dataset = format === "minari"
    ? await readMinariDirectory(path, options)
    : datasetFromSafetensors(readFile(path), path, options);
  if (actionCount !== undefined && actionCount !== dataset.actionCount) {
    throw new InputError(
      `${path}: has ${dataset.actionCount} actions, not ${actionCount}`,
    );
  }
  return dataset;
}

/**
 * Whether a format has a place for what a data set calls its actions: d3rlpy's and Minari's hold
 * integers alone, and a Minari space has no gaps. Where it has none, the file says 0 … A - 1.
 */
export function keepsActionNames(
  dataset: Dataset,
  format: DatasetFormat,
): boolean {
  const { actionNames } = dataset;
  if (actionNames === undefined || format === "csv") return true;
  if (format === "safetensors") return true;
  const codes = actionCodes(dataset);
  const areIntegers = `${codes[0]}` === actionNames[0];
  return areIntegers && (format === "d3rlpy" ||
    codes.every((code, action) => code === codes[0] + action));
}

/**
 * Writes a data set. Equal data sets give equal bytes in every format.
 *
 * @param path A file, or for "minari" a directory; it must not exist.
 * @param dataset The data set.
 * @param format The format; docs/formats.md says what each does not keep.
 * @throws {InputError} if the path exists or cannot be written.
 *
 * @example To d3rlpy's format and back
 * ```ts
 * import { datasetFromArrays, openDataset, writeDataset } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const dataset = datasetFromArrays({
 *   observations: [[0], [1]],
 *   actions: [0, 1],
 *   rewards: [0, 1],
 *   terminated: [0, 1],
 * });
 * const path = `${Deno.makeTempDirSync()}/data.h5`;
 * await writeDataset(path, dataset, "d3rlpy");
 * deepEqual(await openDataset(path), dataset);
 * ```
 */
export async function writeDataset(
  path: string,
  dataset: Dataset,
  format: DatasetFormat,
): Promise<void> {
  if (exists(path)) {
    throw new InputError(`${path}: exists already; choose another path`);
  }
  if (format === "minari") {
    const { mainData, metadata } = await datasetToMinari(dataset);
    const data = join(path, "data");
    makeDirectory(data);
    writeFileAtomic(join(data, "main_data.hdf5"), mainData);
    // Last: without it, neither Minari nor this suite takes the directory for a data set.
    writeFileAtomic(join(data, "metadata.json"), metadata);
    return;
  }
  const bytes = format === "safetensors"
    ? datasetToSafetensors(dataset)
    : format === "d3rlpy"
    ? await datasetToD3rlpy(dataset)
    : datasetToCsv(dataset);
  writeFileAtomic(path, bytes);
}

const PICKLE = "a Python pickle; write the data as CSV or a d3rlpy dump";

const text = (letters: string) => [...new TextEncoder().encode(letters)];

/** First bytes of files that people have and that are not read here, and what to do with them. */
const FOREIGN: readonly (readonly [readonly number[], string])[] = [
  [[0xff, 0xfe], "UTF-16 or UTF-32 text; save it as CSV in UTF-8"],
  [[0xfe, 0xff], "UTF-16 text; save it as CSV in UTF-8"],
  [[0x1f, 0x8b], "packed with gzip; unpack it first"],
  [[0x28, 0xb5, 0x2f, 0xfd], "packed with zstd; unpack it first"],
  [
    [...text("PK"), 3, 4],
    "a zip archive, perhaps a workbook (.xlsx) or NumPy's .npz; save the table as CSV",
  ],
  [
    [0xd0, 0xcf, 0x11, 0xe0],
    "an old workbook (.xls); save the table as CSV",
  ],
  [text("PAR1"), "a Parquet file; write it as CSV (pandas: to_csv)"],
  [text("ARROW1"), "an Arrow file; write it as CSV (pandas: to_csv)"],
  [
    [0x93, ...text("NUMPY")],
    "a NumPy array (.npy); put the columns into a CSV file",
  ],
  [[0x80, 2], PICKLE],
  [[0x80, 3], PICKLE],
  [[0x80, 4], PICKLE],
  [[0x80, 5], PICKLE],
];

function sniff(path: string): DatasetFormat {
  const { isDirectory, isFile } = attempt(path, () => Deno.statSync(path));
  if (!isDirectory && !isFile) {
    throw new InputError(
      `${path}: is not a file; write the data to one first`,
    );
  }
  if (isDirectory || basename(path) === "main_data.hdf5") return "minari";
  const head = new Uint8Array(4096);
  const [length, hdf5] = attempt(path, () => {
    using file = Deno.openSync(path);
    return [file.readSync(head) ?? 0, isHdf5(file)];
  });
  if (length === 0) throw new InputError(`${path}: is empty`);
  if (hdf5) return "d3rlpy";
  const start = head.subarray(0, length);
  // A safetensors file begins with a 64-bit length and a brace; text has no zero byte.
  if (start[8] === 0x7b && start.subarray(0, 8).includes(0)) {
    return "safetensors";
  }
  const other = FOREIGN.find(([bytes]) =>
    bytes.every((byte, i) => start[i] === byte)
  );
  if (other) throw new InputError(`${path}: ${other[1]}`);
  if (!start.includes(0)) return "csv";
  throw new InputError(
    `${path}: neither a safetensors data set, nor a d3rlpy dump, nor a Minari directory, nor CSV`,
  );
}

function isHdf5(file: Deno.FsFile): boolean {
  const bytes = new Uint8Array(8);
  return superblockAt((at) => {
    file.seekSync(at, Deno.SeekMode.Start);
    return bytes.subarray(0, file.readSync(bytes) ?? 0);
  }) !== undefined;
}

function readMinariDirectory(
  path: string,
  options: DatasetReadOptions,
): Promise<Dataset> {
  const given = basename(path) === "main_data.hdf5" ? dirname(path) : path;
  const data = exists(join(given, "data")) ? join(given, "data") : given;
  if (!exists(join(data, "metadata.json"))) {
    throw new InputError(
      exists(join(data, "main_data.hdf5"))
        ? `${path}: no metadata.json beside main_data.hdf5, so this is Minari 0.4 or older: ` +
          "download or create the data set again with Minari 0.5"
        : `${path}: not a Minari data set: it has no data/metadata.json`,
    );
  }
  const files = {
    metadata: new TextDecoder().decode(
      readFile(join(data, "metadata.json")),
    ),
    // Read last: the metadata may say that the data lie elsewhere.
    get mainData() {
      return readFile(join(data, "main_data.hdf5"));
    },
  };
  return datasetFromMinari(files, data, options);
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw new InputError(`${path}: cannot be read`);
  }
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) throw error;
    const missing = error instanceof Deno.errors.NotFound;
    throw new InputError(
      `${path}: ${missing ? "does not exist" : "cannot be read"}`,
    );
  }
}

/**
 * Data sets on disk in any of the formats.
 *
 * @module
 */

import { openSpill, type SpilledReadOptions } from "./spill.ts";
import type { DatasetReadOptions, InputFormat } from "./read_options.ts";
import { basename, dirname, join } from "node:path";
import { actionCodes } from "../action_codes.ts";
import { datasetFromCsv } from "./csv.ts";
import { csvKeepsNames, datasetToCsv } from "./csv_write.ts";
import { datasetFromD3rlpy, datasetToD3rlpy } from "./d3rlpy.ts";
import { datasetFromNpz } from "./npz.ts";
import { datasetFromParquet } from "./parquet.ts";
import type { Dataset } from "../dataset.ts";
import { superblockAt } from "./hdf5_header.ts";
import { datasetFromMinari, datasetToMinari } from "./minari.ts";
import { datasetFromSafetensors, datasetToSafetensors } from "./safetensors.ts";
import { InputError } from "../../errors.ts";
import { makeDirectory, writeFileAtomic } from "../../files/atomic.ts";
import { readFile } from "../../files/read.ts";
import {
  type ByteSource,
  openFile,
  openSource,
  placesOf,
  STDIN,
} from "../../files/source.ts";

/** The formats that data sets are written to; they are read too. */
export const DATASET_FORMATS = [
  "safetensors",
  "d3rlpy",
  "minari",
  "csv",
] as const;

/** Name of a format. */
export type DatasetFormat = typeof DATASET_FORMATS[number];

/**
 * Reads a data set in the format that its content shows. What is packed with gzip is unpacked.
 *
 * @param path A safetensors file of this suite, a d3rlpy dump or D4RL's arrays in HDF5, a table (CSV,
 *   Parquet, NumPy's .npz), or the directory of a Minari data set (or its `data` directory, or the
 *   `main_data.hdf5` in it); `-` is a file on stdin.
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
  if (isMinari(path)) {
    requireFormat("minari", path, options);
    return requireActions(
      await readMinariDirectory(path, options),
      path,
      options,
    );
  }
  const { into } = options;
  if (into !== undefined) requireAbsent(into);
  const source = await openSource(path, options.onProgress);
  using spill = into === undefined ? undefined : openSpill(into);
  try {
    return await readSource(source, { ...options, spill });
  } finally {
    source.close();
  }
}

function requireAbsent(path: string): void {
  if (exists(path)) {
    throw new InputError(`${path}: exists already; choose another path`);
  }
}

async function readSource(
  source: ByteSource,
  { spill, ...options }: SpilledReadOptions,
): Promise<Dataset> {
  const { name } = source;
  const format = sniff(source);
  requireFormat(format, name, options);
  switch (format) {
    case "csv":
      return await datasetFromCsv(source.pieces(), name, { ...options, spill });
    case "parquet":
      return await datasetFromParquet(source, options);
    case "npz":
      return datasetFromNpz(await source.whole(), name, options);
    case "hdf5":
      return await datasetFromD3rlpy(await source.whole(), name, options);
    case "safetensors":
      return requireActions(
        datasetFromSafetensors(await source.whole(), name, options),
        name,
        options,
      );
  }
}

/** Refuses what the user says of a file and what only tables have. */
function requireFormat(
  found: InputFormat,
  name: string,
  { format, columns = {}, decimal }: DatasetReadOptions,
): void {
  if (format !== undefined && format !== found) {
    throw new InputError(`${name}: is ${found}, not ${format}`);
  }
  if (!TABLES.includes(found) && Object.keys(columns).length > 0) {
    throw new InputError(`${name}: columns are named, but it is not a table`);
  }
  if (found !== "csv" && decimal !== undefined) {
    throw new InputError(
      `${name}: the decimal mark is given, but it is not a CSV file`,
    );
  }
}

const TABLES: readonly InputFormat[] = ["csv", "parquet", "npz"];

/** The data set, if its file says the number of actions that the user does. */
function requireActions(
  dataset: Dataset,
  name: string,
  { actionCount }: DatasetReadOptions,
): Dataset {
  if (actionCount !== undefined && actionCount !== dataset.actionCount) {
    throw new InputError(
      `${name}: has ${dataset.actionCount} actions, not ${actionCount}`,
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

/** Whether a format has a place for what a data set calls the numbers of an observation. */
export function keepsObservationNames(
  { observationNames }: Dataset,
  format: DatasetFormat,
): boolean {
  if (observationNames === undefined || format === "safetensors") return true;
  return format === "csv" && csvKeepsNames(observationNames);
}

/**
 * What an evaluation of policies asks for, and a format has no place for: probabilities of actions,
 * outcomes of episodes.
 */
export function lostToEvaluation(
  dataset: Dataset,
  format: DatasetFormat,
): readonly string[] {
  // Asked first: data that became safetensors while they were read do not give their columns.
  if (format === "safetensors" || format === "csv") return [];
  return [
    ...(dataset.propensities ? ["propensities"] : []),
    ...(dataset.outcomes ? ["outcomes"] : []),
  ];
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
  requireAbsent(path);
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
  [[0x28, 0xb5, 0x2f, 0xfd], "packed with zstd; unpack it first"],
  [
    [...text("PK"), 3, 4],
    "a zip archive, perhaps a workbook (.xlsx); save the table as CSV",
  ],
  [
    [0xd0, 0xcf, 0x11, 0xe0],
    "an old workbook (.xls); save the table as CSV",
  ],
  [
    text("ARROW1"),
    "an Arrow or Feather file; write it as Parquet (pandas: to_parquet)",
  ],
  [
    [0x93, ...text("NUMPY")],
    "one array of NumPy (.npy); put the columns into one .npz file (numpy.savez)",
  ],
  [[0x80, 2], PICKLE],
  [[0x80, 3], PICKLE],
  [[0x80, 4], PICKLE],
  [[0x80, 5], PICKLE],
];

/** Whether a path is a Minari data set's: its directory or the file in it. */
function isMinari(path: string): boolean {
  if (path === STDIN) return false;
  const { isDirectory } = attempt(path, () => Deno.statSync(path));
  return isDirectory || basename(path) === "main_data.hdf5";
}

function sniff(source: ByteSource): Exclude<InputFormat, "minari"> {
  const { name, head } = source;
  if (head.length === 0) throw new InputError(`${name}: is empty`);
  if (isHdf5(source)) return "hdf5";
  // A safetensors file begins with a 64-bit length and a brace; text has no zero byte.
  if (head[8] === 0x7b && head.subarray(0, 8).includes(0)) {
    return "safetensors";
  }
  const starts = (bytes: readonly number[]) =>
    bytes.every((byte, i) => head[i] === byte);
  if (starts(text("PAR1"))) return "parquet";
  if (isNpz(head)) return "npz";
  const other = FOREIGN.find(([bytes]) => starts(bytes));
  if (other) throw new InputError(`${name}: ${other[1]}`);
  if (!head.includes(0)) return "csv";
  throw new InputError(
    `${name}: neither a safetensors data set, nor HDF5, nor a table (CSV, Parquet, .npz)`,
  );
}

/** A zip file whose first entry is an array of NumPy's. */
function isNpz(head: Uint8Array): boolean {
  if (!text("PK").every((byte, i) => head[i] === byte)) return false;
  const length = head[26] + 256 * head[27];
  const first = new TextDecoder().decode(head.subarray(30, 30 + length));
  return first.endsWith(".npy");
}

function isHdf5({ name, isPlain, head }: ByteSource): boolean {
  // A block of the user's own may stand before the data of a file.
  using file = isPlain ? openFile(name) : undefined;
  const places = file && placesOf(file, name);
  return superblockAt((at) =>
    places?.read(at, at + 8) ?? head.subarray(at, at + 8)
  ) !== undefined;
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

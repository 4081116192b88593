/**
 * A Parquet file as a data set, inside the worker; `table.ts` says what its columns are.
 *
 * Read by hyparquet, one row group at a time, and of it only the columns that are looked at.
 *
 * @module
 */

import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
} from "hyparquet";
import {
  brotliDecompressSync,
  gunzipSync,
  zstdDecompressSync,
} from "node:zlib";
import { InputError } from "../../errors.ts";
import { type BytesAtPlaces, openFile, placesOf } from "../../files/source.ts";
import { visible } from "../../visible.ts";
import type { NotedDataset } from "./worker_message.ts";
import type { DatasetReadOptions } from "./read_options.ts";
import { openTable } from "./table.ts";
import { type CellValues, openCells } from "./table_cells.ts";

/** Rows are counted in doubles, and their cells kept in arrays. */
const MOST_ROWS = 2 ** 31;

/** What hyparquet does not unpack itself. */
const compressors: Compressors = {
  GZIP: (bytes, length) => gunzipSync(bytes, { maxOutputLength: length + 1 }),
  BROTLI: (bytes, length) =>
    brotliDecompressSync(bytes, { maxOutputLength: length + 1 }),
  ZSTD: (bytes, length) =>
    zstdDecompressSync(bytes, { maxOutputLength: length + 1 }),
};

const CODECS = ["UNCOMPRESSED", "SNAPPY", ...Object.keys(compressors)];

/** Job: reads a file, given by its path or its bytes. */
export async function readParquet(
  tick: () => void,
  source: string | Uint8Array<ArrayBuffer>,
  name: string,
  options: Pick<DatasetReadOptions, "columns" | "actionCount">,
): Promise<NotedDataset> {
  if (typeof source === "string") {
    using file = openFile(source);
    return await read(tick, placesOf(file, name), name, options);
  }
  const bytes = {
    length: source.length,
    read: (begin: number, end: number) => source.slice(begin, end),
  };
  return await read(tick, bytes, name, options);
}

async function read(
  tick: () => void,
  bytes: BytesAtPlaces,
  name: string,
  options: Pick<DatasetReadOptions, "columns" | "actionCount">,
): Promise<NotedDataset> {
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  const file: AsyncBuffer = {
    byteLength: bytes.length,
    slice: (begin, end = bytes.length) => bytes.read(begin, end).buffer,
  };
  const attempt = async <T>(read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (error instanceof InputError) throw error;
      // What the library says itself is of use; what it runs into is not.
      const isSaid = error instanceof Error && error.constructor === Error;
      throw new InputError(
        `${name}: a Parquet file, but damaged or not supported${
          isSaid ? `: ${visible(error.message, 120)}` : ""
        }`,
      );
    }
  };
  const { metadata, columns } = await attempt(async () => {
    const metadata = await parquetMetadataAsync(file);
    checkClaims(metadata, bytes.length, name);
    const columns = parquetSchema(metadata).children;
    if (columns.some(({ element }) => typeof element.name !== "string")) {
      throw new TypeError("a column without a name");
    }
    return { metadata, columns };
  });
  const names = columns.map(({ element }) => element.name);
  const table = openTable(names, name, { ...options, onNote }, "row");
  const wanted = [...table.used].filter((column) => column >= 0);
  const nested = wanted.find((column) => columns[column].children.length > 0);
  if (nested !== undefined) {
    throw new InputError(
      `${name}: column ${
        JSON.stringify(names[nested])
      } holds lists or structures; write a column for each number`,
    );
  }
  const cells = openCells(names.length);
  const scan = await attempt(() =>
    parquetScan({
      file,
      metadata,
      compressors,
      columns: wanted.map((column) => names[column]),
      // A column chunk is read whole anyhow.
      useOffsetIndex: false,
    })
  );
  for (const { rowStart, rowEnd } of scan.ranges) {
    const columns: CellValues[] = [];
    for (const column of wanted) {
      tick();
      const range = { column: names[column], rowStart, rowEnd };
      const values = await attempt(() => scan.readColumn(range));
      if (values.length !== rowEnd - rowStart) {
        throw new InputError(
          `${name}: a Parquet file, but damaged: ${values.length} values of ${
            JSON.stringify(names[column])
          } in ${rowEnd - rowStart} rows`,
        );
      }
      columns[column] = { values, offset: 0, stride: 1 };
    }
    cells.columns = columns;
    for (let row = 0; row < rowEnd - rowStart; row++) {
      if (row % 4096 === 0) tick();
      cells.moveTo(row, rowStart + row + 1);
      table.row(cells.record);
    }
  }
  return { dataset: table.finish(), notes };
}

/** Refuses what cannot be read, and claims that no such file can keep. */
function checkClaims(
  { num_rows: rows, row_groups: groups }: FileMetaData,
  bytes: number,
  name: string,
): void {
  const sum = groups.reduce((total, group) => total + group.num_rows, 0n);
  if (rows !== sum || rows < 0n || groups.some((g) => g.num_rows < 0n)) {
    throw new InputError(
      `${name}: a Parquet file, but damaged: ${rows} rows, of which its groups have ${sum}`,
    );
  }
  if (rows > MOST_ROWS) {
    throw new InputError(`${name}: has ${rows} rows; use a part of it`);
  }
  for (const { meta_data: column } of groups.flatMap((g) => g.columns)) {
    const codec = column?.codec;
    if (codec !== undefined && !CODECS.includes(codec)) {
      throw new InputError(
        `${name}: is packed with ${codec}, which is not supported; write it with snappy, gzip or zstd`,
      );
    }
    if (column && column.total_compressed_size > bytes) {
      throw new InputError(
        `${name}: a Parquet file, but damaged: a column of ${column.total_compressed_size} bytes`,
      );
    }
  }
}

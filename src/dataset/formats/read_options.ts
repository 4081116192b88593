/**
 * What readers of data sets take besides the file.
 *
 * @module
 */

import type { DecimalMark } from "../../files/csv_numbers.ts";
import type { TableColumns } from "./table_columns.ts";

/** The kinds of files that data sets are read from. */
export const INPUT_FORMATS = [
  "safetensors",
  "hdf5",
  "minari",
  "csv",
  "parquet",
  "npz",
] as const;

/** Kind of a file. */
export type InputFormat = typeof INPUT_FORMATS[number];

/** What a file may not say itself. */
export interface DatasetReadOptions {
  /**
   * Number of actions. d3rlpy dumps and tables do not hold it: if given, they are 0 … actionCount - 1
   * there, otherwise those that occur. Other formats must agree with it.
   */
  readonly actionCount?: number;
  /** Which column of a table holds what. */
  readonly columns?: TableColumns;
  /** What stands before the decimals of numbers in a CSV file; if not given, the numbers show it. */
  readonly decimal?: DecimalMark;
  /** What the file must be; if not given, its content shows it. */
  readonly format?: InputFormat;
  /**
   * Where a CSV file is written to in the suite's own format while it is read, so that it may be
   * larger than memory: a path at which there is nothing. The data set then stays in that file; see
   * `openStoredDataset`. Other kinds of files are read into memory all the same.
   */
  readonly into?: string;
  /** Called while a long file is read, with the bytes done and, but on stdin, those in all. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /**
   * Called with each assumption and change that the file does not itself state, in one line, such as
   * `observation_0: 2 numbers rounded to 32-bit floats, the first from 16777217 to 16777216`.
   */
  readonly onNote?: (note: string) => void;
}

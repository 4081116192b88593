/**
 * What readers of data sets take besides the file.
 *
 * @module
 */

import type { CsvColumns } from "./csv_columns.ts";

/** What a file may not say itself. */
export interface DatasetReadOptions {
  /**
   * Number of actions. d3rlpy dumps and CSV do not hold it: if given, they are 0 … actionCount - 1
   * there, otherwise those that occur. Other formats must agree with it.
   */
  readonly actionCount?: number;
  /** Which column of a CSV file holds what. */
  readonly columns?: CsvColumns;
  /**
   * Called with each assumption and change that the file does not itself state, in one line, such as
   * `observation_0: 2 numbers rounded to 32-bit floats, the first from 16777217 to 16777216`.
   */
  readonly onNote?: (note: string) => void;
}

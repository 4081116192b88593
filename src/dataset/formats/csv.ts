/**
 * A data set as CSV: one row a step, the rows of an episode together.
 *
 * | column | unit |
 * |---|---|
 * | episode | any text; another one begins another episode |
 * | step (optional) | number, or date and time (ISO 8601, counted in days), of the step in its episode, growing |
 * | observations, one column each | a number |
 * | action | an integer or, in all rows, a name; empty in a row that holds a final observation only |
 * | reward | a number; empty where the action is |
 * | propensity (optional) | probability with which the action was taken, in (0, 1]; empty where the action is |
 * | outcome (optional) | any text; the last one of an episode says how it ended |
 * | terminated (optional), truncated (optional) | 0, 1, true or false, on an episode's last action only |
 * | allowed (optional) | the actions that were allowed, `0 2 5`, or with `;` between and behind them where a name has a blank |
 *
 * Where an episode ends without a row for its final observation, it is derived as for a
 * d3rlpy dump: after a terminated step the last observation is repeated (nothing needs it);
 * otherwise the last row counts as the final observation, and its action and reward, whose
 * outcome is not known, are left out. Without a column that says so, an episode is taken
 * for terminated at its last row unless that is truncated, with a note.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import { findColumns } from "./csv_columns.ts";
import { readCsvRecords } from "../../files/csv_records.ts";
import { openRows, type RowReader } from "./csv_rows.ts";
import type { Dataset } from "../dataset.ts";
import type { DatasetReadOptions } from "./read_options.ts";
import { validateDataset } from "../validate.ts";

/** How many bad rows are listed; the rest are counted. */
const LISTED = 20;

/**
 * Reads and validates a data set.
 *
 * @param chunks The file, in pieces of any size, e.g. a file's `readable`.
 * @param name Name of the file, for messages.
 * @param options Which column holds what; the number of actions, if those that occur are not
 *   all; and `onNote` for what the file does not say itself.
 * @throws {InputError} for a missing column, or for bad rows: one line that lists the first
 *   20 with their line numbers and counts the rest.
 */
export async function datasetFromCsv(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  { columns = {}, actionCount, onNote }: DatasetReadOptions = {},
): Promise<Dataset> {
  let reader: RowReader | undefined;
  const bad: string[] = [];
  let badRows = 0;
  const onBad = (line: number, what: string) => {
    if (++badRows <= LISTED) bad.push(`line ${line}: ${what}`);
  };
  const unended = await readCsvRecords(chunks, name, (record) => {
    if (reader) reader.row(record);
    else {
      const names = Array.from(
        { length: record.cells },
        (_, c) => record.text(c),
      );
      if (!names.every((text) => text !== undefined)) {
        throw new InputError(
          `${name}: its header is not UTF-8; save the file as UTF-8`,
        );
      }
      const found = findColumns(names, name, columns);
      reader = openRows(found, name, actionCount, onBad);
    }
  });
  if (!reader) throw new InputError(`${name}: it has no header`);
  const { dataset, notes } = reader.finish();
  if (badRows > 0) {
    const more = badRows > LISTED ? ` … and ${badRows - LISTED} more` : "";
    throw new InputError(
      `${name}: ${badRows} bad ${badRows === 1 ? "row" : "rows"}: ${
        bad.join("; ")
      }${more}${
        unended ? "; the last row has no line end: is the file cut?" : ""
      }`,
    );
  }
  for (const note of notes) onNote?.(note);
  if (unended) {
    onNote?.("the last row has no line end; it is taken to be whole");
  }
  validateDataset(dataset, name);
  return dataset;
}

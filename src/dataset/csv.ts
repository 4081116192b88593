/**
 * A data set as CSV: one row a step, the rows of an episode one after the other.
 *
 * | column | unit |
 * |---|---|
 * | episode | any text; another one begins another episode |
 * | step (optional) | number of the step in its episode, growing by 1 |
 * | observations, one column each | a number |
 * | action | an integer or, in all rows, a name; empty in a row that holds a final observation only |
 * | reward | a number; empty where the action is |
 * | terminated (optional), truncated (optional) | 0, 1, true or false, on an episode's last action only |
 *
 * Where an episode ends without a row for its final observation, it is derived as for a
 * d3rlpy dump: after a terminated step the last observation is repeated (nothing needs it);
 * otherwise the last row counts as the final observation, and its action and reward, whose
 * outcome is not known, are left out. Without a `terminated` column an episode is taken
 * for terminated at its last row unless that is truncated.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { type CsvRecord, readCsvRecords } from "./csv_records.ts";
import { type ColumnIndices, openRows, type RowReader } from "./csv_rows.ts";
import type { Dataset } from "./dataset.ts";
import type { DatasetReadOptions } from "./dataset_file.ts";
import { validateDataset } from "./validate.ts";

/** Which column of the header holds what; each has a default. */
export interface CsvColumns {
  /** Default "episode". */
  readonly episode?: string;
  /** Default: the columns "observation_0", "observation_1" … */
  readonly observations?: readonly string[];
  /** Default "action". */
  readonly action?: string;
  /** Default "reward". */
  readonly reward?: string;
  /** Default "terminated" if there is such a column. */
  readonly terminated?: string;
  /** Default "truncated" if there is such a column. */
  readonly truncated?: string;
  /** Default "step" if there is such a column. */
  readonly step?: string;
}

/** So many bad rows are listed; the rest are counted. */
const LISTED = 20;

/**
 * Reads and validates a data set.
 *
 * @param chunks The file, in pieces of any size, e.g. a file's `readable`.
 * @param name Name of the file, for messages.
 * @param options Which column holds what; the number of actions, if those that occur are not
 *   all; and who is told of what the file does not say itself.
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
  await readCsvRecords(chunks, name, (record) => {
    if (reader) reader.row(record);
    else {
      const found = findColumns(record, name, columns);
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
      }${more}`,
    );
  }
  validateDataset(dataset, name);
  for (const note of notes) onNote?.(note);
  return dataset;
}

function findColumns(
  header: CsvRecord,
  name: string,
  columns: CsvColumns,
): ColumnIndices {
  const names: string[] = [];
  for (let c = 0; c < header.cells; c++) names.push(header.text(c) ?? "");
  const listed = names.slice(0, 30).map((text) =>
    JSON.stringify(text.slice(0, 40))
  );
  const find = (wanted: string): number => {
    const index = names.indexOf(wanted);
    if (index < 0) {
      throw new InputError(
        `${name}: no column ${JSON.stringify(wanted)}; its columns are ${
          listed.join(", ")
        }` +
          (names.length === 1 ? " (columns must be separated by commas)" : ""),
      );
    }
    if (names.includes(wanted, index + 1)) {
      throw new InputError(
        `${name}: more than one column ${JSON.stringify(wanted)}`,
      );
    }
    return index;
  };
  const findIfThere = (given: string | undefined, usual: string): number =>
    given === undefined && !names.includes(usual) ? -1 : find(given ?? usual);
  let observations = columns.observations;
  if (observations === undefined) {
    observations = names.filter((text) => /^observation_[0-9]+$/.test(text));
    observations = observations.map((_, i) => `observation_${i}`);
    if (observations.length === 0) observations = ["observation_0"];
  }
  return {
    count: names.length,
    names,
    episode: find(columns.episode ?? "episode"),
    observations: observations.map(find),
    action: find(columns.action ?? "action"),
    reward: find(columns.reward ?? "reward"),
    terminated: findIfThere(columns.terminated, "terminated"),
    truncated: findIfThere(columns.truncated, "truncated"),
    step: findIfThere(columns.step, "step"),
  };
}

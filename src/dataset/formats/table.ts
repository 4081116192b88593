/**
 * A table as a data set, whatever file it is in: one row a step, the rows of an episode together.
 *
 * | column | unit |
 * |---|---|
 * | episode | any text; another one begins another episode |
 * | step (optional) | number, or date and time (ISO 8601, counted in days), of the step in its episode, growing |
 * | observations, one column each | a number |
 * | next observations, one column each (optional) | a number |
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
 * Where there are next observations, each row is a transition. The column for the episode may be
 * missing then: an episode goes on as long as a row's observation is the next one of the row
 * before, and neither flag stands there. Beside `allowed`, `next_allowed` must be there too.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import type { Dataset } from "../dataset.ts";
import { validateDataset } from "../validate.ts";
import type { SpilledReadOptions } from "./spill.ts";
import { findColumns } from "./table_columns.ts";
import type { PlaceUnit, TableRecord } from "../../files/table_record.ts";
import { openRows } from "./table_rows.ts";

/** How many bad rows are listed; the rest are counted. */
const LISTED = 20;

/** Takes the rows of a table one by one. */
export interface TableReader {
  /** Indices of the columns that are looked at; the cells of others are not. */
  readonly used: ReadonlySet<number>;
  /** Takes the next row. */
  row(record: TableRecord): void;
  /**
   * The valid data set; its notes are told.
   * @param hint Is added to the message about bad rows.
   * @throws {InputError} for bad rows: one line that lists the first 20 with their places and counts
   *   the rest.
   */
  finish(hint?: string): Dataset;
}

/**
 * Starts reading a table.
 *
 * @param names Its columns.
 * @param name Name of the file, for messages.
 * @param options Which column holds what; the number of actions, if those that occur are not
 *   all; and `onNote` for what the file does not say itself.
 * @param unit What the places of rows count.
 * @param byEnds Whether it needs no column for episodes: they end where a flag says so.
 * @throws {InputError} for a missing column.
 */
export function openTable(
  names: readonly string[],
  name: string,
  { columns = {}, actionCount, onNote, spill }: SpilledReadOptions,
  unit: PlaceUnit,
  byEnds = false,
): TableReader {
  const bad: string[] = [];
  let badRows = 0;
  const found = findColumns(names, name, columns, byEnds);
  const onBad = (place: number, what: string) => {
    if (++badRows <= LISTED) bad.push(`${unit} ${place}: ${what}`);
  };
  const rows = openRows(found, name, actionCount, unit, onBad, spill);
  return {
    used: found.used,
    row: rows.row,
    finish(hint = "") {
      rows.end();
      if (badRows > 0) {
        const more = badRows > LISTED ? ` … and ${badRows - LISTED} more` : "";
        throw new InputError(
          `${name}: ${badRows} bad ${badRows === 1 ? "row" : "rows"}: ${
            bad.join("; ")
          }${more}${hint}`,
        );
      }
      const { dataset, notes } = rows.finish();
      for (const note of notes) onNote?.(note);
      validateDataset(dataset, name);
      return dataset;
    },
  };
}

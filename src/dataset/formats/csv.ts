/**
 * A data set as CSV; `table.ts` says what its columns are.
 *
 * Cells are separated by commas, semicolons or tabs, whichever stand in the header. Decimals stand
 * behind a point or, if the numbers show it, behind a comma.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import type { Dataset } from "../dataset.ts";
import {
  readCsvRecords,
  type Separator,
  SEPARATORS,
} from "../../files/csv_records.ts";
import type { SpilledReadOptions } from "./spill.ts";
import { openTable, type TableReader } from "./table.ts";
import { findColumns } from "./table_columns.ts";

/**
 * Reads and validates a data set.
 *
 * @param chunks The file, in pieces of any size, e.g. a file's `readable`.
 * @param name Name of the file, for messages.
 * @param options Which column holds what; the number of actions, if those that occur are not
 *   all; the mark before decimals; and `onNote` for what the file does not say itself.
 * @throws {InputError} for a missing column, or for bad rows: one line that lists the first
 *   20 with their line numbers and counts the rest.
 */
export async function datasetFromCsv(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  options: SpilledReadOptions = {},
): Promise<Dataset> {
  const { columns = {}, decimal, onNote } = options;
  let table: TableReader | undefined;
  const choose = (headers: ReadonlyMap<Separator, readonly string[]>) => {
    const fitting = [...headers].filter(([, names]) =>
      hasColumns(() => findColumns(names, name, columns))
    );
    if (fitting.length === 1) return fitting[0][0];
    throw new InputError(
      `${name}: its header has ${
        [...headers.keys()].map(wordFor).join(" and ")
      }, and ${
        fitting.length === 0 ? "with none of them" : "with each of them"
      } all needed columns are there; put names that hold one in double quotes`,
    );
  };
  const form = { choose, decimal };
  const findings = await readCsvRecords(chunks, name, form, (record) => {
    if (table) return table.row(record);
    const names = Array.from(
      { length: record.cells },
      (_, c) => record.text(c),
    );
    if (!names.every((text) => text !== undefined)) {
      throw new InputError(
        `${name}: its header is not UTF-8; save the file as UTF-8`,
      );
    }
    table = openTable(names, name, options, "line");
  });
  if (!table) throw new InputError(`${name}: it has no header`);
  const { separator, unended } = findings;
  const dataset = table.finish(
    unended ? "; the last row has no line end: is the file cut?" : "",
  );
  const comma = findings.decimalComma();
  if (separator !== ",") {
    onNote?.(`its columns are separated by ${wordFor(separator)}`);
  }
  if (comma) onNote?.(`numbers such as ${comma} have a decimal comma`);
  if (unended) {
    onNote?.("the last row has no line end; it is taken to be whole");
  }
  return dataset;
}

function wordFor(separator: Separator): string {
  return SEPARATORS.find(([mark]) => mark === separator)![1];
}

function hasColumns(find: () => unknown): boolean {
  try {
    find();
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

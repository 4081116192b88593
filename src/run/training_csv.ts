/**
 * `training.csv`: one row an interval of training.
 *
 * @module
 */

import { cannotWrite, writeAll, writeFileAtomic } from "../files/atomic.ts";
import { csvText, lineOf } from "./training_table.ts";

/** An open table; every row is on the system's side when `row` returns. */
export interface CsvWriter extends Disposable {
  /**
   * Appends a row.
   * @param values One number a column, written as JavaScript prints it.
   * @throws InputError if it cannot be written.
   */
  row(values: readonly number[]): void;
  /** Forces the rows to the disk. */
  sync(): void;
}

/**
 * Begins a table, or continues one. What the file held before is replaced at once by the given
 * rows, so that a crash leaves either.
 *
 * @param path The file; its folder exists.
 * @param columns Names of the columns, without commas or quotes.
 * @param rows The rows that there are already.
 * @throws InputError if it cannot be written.
 */
export function openCsv(
  path: string,
  columns: readonly string[],
  rows: readonly (readonly number[])[] = [],
): CsvWriter {
  const guarded = <T>(write: () => T): T => {
    try {
      return write();
    } catch (error) {
      throw cannotWrite(path, error);
    }
  };
  writeFileAtomic(path, csvText(columns, rows));
  const file = guarded(() => Deno.openSync(path, { append: true }));
  return {
    row: (values) =>
      guarded(() =>
        writeAll(file, new TextEncoder().encode(lineOf(columns, values)))
      ),
    sync: () => guarded(() => file.syncDataSync()),
    [Symbol.dispose]: () => file.close(),
  };
}

/**
 * Reads the whole rows of a table; a last line that a crash cut short is left out.
 *
 * @returns The rows, or null if the file is missing or has other columns or a cell that is not a number.
 */
export function readCsv(
  path: string,
  columns: readonly string[],
): number[][] | null {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch {
    return null;
  }
  const [head, ...lines] = text.slice(0, text.lastIndexOf("\n") + 1).split("\n")
    .slice(0, -1);
  if (head !== columns.join(",")) return null;
  const cells = lines.map((line) => line.split(","));
  const sound = cells.every((row) =>
    row.length === columns.length && row.every(isWrittenNumber)
  );
  return sound ? cells.map((row) => row.map(Number)) : null;
}

/** Whether a cell is a finite number exactly as this suite writes it. */
function isWrittenNumber(cell: string): boolean {
  const value = Number(cell);
  return Number.isFinite(value) && String(value) === cell;
}

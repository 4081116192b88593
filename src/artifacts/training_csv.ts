/**
 * `training.csv`: one row an interval of training.
 *
 * @module
 */

import { dirname } from "node:path";
import { cannotWrite, writeAll } from "./atomic.ts";

/** An open table; every row is on the disk's side when `row` returns. */
export interface CsvWriter extends Disposable {
  /**
   * Appends a row.
   * @param values One number a column, written as JavaScript prints it.
   * @throws InputError if it cannot be written.
   */
  row(values: readonly number[]): void;
}

/**
 * Begins a table; its folder is made. What the file held before is replaced.
 *
 * @param path The file.
 * @param columns Names of the columns, without commas or quotes.
 * @throws InputError if it cannot be written.
 */
export function createCsv(path: string, columns: readonly string[]): CsvWriter {
  const guarded = <T>(write: () => T): T => {
    try {
      return write();
    } catch (error) {
      throw cannotWrite(path, error);
    }
  };
  const file = guarded(() => {
    Deno.mkdirSync(dirname(path), { recursive: true });
    return Deno.openSync(path, { write: true, create: true, truncate: true });
  });
  const line = (cells: readonly (string | number)[]) =>
    guarded(() =>
      writeAll(file, new TextEncoder().encode(`${cells.join(",")}\n`))
    );
  line(columns);
  return {
    row(values) {
      if (values.length !== columns.length) {
        throw new Error(
          `${values.length} values for ${columns.length} columns`,
        );
      }
      line(values);
    },
    [Symbol.dispose]: () => file.close(),
  };
}

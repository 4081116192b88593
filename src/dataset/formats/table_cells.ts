/**
 * Rows over columns of values, for tables that are no text.
 *
 * @module
 */

import type { TableRecord } from "../../files/table_record.ts";

/** The values of a column: value `offset + row * stride` of an array is that of a row. */
export interface CellValues {
  /** Holds them. */
  readonly values: ArrayLike<unknown>;
  /** Index of the first row's value. */
  readonly offset: number;
  /** Values from one row to the next. */
  readonly stride: number;
}

/** Some rows of a table, column by column. */
export interface TableCells {
  /** The row that was last moved to. */
  readonly record: TableRecord;
  /** The columns' values; of a column that is not looked at, none. */
  columns: readonly (CellValues | undefined)[];
  /**
   * Moves the record.
   * @param row Index into the columns.
   * @param place Its place in the table, from 1.
   */
  moveTo(row: number, place: number): void;
}

/** Starts with a table of so many columns. */
export function openCells(count: number): TableCells {
  let row = 0;
  const valueAt = (cell: number) => {
    const column = cells.columns[cell];
    return column?.values[column.offset + row * column.stride];
  };
  const numberAt = (value: unknown): number => {
    if (typeof value === "number") return value;
    if (typeof value === "bigint" || typeof value === "boolean") {
      return Number(value);
    }
    return NaN;
  };
  const record = {
    place: 1,
    cells: count,
    malformed: false,
    isEmpty(cell: number): boolean {
      const value = valueAt(cell);
      return value === null || value === undefined || value === "" ||
        Number.isNaN(value);
    },
    number: (cell: number) => numberAt(valueAt(cell)),
    code(cell: number): number {
      const value = valueAt(cell);
      return typeof value === "boolean" ? NaN : numberAt(value);
    },
    text: (cell: number) => textOf(valueAt(cell)),
    equals: (cell: number, copy: unknown) => keyOf(valueAt(cell)) === copy,
    copy: (cell: number) => keyOf(valueAt(cell)),
  };
  const cells: TableCells = {
    record,
    columns: [],
    moveTo(to, place): void {
      row = to;
      record.place = place;
    },
  };
  return cells;
}

/** A value as CSV would have it. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  // As Python writes it.
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return "bytes";
  return typeof value === "object" ? "a list or structure" : String(value);
}

/** What equal values have in common. */
function keyOf(value: unknown): unknown {
  return typeof value === "object" || Number.isNaN(value)
    ? textOf(value)
    : value;
}

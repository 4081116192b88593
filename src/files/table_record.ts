/**
 * A row of a table, whatever file the table is in.
 *
 * @module
 */

/** A row of a table. Valid until the next one. */
export interface TableRecord {
  /** Its place, from 1: of a CSV file the line on which it begins, else the row. */
  readonly place: number;
  /** Number of cells. */
  readonly cells: number;
  /** Whether, in CSV, a quote is followed by anything but a separator or the line's end. */
  readonly malformed: boolean;
  /** Whether a cell holds nothing. */
  isEmpty(cell: number): boolean;
  /** The cell's number, correctly rounded to f64; NaN if it is none. */
  number(cell: number): number;
  /** The same for a cell that may hold a name: "1,5" is one in a CSV file separated by commas. */
  code(cell: number): number;
  /** The cell's text; undefined if it is not UTF-8. */
  text(cell: number): string | undefined;
  /** Whether the cell holds the same as the one that this copy is of. */
  equals(cell: number, copy: CellCopy): boolean;
  /** A copy of the cell. */
  copy(cell: number): CellCopy;
}

/** A copy of a cell: of CSV its bytes, else its value. */
export type CellCopy = unknown;

/** What {@link TableRecord.place} counts. */
export type PlaceUnit = "line" | "row";

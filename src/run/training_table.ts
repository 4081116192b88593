/**
 * The text of `training.csv`.
 *
 * @module
 */
import { sha256Hex } from "../numerics/hash.ts";

/** A whole table as its file holds it. */
export function csvText(
  columns: readonly string[],
  rows: readonly (readonly number[])[],
): string {
  const lines = rows.map((row) => lineOf(columns, row));
  return `${columns.join(",")}\n${lines.join("")}`;
}

/** SHA-256 of a table's file. */
export function csvSha256(
  columns: readonly string[],
  rows: readonly (readonly number[])[],
): string {
  return sha256Hex(new TextEncoder().encode(csvText(columns, rows)));
}

/** A row as its file holds it. */
export function lineOf(
  columns: readonly string[],
  values: readonly number[],
): string {
  if (values.length !== columns.length) {
    throw new Error(`${values.length} values for ${columns.length} columns`);
  }
  return `${values.join(",")}\n`;
}

/**
 * A data set as named arrays whose first axis is the step, row after row: D4RL's layout, d3rlpy 1's,
 * and what people put into NumPy's .npz files. `table.ts` says what the columns are.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import { visible } from "../../visible.ts";
import type { Dataset } from "../dataset.ts";
import { severalNumbers } from "./hdf5_columns.ts";
import type { DatasetReadOptions } from "./read_options.ts";
import { openTable } from "./table.ts";
import { type CellValues, openCells } from "./table_cells.ts";

/** An array of numbers or texts. */
export interface NamedArray {
  /** Its name in the file. */
  readonly name: string;
  /** Size of each axis. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: ArrayLike<number | string>;
}

/** What arrays are called, and the column or columns that they are read as. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  observation: ["observations", "observation", "obs", "states", "state"],
  next_observation: [
    "next_observations",
    "next_observation",
    "next_obs",
    "next_states",
    "next_state",
  ],
  action: ["actions", "action"],
  reward: ["rewards", "reward"],
};

/** The column that an array of this name is read as, if it is one of those above. */
export function arrayRole(name: string): string | undefined {
  return Object.keys(NAMES).find((role) => NAMES[role].includes(name));
}

/**
 * Reads and validates a data set.
 *
 * @param arrays The file's, as far as they are needed.
 * @param name Name of the file, for messages.
 * @param options As of a CSV file.
 * @throws {InputError} for arrays of other lengths, continuous actions, a missing column, and for bad
 *   rows as in a CSV file.
 */
export function datasetFromNamedArrays(
  arrays: readonly NamedArray[],
  name: string,
  options: DatasetReadOptions,
): Dataset {
  const rows = arrays.find((array) => arrayRole(array.name) === "action")
    ?.shape[0] ?? arrays[0]?.shape[0] ?? 0;
  const isNamed = Object.keys(options.columns ?? {}).length > 0;
  const names: string[] = [];
  const columns: CellValues[] = [];
  const unused: string[] = [];
  let hasRows = false;
  for (const { name: array, shape, values } of arrays) {
    const role = isNamed ? undefined : arrayRole(array);
    if (shape.length < 1 || shape.length > 2 || shape[0] !== rows) {
      if (role === undefined) unused.push(array);
      else fail(name, array, wrongShape(shape, rows));
      continue;
    }
    const size = shape[1] ?? 1;
    if (role === "action") checkActions(name, array, size, values);
    const isRow = role?.endsWith("observation") ?? false;
    hasRows ||= isRow;
    for (let d = 0; d < size; d++) {
      const isOne = size === 1 && !isRow;
      names.push(isOne ? role ?? array : `${role ?? array}_${d}`);
      columns.push({ values, offset: d, stride: size });
    }
  }
  const cells = openCells(names.length);
  cells.columns = columns;
  const table = openTable(names, name, options, "row", hasRows);
  if (unused.length > 0) {
    const listed = unused.slice(0, 10).map((array) => visible(array, 40));
    options.onNote?.(
      `arrays not used: ${listed.join(", ")}${unused.length > 10 ? " …" : ""}`,
    );
  }
  for (let row = 0; row < rows; row++) {
    cells.moveTo(row, row + 1);
    table.row(cells.record);
  }
  return table.finish();
}

function wrongShape(shape: readonly number[], rows: number): string {
  return shape.length > 2
    ? `has shape [${shape.join(", ")}]: only flat ones are supported`
    : `has shape [${shape.join(", ")}] where ${rows} rows were expected`;
}

/** Refuses what is not one whole number or name a step. */
function checkActions(
  name: string,
  array: string,
  size: number,
  values: ArrayLike<number | string>,
): void {
  if (size > 1) {
    fail(name, array, severalNumbers(values as ArrayLike<number>, size));
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    // An empty one stands beside a final observation.
    if (typeof value === "string" || Number.isNaN(value)) continue;
    if (!Number.isInteger(value)) {
      fail(
        name,
        array,
        `has ${value} at step ${i}: only discrete actions, whole numbers, are supported; ` +
          "bin continuous ones first",
      );
    }
  }
}

function fail(name: string, array: string, what: string): never {
  throw new InputError(`${name}: ${JSON.stringify(array)} ${what}`);
}

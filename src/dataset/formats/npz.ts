/**
 * A data set as NumPy's `.npz`: arrays as in `table_arrays.ts`, or a column of a table each.
 *
 * @module
 */

import { openNpz } from "../../files/npz.ts";
import type { Dataset } from "../dataset.ts";
import type { DatasetReadOptions } from "./read_options.ts";
import {
  arrayRole,
  datasetFromNamedArrays,
  type NamedArray,
} from "./table_arrays.ts";
import { saysEnd } from "./table_columns.ts";

/**
 * Reads and validates a data set.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @param options As of a CSV file.
 * @throws {InputError} for damage, for arrays of other lengths, and as for a CSV file.
 */
export function datasetFromNpz(
  bytes: Uint8Array,
  name: string,
  options: DatasetReadOptions = {},
): Dataset {
  const file = openNpz(bytes, name);
  const read = (array: string) => {
    try {
      return file.numbers(array);
    } catch {
      return file.texts(array);
    }
  };
  const named = new Set(Object.values(options.columns ?? {}).flat());
  const isNeeded = (array: string) =>
    arrayRole(array) !== undefined || saysEnd(array) || named.has(array) ||
    array === "episode" || array === "step";
  const arrays: NamedArray[] = [];
  for (const array of file.names) {
    try {
      const { shape, data } = read(array);
      arrays.push({ name: array, shape, values: data });
    } catch (error) {
      if (isNeeded(array)) throw error;
      // People keep Python objects beside their numbers.
      arrays.push({ name: array, shape: [], values: [] });
    }
  }
  return datasetFromNamedArrays(arrays, name, options);
}

/**
 * A data set as a Parquet file; `table.ts` says what its columns are.
 *
 * @module
 */

import type { ByteSource } from "../../files/source.ts";
import type { Dataset } from "../dataset.ts";
import type { DatasetReadOptions } from "./read_options.ts";
import { runInWorker } from "./worker.ts";

/**
 * Reads and validates a data set.
 *
 * @param source The file.
 * @param options As of a CSV file.
 * @throws {InputError} for damage, for a missing column or one of lists, and for bad rows as in a CSV
 *   file.
 */
export async function datasetFromParquet(
  source: ByteSource,
  { columns, actionCount, onNote }: DatasetReadOptions = {},
): Promise<Dataset> {
  const { dataset, notes } = await runInWorker(
    "readParquet",
    source.name,
    source.isPlain ? source.name : await source.whole(),
    source.name,
    { columns, actionCount },
  );
  for (const note of notes) onNote?.(note);
  return dataset;
}

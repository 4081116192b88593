/**
 * A training table as a TensorBoard event file that grows during training.
 *
 * @module
 */
import { join } from "node:path";
import { cannotWrite, writeAll, writeFileAtomic } from "../files/atomic.ts";
import { concatenatedBytes } from "../numerics/arrays.ts";
import {
  TENSORBOARD_FILE,
  tensorboardHeader,
  tensorboardScalars,
} from "./tensorboard.ts";

/** An open event file. */
export interface EventLog extends Disposable {
  /**
   * Appends the scalars of a row: the step, then a value for each further column.
   * @throws InputError if it cannot be written.
   */
  row(values: readonly number[]): void;
}

/**
 * A whole event file.
 *
 * @param name Goes before each tag, e.g. `cql/loss`.
 * @param columns As of the training table; the first is the step.
 */
export function eventLogBytes(
  name: string,
  columns: readonly string[],
  rows: readonly (readonly number[])[],
): Uint8Array {
  const records = rows.map((row) => recordOf(name, columns, row));
  return concatenatedBytes([tensorboardHeader(), ...records]);
}

function recordOf(
  name: string,
  columns: readonly string[],
  [step, ...values]: readonly number[],
): Uint8Array<ArrayBuffer> {
  const scalars = values.map((
    value,
    i,
  ) => [`${name}/${columns[i + 1]}`, value]);
  return tensorboardScalars(step, Object.fromEntries(scalars));
}

/**
 * Begins an event file, or continues one.
 *
 * @param directory A folder that exists.
 * @param name Goes before each tag, e.g. `cql/loss`.
 * @param columns As of the training table; the first is the step.
 * @param rows The rows that there are already.
 * @throws InputError if it cannot be written.
 */
export function openEventLog(
  directory: string,
  name: string,
  columns: readonly string[],
  rows: readonly (readonly number[])[],
): EventLog {
  const path = join(directory, TENSORBOARD_FILE);
  writeFileAtomic(path, eventLogBytes(name, columns, rows));
  const guarded = <T>(write: () => T): T => {
    try {
      return write();
    } catch (error) {
      throw cannotWrite(path, error);
    }
  };
  const file = guarded(() => Deno.openSync(path, { append: true }));
  return {
    row: (values) =>
      guarded(() => writeAll(file, recordOf(name, columns, values))),
    [Symbol.dispose]: () => file.close(),
  };
}

/** Whether a folder has an event file. */
export function hasEventLog(directory: string): boolean {
  try {
    return Deno.statSync(join(directory, TENSORBOARD_FILE)).isFile;
  } catch {
    return false;
  }
}

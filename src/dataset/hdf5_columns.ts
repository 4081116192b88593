/**
 * Columns of a data set as HDF5 files hold them.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import type { Hdf5Numbers, Hdf5Source } from "./hdf5_file.ts";

/** Rows of numbers: `count` rows of `size`, row-major. */
export interface Hdf5Rows {
  /** Rows. */
  readonly count: number;
  /** Numbers per row. */
  readonly size: number;
  /** [count, size] */
  readonly data: ArrayLike<number>;
}

/**
 * Reads flat observations: [T, D], or [T], which is taken for [T, 1].
 *
 * @param source The file.
 * @param path The dataset.
 * @param name Name of the file, for messages.
 * @throws {InputError} for other shapes and for numbers that f32 cannot hold.
 */
export function readRows(
  source: Hdf5Source,
  path: string,
  name: string,
): Hdf5Rows {
  const { shape, integers, data } = source.numbers(path);
  const label = `${name}: ${JSON.stringify(path.slice(1))}`;
  if (shape.length < 1 || shape.length > 2) {
    throw new InputError(
      `${label} has shape [${
        shape.join(", ")
      }]: only flat observations are supported`,
    );
  }
  if (integers) {
    for (let i = 0; i < data.length; i++) {
      if (Math.fround(data[i]) !== data[i]) {
        throw new InputError(
          `${label} holds the integer ${
            data[i]
          }, which a 32-bit float cannot hold exactly`,
        );
      }
    }
  }
  return { count: shape[0], size: shape[1] ?? 1, data };
}

/**
 * Reads one number a step: [T] or [T, 1].
 *
 * @param source The file.
 * @param path The dataset.
 * @param name Name of the file, for messages.
 * @param steps T.
 * @throws {InputError} for other shapes.
 */
export function readNumberColumn(
  source: Hdf5Source,
  path: string,
  name: string,
  steps: number,
): Hdf5Numbers {
  const numbers = source.numbers(path);
  const [first, ...rest] = numbers.shape;
  if (first !== steps || rest.some((size) => size !== 1)) {
    throw new InputError(
      `${name}: ${JSON.stringify(path.slice(1))} has shape ` +
        `[${numbers.shape.join(", ")}] where ${steps} numbers were expected`,
    );
  }
  return numbers;
}

/**
 * Reads one integer or boolean a step, 32 bits of it.
 *
 * @param source The file.
 * @param path The dataset.
 * @param name Name of the file, for messages.
 * @param steps T.
 * @param start Is subtracted from each number.
 * @throws {InputError} for other shapes, for floats, and for numbers that do not fit.
 */
export function readIntegerColumn(
  source: Hdf5Source,
  path: string,
  name: string,
  steps: number,
  start = 0,
): Int32Array {
  const { integers, data } = readNumberColumn(source, path, name, steps);
  const label = `${name}: ${JSON.stringify(path.slice(1))}`;
  if (!integers) {
    throw new InputError(
      `${label} holds no integers: only discrete ones are supported`,
    );
  }
  const column = new Int32Array(steps);
  for (let t = 0; t < steps; t++) {
    column[t] = data[t] - start;
    if (column[t] !== data[t] - start) {
      throw new InputError(`${label} has ${data[t]} at step ${t}`);
    }
  }
  return column;
}

/**
 * Columns of a data set as HDF5 files hold them. Each is checked first and read later, so
 * that no memory is taken for a column beside one of the wrong shape.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import type { Hdf5Numbers, Hdf5Source } from "./hdf5_source.ts";

/** Rows of numbers: `count` rows of `size`. */
export interface Hdf5Rows {
  /** Rows. */
  readonly count: number;
  /** Numbers per row. */
  readonly size: number;
  /** Reads them: [count, size] row-major. */
  read(): ArrayLike<number>;
}

/** A column of one number a step. */
export interface Hdf5Column {
  /** Reads it: [T]. */
  read(): ArrayLike<number>;
}

/**
 * Flat observations: [T, D], or [T], which is taken for [T, 1].
 *
 * @param source The file.
 * @param path The dataset.
 * @param name Name of the file, for messages.
 * @throws {InputError} for other shapes.
 */
export function rowsOf(
  source: Hdf5Source,
  path: string,
  name: string,
): Hdf5Rows {
  const { shape, read } = source.numbers(path);
  if (shape.length < 1 || shape.length > 2) {
    throw new InputError(
      `${label(name, path)} has shape [${
        shape.join(", ")
      }]: only flat observations are supported`,
    );
  }
  return { count: shape[0], size: shape[1] ?? 1, read };
}

/**
 * One number a step: [T] or [T, 1].
 *
 * @param source The file.
 * @param path The dataset.
 * @param name Name of the file, for messages.
 * @param steps T.
 * @throws {InputError} for other shapes.
 */
export function numbersOf(
  source: Hdf5Source,
  path: string,
  name: string,
  steps: number,
): Hdf5Numbers {
  const numbers = source.numbers(path);
  const [first, ...rest] = numbers.shape;
  if (first !== steps || rest.some((size) => size !== 1)) {
    throw new InputError(
      `${label(name, path)} has shape [${
        numbers.shape.join(", ")
      }] where ${steps} numbers were expected`,
    );
  }
  return numbers;
}

/**
 * One action a step: [T] or [T, 1] integers, which may be stored as floats.
 *
 * @param source The file.
 * @param path The dataset.
 * @param name Name of the file, for messages.
 * @param steps T.
 * @throws {InputError} for other shapes; reading throws for what is not an integer.
 */
export function actionsOf(
  source: Hdf5Source,
  path: string,
  name: string,
  steps: number,
): Hdf5Column {
  const { shape, read } = source.numbers(path);
  const size = shape[1];
  if (shape.length === 2 && shape[0] === steps && size > 1) {
    throw new InputError(
      `${label(name, path)} ${severalNumbers(read(), size)}`,
    );
  }
  numbersOf(source, path, name, steps);
  return {
    read() {
      const actions = read();
      for (let t = 0; t < steps; t++) {
        if (Number.isSafeInteger(actions[t])) continue;
        throw new InputError(
          `${label(name, path)} has ${actions[t]} at step ${t}: ` +
            (Number.isInteger(actions[t])
              ? "no integer beyond 2^53 can be an action"
              : "only discrete actions, whole numbers, are supported; " +
                "bin continuous ones first"),
        );
      }
      return actions;
    },
  };
}

/** What is wrong with actions of more than one number, and what to do. */
export function severalNumbers(
  actions: ArrayLike<number>,
  size: number,
): string {
  for (let i = 0; i < actions.length; i += size) {
    let ones = 0;
    let zeros = 0;
    for (let a = 0; a < size; a++) {
      if (actions[i + a] === 1) ones++;
      else if (actions[i + a] === 0) zeros++;
    }
    if (ones !== 1 || zeros !== size - 1) {
      return `has ${size} numbers a step, continuous actions or several at once: ` +
        "only one discrete action a step is supported";
    }
  }
  return `holds one-hot actions, ${size} numbers a step of which one is 1: ` +
    "write the index of the 1 instead (NumPy: argmax(axis=1))";
}

/**
 * One flag a step: [T] or [T, 1], each 0 or 1, false or true, and 1 at the last step only.
 *
 * @param source The file.
 * @param path The dataset.
 * @param name Name of the file, for messages.
 * @param steps T.
 * @throws {InputError} for other shapes and floats; reading throws for other numbers.
 */
export function flagsOf(
  source: Hdf5Source,
  path: string,
  name: string,
  steps: number,
): Hdf5Column {
  const { integers, read } = numbersOf(source, path, name, steps);
  if (!integers) {
    throw new InputError(`${label(name, path)} holds neither true nor false`);
  }
  return {
    read() {
      const flags = read();
      for (let t = 0; t < steps; t++) {
        if (flags[t] !== 0 && (flags[t] !== 1 || t < steps - 1)) {
          throw new InputError(
            `${label(name, path)} has ${flags[t]} at step ${t} of ${steps}; ` +
              "only the last step may be 1",
          );
        }
      }
      return flags;
    },
  };
}

function label(name: string, path: string): string {
  return `${name}: ${JSON.stringify(path.slice(1))}`;
}

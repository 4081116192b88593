/**
 * Typed arrays.
 *
 * @module
 */

import { InputError } from "../errors.ts";

/**
 * The rows of a row-major matrix.
 *
 * @param length Its numbers.
 * @param size Numbers of a row.
 * @param what What the matrix holds, for the message.
 * @throws InputError if these are not whole rows.
 */
export function wholeRows(length: number, size: number, what: string): number {
  if (Number.isSafeInteger(size) && size > 0 && length % size === 0) {
    return length / size;
  }
  throw new InputError(
    `${what}: ${length} numbers are not whole rows of ${size}`,
  );
}

/** @throws InputError unless an array has the length that another thing gives it. */
export function requireLength(
  length: number,
  wanted: number,
  what: string,
): void {
  if (length !== wanted) {
    throw new InputError(
      `${what}: has ${length} entries where ${wanted} are needed`,
    );
  }
}

/** @throws InputError unless each action lies in 0 … actionCount - 1. */
export function requireActions(actions: Int32Array, actionCount: number): void {
  const wrong = actions.findIndex((a) => a < 0 || a >= actionCount);
  if (wrong >= 0) {
    throw new InputError(
      `action ${actions[wrong]} of row ${wrong} is outside 0 … ${
        actionCount - 1
      }`,
    );
  }
}

/** The arrays in sequence, copied. */
export function concatenated(
  parts: readonly Float32Array[],
): Float32Array<ArrayBuffer> {
  return joined(parts, (length) => new Float32Array(length));
}

/** Bytes in sequence, copied. */
export function concatenatedBytes(
  parts: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  return joined(parts, (length) => new Uint8Array(length));
}

function joined<A extends Float32Array | Uint8Array>(
  parts: readonly ArrayLike<number>[],
  make: (length: number) => A,
): A {
  const all = make(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

/**
 * Typed arrays.
 *
 * @module
 */

/** One array after the other, copied. */
export function concatenated(
  parts: readonly Float32Array[],
): Float32Array<ArrayBuffer> {
  return joined(parts, (length) => new Float32Array(length));
}

/** Bytes one after the other, copied. */
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

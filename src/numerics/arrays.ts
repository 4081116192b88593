/**
 * Typed arrays.
 *
 * @module
 */

/** One array after the other, copied. */
export function concatenated(
  parts: readonly Float32Array[],
): Float32Array<ArrayBuffer> {
  const all = new Float32Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

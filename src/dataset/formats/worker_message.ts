/**
 * Values on their way to and from the worker. Deno 2.9 sends a typed array through
 * `node:worker_threads` element by element (30 s and 3 GB for 50 MB), an ArrayBuffer at once.
 *
 * @module
 */

import type { Dataset } from "../dataset.ts";

const ARRAYS = {
  Float32Array,
  Float64Array,
  Int32Array,
  Uint32Array,
  Uint8Array,
};

interface PackedArray {
  readonly typedArray: keyof typeof ARRAYS;
  readonly buffer: ArrayBuffer;
}

/** A data set that was read, and notes on what its file does not say itself. */
export interface NotedDataset {
  /** It is valid. */
  readonly dataset: Dataset;
  /** One line each. */
  readonly notes: readonly string[];
}

/** Puts the bytes of each typed array in plain objects and lists in place of it. */
export function pack(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    const isWhole = byteLength === buffer.byteLength;
    return {
      typedArray: value.constructor.name,
      buffer: isWhole
        ? buffer
        : buffer.slice(byteOffset, byteOffset + byteLength),
    };
  }
  return mapValues(value, pack);
}

/** The inverse of {@link pack}. */
export function unpack(value: unknown): unknown {
  if (typeof value === "object" && value !== null && "typedArray" in value) {
    const { typedArray, buffer } = value as PackedArray;
    return new ARRAYS[typedArray](buffer);
  }
  return mapValues(value, unpack);
}

function mapValues(value: unknown, map: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, map(entry)]),
  );
}

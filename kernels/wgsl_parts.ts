/**
 * Functions that the GPU versions of several kernels have, each for the buffer that it reads: WGSL
 * has no way to give a function a part of an array.
 *
 * @module
 */
import best from "./best.wgsl" with { type: "text" };
import lowestSum from "./lowest_sum.wgsl" with { type: "text" };

/** `best_of_BUFFER(row)`: the lowest index of the largest value among the allowed `actions` of a row. */
export const bestOf = (buffer: string): string =>
  best.replaceAll("BUFFER", buffer);

/** `lowest_sum_of_BUFFER(start)`: the sum of the `whole` lowest of `quantiles` values and of `fraction` of the next. */
export const lowestSumOf = (buffer: string): string =>
  lowestSum.replaceAll("BUFFER", buffer);

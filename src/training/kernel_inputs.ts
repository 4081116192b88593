/**
 * Awkward contents for a kernel's buffers, within the arithmetic contract: stored values are 0 or at
 * least as large as the flush leaves them.
 *
 * @module
 */
import {
  FLUSH_FIRST_MOMENT,
  FLUSH_SECOND_MOMENT,
  FLUSH_TENSOR,
} from "../../kernels/portable.ts";
import type { RandomStream } from "../numerics/random.ts";

/** What a buffer holds in training. */
export type Fill = "tensor" | "probability" | "firstMoment" | "secondMoment";

/** A whole buffer of one of: plain values, values near ±100, values near the flush, or a mixture. */
export function fillBuffer(
  random: RandomStream,
  fill: Fill,
  length: number,
): Float32Array {
  const values = new Float32Array(length);
  const draw = generator(random, fill);
  // Dead units are exact zeros; their sign is either.
  const zeros = [0, 0, 0.5, 0.9, 1][random.integer(5)];
  for (let i = 0; i < length; i++) {
    if (random.uniform() >= zeros) values[i] = draw();
    else if (fill !== "secondMoment" && random.integer(2) === 0) values[i] = -0;
  }
  return values;
}

function generator(random: RandomStream, fill: Fill): () => number {
  const sign = () => 1 - 2 * random.integer(2);
  // Uniform in the exponent: every scale between the two is as likely.
  const between = (low: number, high: number) =>
    low * 2 ** (random.uniform() * Math.log2(high / low));
  if (fill === "probability") return () => between(FLUSH_TENSOR, 1);
  if (fill === "firstMoment") {
    return () => sign() * between(FLUSH_FIRST_MOMENT, 10);
  }
  if (fill === "secondMoment") return () => between(FLUSH_SECOND_MOMENT, 100);
  const kinds = [
    () => 4 * random.uniform() - 2,
    () => sign() * (99 + random.uniform()),
    () => sign() * between(FLUSH_TENSOR, 4 * FLUSH_TENSOR),
    () => sign() * between(FLUSH_TENSOR, 100),
    // Few distinct values: ties, and sums that cancel.
    () => (random.integer(5) - 2) / 2,
  ];
  return kinds[random.integer(kinds.length)];
}

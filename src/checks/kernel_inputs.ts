/**
 * Awkward contents for a kernel's buffers, within the arithmetic contract: stored values are 0 or at
 * least as large as the flush leaves them.
 *
 * @module
 */
import type { Contents, Fill } from "../../kernels/example.ts";
import type { Access } from "../../kernels/kernel.ts";
import {
  FLUSH_FIRST_MOMENT,
  FLUSH_SECOND_MOMENT,
  FLUSH_TENSOR,
  FORBIDDEN,
} from "../../kernels/portable.ts";
import type { RandomStream } from "../numerics/random.ts";

/** A whole buffer of one kind of values, such as plain ones, ones near ±100 or near the flush, or of all kinds. */
export function fillBuffer(
  random: RandomStream,
  fill: Fill,
  length: number,
): Float32Array {
  const values = new Float32Array(length);
  if (fill === "mask") return values.map(() => random.integer(2));
  const draw = generator(random, fill === "masked" ? "tensor" : fill);
  // Dead units are exact zeros; their sign is either.
  const zeros = [0, 0, 0.5, 0.9, 1][random.integer(5)];
  for (let i = 0; i < length; i++) {
    if (random.uniform() >= zeros) values[i] = draw();
    else if (fill !== "secondMoment" && random.integer(2) === 0) values[i] = -0;
  }
  return values;
}

function generator(
  random: RandomStream,
  fill: Exclude<Fill, "mask" | "masked">,
): () => number {
  const pick = <T>(values: readonly T[]): T =>
    values[random.integer(values.length)];
  const sign = () => pick([-1, 1]);
  // Uniform in the exponent: every scale between the two is as likely.
  const between = (low: number, high: number) =>
    low * 2 ** (random.uniform() * Math.log2(high / low));
  // Halves and differences of these are the threshold itself and the number below it.
  const edge = (threshold: number) => threshold * pick([1, 2, 2 - 2 ** -23, 4]);
  const kinds: readonly (() => number)[] = {
    probability: [() => between(FLUSH_TENSOR, 1)],
    logProbability: [
      () => -4 * random.uniform(),
      () => -between(FLUSH_TENSOR, 100),
      () => 0,
    ],
    firstMoment: [
      () => sign() * between(FLUSH_FIRST_MOMENT, 10),
      () => sign() * edge(FLUSH_FIRST_MOMENT),
    ],
    secondMoment: [
      () => between(FLUSH_SECOND_MOMENT, 100),
      () => edge(FLUSH_SECOND_MOMENT),
    ],
    tensor: [
      () => 4 * random.uniform() - 2,
      () => sign() * (99 + random.uniform()),
      () => sign() * between(FLUSH_TENSOR, 4 * FLUSH_TENSOR),
      () => sign() * between(FLUSH_TENSOR, 100),
      () => sign() * edge(FLUSH_TENSOR),
      () => sign() * pick([2 ** -20, 1, 1000, 2 ** 24]),
      // Few distinct values: ties, and sums that cancel.
      () => (random.integer(5) - 2) / 2,
    ],
  }[fill];
  return pick([...kinds, () => pick(kinds)()]);
}

/**
 * A buffer before a call, [rows, stride]: zero in the padding and, at times, in whole columns, which
 * are dead units. What is only written begins with anything, in the padding too.
 */
export function filledBuffer(
  random: RandomStream,
  { rows, columns, stride, fill }: Contents,
  access: Access,
): Float32Array {
  const values = fillBuffer(random, fill, rows * stride);
  if (access === "write") return values;
  const dead = [0, 0.5][random.integer(2)];
  for (let column = 0; column < stride; column++) {
    const isDead = rows > 1 && random.uniform() < dead;
    if (column < columns && !isDead) continue;
    for (let row = 0; row < rows; row++) values[row * stride + column] = 0;
  }
  if (fill === "masked" || fill === "logProbability") {
    for (let row = 0; row < rows; row++) {
      const kept = random.integer(columns);
      for (let column = 0; column < columns; column++) {
        if (column === kept || random.integer(2) === 0) continue;
        values[row * stride + column] = FORBIDDEN;
      }
    }
  }
  return values;
}

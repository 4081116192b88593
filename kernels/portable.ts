/**
 * Portable f32 functions: exp, log, recip, rsqrt, sqrt and the flush of stored values, built from
 * single-rounded add, sub, mul, compare, floor, integer operations and bitcasts only, so that plain
 * TypeScript, WebAssembly SIMD and WGSL return the same bits. This file is the executable
 * specification; `portable.as.ts` and `portable.wgsl` say the same in their languages.
 *
 * No library serves: `Math.exp` and WGSL's `exp` have engine- and driver-defined last bits.
 * Polynomials are those of Cephes' `expf` and `logf` (S. L. Moshier, netlib/cephes, single/).
 *
 * @module
 */

const { fround } = Math;

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The bits of an f32 as an unsigned integer. */
export function bitsOf(x: number): number {
  float[0] = x;
  return word[0];
}

/** The f32 that has these bits. */
export function fromBits(bits: number): number {
  word[0] = bits;
  return float[0];
}

/** 2^-40: every tensor element below this in magnitude is stored as +0. */
export const FLUSH_TENSOR: number = 2 ** -40;
/** 2^-60: the same for Adam's first moment. */
export const FLUSH_FIRST_MOMENT: number = 2 ** -60;
/** 2^-100: the same for Adam's second moment. */
export const FLUSH_SECOND_MOMENT: number = 2 ** -100;

/**
 * -2^127: what stands for the output of an action that is not allowed, or that a policy excludes. Exact, finite, and no output
 * that training reaches without diverging.
 */
export const FORBIDDEN: number = -(2 ** 127);

/**
 * What each of `count` equal parts gets of a `whole`: `part`, computed on the host, where all
 * `most` of them share it.
 */
export function equalPart(
  count: number,
  most: number,
  whole: number,
  part: number,
): number {
  return count === most ? part : fround(whole * recip(count));
}

/** The Huber loss at 1 of a difference: half its square, or, above 1, its size less 0.5. */
export function huber(difference: number): number {
  const size = difference < 0 ? -difference : difference;
  return size > 1 ? fround(size - 0.5) : fround(fround(size * size) * 0.5);
}

/** The derivative of {@link huber}. */
export function huberSlope(difference: number): number {
  return difference > 1 ? 1 : difference < -1 ? -1 : difference;
}

/** A number as a probability: 0 below 0, 1 above 1. */
export function clipped(x: number): number {
  return x > 0 ? (x < 1 ? x : 1) : 0;
}

/** `x`, or +0 where |x| is below `threshold`; also turns -0 into +0, and keeps NaN. */
export function flush(x: number, threshold: number = FLUSH_TENSOR): number {
  return x > -threshold && x < threshold ? 0 : x;
}

/** e^x for x <= 88, at most 1 ULP from the true value; 0 for x < -40. */
export function exp(x: number): number {
  if (x < -40) return 0;
  const n = Math.floor(fround(fround(x * fround(1.44269504088896341)) + 0.5));
  let r = fround(x - fround(n * 0.693359375));
  r = fround(r - fround(n * fround(-2.12194440e-4)));
  let p = fround(1.9875691500e-4);
  p = fround(fround(p * r) + fround(1.3981999507e-3));
  p = fround(fround(p * r) + fround(8.3334519073e-3));
  p = fround(fround(p * r) + fround(4.1665795894e-2));
  p = fround(fround(p * r) + fround(1.6666665459e-1));
  p = fround(fround(p * r) + fround(5.0000001201e-1));
  const y = fround(fround(fround(p * fround(r * r)) + r) + 1);
  return fromBits(bitsOf(y) + (n << 23));
}

/** The probability of a log probability, flushed like a tensor. */
export function probability(logProbability: number): number {
  return flush(exp(logProbability));
}

/** Natural logarithm of a normal x > 0, at most 0.83 ULP from the true value. */
export function log(x: number): number {
  // Adding the distance from sqrt(1/2) to 1 in bits makes the exponent field step at sqrt(1/2),
  // so that the mantissa lands in [sqrt(1/2), sqrt(2)).
  const shifted = (bitsOf(x) + (0x3f800000 - 0x3f3504f3)) | 0;
  const e = (shifted >> 23) - 127;
  const m = fround(fromBits((shifted & 0x007fffff) + 0x3f3504f3) - 1);
  const z = fround(m * m);
  let p = fround(7.0376836292e-2);
  p = fround(fround(p * m) + fround(-1.1514610310e-1));
  p = fround(fround(p * m) + fround(1.1676998740e-1));
  p = fround(fround(p * m) + fround(-1.2420140846e-1));
  p = fround(fround(p * m) + fround(1.4249322787e-1));
  p = fround(fround(p * m) + fround(-1.6668057665e-1));
  p = fround(fround(p * m) + fround(2.0000714765e-1));
  p = fround(fround(p * m) + fround(-2.4999993993e-1));
  p = fround(fround(p * m) + fround(3.3333331174e-1));
  let y = fround(fround(p * m) * z);
  y = fround(y + fround(e * fround(-2.12194440e-4)));
  y = fround(y - fround(0.5 * z));
  return fround(fround(m + y) + fround(e * 0.693359375));
}

/** 1 / x for 2^-100 <= |x| <= 2^100, at most 1.25 ULP from the true value. */
export function recip(x: number): number {
  let y = fromBits(0x7ef311c7 - bitsOf(x));
  y = fround(y * fround(2 - fround(x * y)));
  y = fround(y * fround(2 - fround(x * y)));
  y = fround(y * fround(2 - fround(x * y)));
  return fround(y + fround(y * fround(1 - fround(x * y))));
}

/** 1 / sqrt(x) for a normal x > 0, at most 1.25 ULP from the true value. */
export function rsqrt(x: number): number {
  const h = fround(x * 0.5);
  let y = fromBits(0x5f375a86 - (bitsOf(x) >>> 1));
  y = fround(y * fround(1.5 - fround(fround(h * y) * y)));
  y = fround(y * fround(1.5 - fround(fround(h * y) * y)));
  y = fround(y * fround(1.5 - fround(fround(h * y) * y)));
  return fround(y + fround(y * fround(0.5 - fround(fround(h * y) * y))));
}

/** Square root of a normal x > 0 or of 0, at most 1.74 ULP from the true value. */
export function sqrt(x: number): number {
  return x > 0 ? fround(x * rsqrt(x)) : 0;
}

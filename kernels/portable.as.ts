/**
 * `portable.ts` on four lanes: exp, log, recip, sqrt and the flush of stored values, operation for
 * operation. A single value takes a whole vector: there is one implementation, not two.
 *
 * Constants are loaded from memory, each with one instruction: V8 makes a literal vector anew, with
 * four, wherever it is used in a loop.
 */

/** 2^-40: every tensor element below this in magnitude is stored as +0. */
const FLUSH_TENSOR: f32 = reinterpret<f32>(87 << 23);

/** -2^127: an output of an action that is not allowed. */
export const FORBIDDEN: f32 = reinterpret<f32>(0xff000000);

/** The bits of the constants, in the order of {@link K}. */
const CONSTANTS = memory.data<u32>([
  0x2b800000, // 2^-40
  0x17800000, // 2^-80
  0x03800000, // 2^-120
  0x0d800000, // 2^-100
  0x3fb8aa3b, // 1.44269504088896341
  0x3f000000, // 0.5
  0x3f318000, // 0.693359375
  0xb95e8083, // -2.12194440e-4
  0x39506967, // 1.9875691500e-4
  0x3ab743ce, // 1.3981999507e-3
  0x3c088908, // 8.3334519073e-3
  0x3d2aa9c1, // 4.1665795894e-2
  0x3e2aaaaa, // 1.6666665459e-1
  0x3f000000, // 5.0000001201e-1
  0x3f800000, // 1
  0xc2200000, // -40
  0x3d9021bb, // 7.0376836292e-2
  0xbdebd1b8, // -1.1514610310e-1
  0x3def251a, // 1.1676998740e-1
  0xbdfe5d4f, // -1.2420140846e-1
  0x3e11e9bf, // 1.4249322787e-1
  0xbe2aae50, // -1.6668057665e-1
  0x3e4cceac, // 2.0000714765e-1
  0xbe7ffffc, // -2.4999993993e-1
  0x3eaaaaaa, // 3.3333331174e-1
  0x40000000, // 2
  0x3fc00000, // 1.5
  0x004afb0d, // 0x3f800000 - 0x3f3504f3
  0x0000007f, // 127
  0x007fffff, // 0x007fffff
  0x3f3504f3, // 0x3f3504f3
  0x7ef311c7, // 0x7ef311c7
  0x5f375a86, // 0x5f375a86
], 16);

const enum K {
  flushTensor,
  flushTensorSquared,
  flushFirstMomentSquared,
  flushSecondMoment,
  log2e,
  half,
  ln2High,
  ln2Low,
  exp0,
  exp1,
  exp2,
  exp3,
  exp4,
  exp5,
  one,
  lowest,
  log0,
  log1,
  log2,
  log3,
  log4,
  log5,
  log6,
  log7,
  log8,
  two,
  threeHalves,
  logShift,
  exponentBias,
  mantissa,
  rootHalf,
  recipStart,
  rsqrtStart,
}

// @ts-ignore: decorator
@inline
function constant(k: K): v128 {
  return v128.load32_splat(CONSTANTS + (<usize>k << 2));
}

/** 2^-40, under which tensor elements are flushed. */
// @ts-ignore: decorator
@inline
export function tensorThreshold(): v128 {
  return constant(K.flushTensor);
}

/** Its square, for {@link flush}. */
// @ts-ignore: decorator
@inline
export function tensorFlush(): v128 {
  return constant(K.flushTensorSquared);
}

/** The square of 2^-60, the same for Adam's first moment. */
// @ts-ignore: decorator
@inline
export function firstMomentFlush(): v128 {
  return constant(K.flushFirstMomentSquared);
}

/** 2^-100, the same for Adam's second moment. */
// @ts-ignore: decorator
@inline
export function secondMomentThreshold(): v128 {
  return constant(K.flushSecondMoment);
}

/**
 * x, or +0 where |x| is below the threshold, a power of two whose square is given: x · x is below it
 * for the same x, also rounded, and V8 makes |x| with three instructions.
 */
// @ts-ignore: decorator
@inline
export function flush(x: v128, squaredThreshold: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.mul(x, x), squaredThreshold));
}

/** The flush of one tensor element. */
// @ts-ignore: decorator
@inline
export function flushTensor(x: f32): f32 {
  return abs(x) < FLUSH_TENSOR ? <f32>0 : x;
}

/** e^x for x <= 88; 0 for x < -40. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const n = f32x4.floor(
    f32x4.add(
      f32x4.mul(x, constant(K.log2e)),
      constant(K.half),
    ),
  );
  let r = f32x4.sub(x, f32x4.mul(n, constant(K.ln2High)));
  r = f32x4.sub(r, f32x4.mul(n, constant(K.ln2Low)));
  let p = constant(K.exp0);
  p = f32x4.add(f32x4.mul(p, r), constant(K.exp1));
  p = f32x4.add(f32x4.mul(p, r), constant(K.exp2));
  p = f32x4.add(f32x4.mul(p, r), constant(K.exp3));
  p = f32x4.add(f32x4.mul(p, r), constant(K.exp4));
  p = f32x4.add(f32x4.mul(p, r), constant(K.exp5));
  const y = f32x4.add(
    f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r),
    constant(K.one),
  );
  const scaled = i32x4.add(y, i32x4.shl(i32x4.trunc_sat_f32x4_s(n), 23));
  return v128.andnot(scaled, f32x4.lt(x, constant(K.lowest)));
}

/** The probability of a log probability, flushed like a tensor. */
// @ts-ignore: decorator
@inline
export function probability(logProbability: f32): f32 {
  return flushTensor(f32x4.extract_lane(exp(f32x4.splat(logProbability)), 0));
}

/** Natural logarithm of a normal x > 0. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const shifted = i32x4.add(x, constant(K.logShift));
  const e = f32x4.convert_i32x4_s(
    i32x4.sub(i32x4.shr_s(shifted, 23), constant(K.exponentBias)),
  );
  const m = f32x4.sub(
    i32x4.add(
      v128.and(shifted, constant(K.mantissa)),
      constant(K.rootHalf),
    ),
    constant(K.one),
  );
  const z = f32x4.mul(m, m);
  let p = constant(K.log0);
  p = f32x4.add(f32x4.mul(p, m), constant(K.log1));
  p = f32x4.add(f32x4.mul(p, m), constant(K.log2));
  p = f32x4.add(f32x4.mul(p, m), constant(K.log3));
  p = f32x4.add(f32x4.mul(p, m), constant(K.log4));
  p = f32x4.add(f32x4.mul(p, m), constant(K.log5));
  p = f32x4.add(f32x4.mul(p, m), constant(K.log6));
  p = f32x4.add(f32x4.mul(p, m), constant(K.log7));
  p = f32x4.add(f32x4.mul(p, m), constant(K.log8));
  let y = f32x4.mul(f32x4.mul(p, m), z);
  y = f32x4.add(y, f32x4.mul(e, constant(K.ln2Low)));
  y = f32x4.sub(y, f32x4.mul(constant(K.half), z));
  return f32x4.add(
    f32x4.add(m, y),
    f32x4.mul(e, constant(K.ln2High)),
  );
}

/** 1 / x for 2^-100 <= |x| <= 2^100. */
// @ts-ignore: decorator
@inline
export function recip(x: v128): v128 {
  const twos = constant(K.two);
  let y = recipStart(x);
  y = recipStep(x, y, twos);
  y = recipStep(x, y, twos);
  y = recipStep(x, y, twos);
  return recipEnd(x, y, constant(K.one));
}

/** What each of `count` equal parts gets of a `whole`; `part` where all `most` of them share it. */
// @ts-ignore: decorator
@inline
export function equalPart(count: i32, most: i32, whole: f32, part: f32): f32 {
  return count == most
    ? part
    : whole * f32x4.extract_lane(recip(f32x4.splat(<f32>count)), 0);
}

/** The Huber loss at 1 of a difference. */
// @ts-ignore: decorator
@inline
export function huber(difference: f32): f32 {
  const size = abs(difference);
  return size > 1 ? size - <f32>0.5 : size * size * <f32>0.5;
}

/** The derivative of `huber`. */
// @ts-ignore: decorator
@inline
export function huberSlope(difference: f32): f32 {
  return difference > 1 ? <f32>1 : difference < -1 ? <f32>-1 : difference;
}

/** A number as a probability: 0 below 0, 1 above 1. */
// @ts-ignore: decorator
@inline
export function clipped(x: f32): f32 {
  return x > 0 ? (x < 1 ? x : <f32>1) : <f32>0;
}

// The parts of recip and of the square root, for loops that take many values through each part in
// turn: every operation waits for its input, and short parts keep more values under way. The
// constants are passed in, loaded once before such a loop.

// @ts-ignore: decorator
@inline
export function halves(): v128 {
  return constant(K.half);
}

// @ts-ignore: decorator
@inline
export function ones(): v128 {
  return constant(K.one);
}

// @ts-ignore: decorator
@inline
export function threeHalves(): v128 {
  return constant(K.threeHalves);
}

// @ts-ignore: decorator
@inline
export function twos(): v128 {
  return constant(K.two);
}

/** The first approximation of 1 / x; three times {@link recipStep} and then {@link recipEnd} follow. */
// @ts-ignore: decorator
@inline
export function recipStart(x: v128): v128 {
  return i32x4.sub(constant(K.recipStart), x);
}

// @ts-ignore: decorator
@inline
export function recipStep(x: v128, y: v128, twos: v128): v128 {
  return f32x4.mul(y, f32x4.sub(twos, f32x4.mul(x, y)));
}

// @ts-ignore: decorator
@inline
export function recipEnd(x: v128, y: v128, ones: v128): v128 {
  return f32x4.add(y, f32x4.mul(y, f32x4.sub(ones, f32x4.mul(x, y))));
}

/**
 * The first approximation of 1 / sqrt(x) for a normal x > 0 or +0; three times {@link rsqrtStep} and
 * then {@link rsqrtEnd} follow, with h = x / 2. Times x it is sqrt(x); the result for 0 is finite, so
 * that sqrt(0) is +0 and nothing has to be selected.
 */
// @ts-ignore: decorator
@inline
export function rsqrtStart(x: v128): v128 {
  return i32x4.sub(constant(K.rsqrtStart), i32x4.shr_u(x, 1));
}

// @ts-ignore: decorator
@inline
export function rsqrtStep(h: v128, y: v128, threeHalves: v128): v128 {
  return f32x4.mul(y, f32x4.sub(threeHalves, f32x4.mul(f32x4.mul(h, y), y)));
}

// @ts-ignore: decorator
@inline
export function rsqrtEnd(h: v128, y: v128, halves: v128): v128 {
  return f32x4.add(
    y,
    f32x4.mul(y, f32x4.sub(halves, f32x4.mul(f32x4.mul(h, y), y))),
  );
}

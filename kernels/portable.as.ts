/**
 * `portable.ts` on four lanes: exp, log, recip, sqrt and the flush of stored values, operation for
 * operation. A single value takes a whole vector: there is one implementation, not two.
 */

/** 2^-40: every tensor element below this in magnitude is stored as +0. */
export const FLUSH_TENSOR: f32 = reinterpret<f32>(87 << 23);
/** 2^-60: the same for Adam's first moment. */
export const FLUSH_FIRST_MOMENT: f32 = reinterpret<f32>(67 << 23);
/** 2^-100: the same for Adam's second moment. */
export const FLUSH_SECOND_MOMENT: f32 = reinterpret<f32>(27 << 23);

/** x, or +0 where |x| is below `threshold`. */
// @ts-ignore: decorator
@inline
export function flush(x: v128, threshold: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), threshold));
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
      f32x4.mul(x, f32x4.splat(<f32>1.44269504088896341)),
      f32x4.splat(<f32>0.5),
    ),
  );
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(<f32>0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(<f32>-2.12194440e-4)));
  let p = f32x4.splat(<f32>1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(<f32>5.0000001201e-1));
  const y = f32x4.add(
    f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r),
    f32x4.splat(<f32>1),
  );
  const scaled = i32x4.add(y, i32x4.shl(i32x4.trunc_sat_f32x4_s(n), 23));
  return v128.andnot(scaled, f32x4.lt(x, f32x4.splat(<f32>-40)));
}

/** Natural logarithm of a normal x > 0. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const shifted = i32x4.add(x, i32x4.splat(0x3f800000 - 0x3f3504f3));
  const e = f32x4.convert_i32x4_s(
    i32x4.sub(i32x4.shr_s(shifted, 23), i32x4.splat(127)),
  );
  const m = f32x4.sub(
    i32x4.add(
      v128.and(shifted, i32x4.splat(0x007fffff)),
      i32x4.splat(0x3f3504f3),
    ),
    f32x4.splat(<f32>1),
  );
  const z = f32x4.mul(m, m);
  let p = f32x4.splat(<f32>7.0376836292e-2);
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(<f32>-1.1514610310e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(<f32>1.1676998740e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(<f32>-1.2420140846e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(<f32>1.4249322787e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(<f32>-1.6668057665e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(<f32>2.0000714765e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(<f32>-2.4999993993e-1));
  p = f32x4.add(f32x4.mul(p, m), f32x4.splat(<f32>3.3333331174e-1));
  let y = f32x4.mul(f32x4.mul(p, m), z);
  y = f32x4.add(y, f32x4.mul(e, f32x4.splat(<f32>-2.12194440e-4)));
  y = f32x4.sub(y, f32x4.mul(f32x4.splat(<f32>0.5), z));
  return f32x4.add(
    f32x4.add(m, y),
    f32x4.mul(e, f32x4.splat(<f32>0.693359375)),
  );
}

/** 1 / x for 2^-100 <= |x| <= 2^100. */
// @ts-ignore: decorator
@inline
export function recip(x: v128): v128 {
  const one = f32x4.splat(<f32>1);
  const two = f32x4.splat(<f32>2);
  let y = i32x4.sub(i32x4.splat(0x7ef311c7), x);
  y = f32x4.mul(y, f32x4.sub(two, f32x4.mul(x, y)));
  y = f32x4.mul(y, f32x4.sub(two, f32x4.mul(x, y)));
  y = f32x4.mul(y, f32x4.sub(two, f32x4.mul(x, y)));
  return f32x4.add(y, f32x4.mul(y, f32x4.sub(one, f32x4.mul(x, y))));
}

/** 1 / sqrt(x) for a normal x > 0; finite for 0. */
// @ts-ignore: decorator
@inline
export function rsqrt(x: v128): v128 {
  const half = f32x4.splat(<f32>0.5);
  const threeHalves = f32x4.splat(<f32>1.5);
  const h = f32x4.mul(x, half);
  let y = i32x4.sub(i32x4.splat(0x5f375a86), i32x4.shr_u(x, 1));
  y = f32x4.mul(y, f32x4.sub(threeHalves, f32x4.mul(f32x4.mul(h, y), y)));
  y = f32x4.mul(y, f32x4.sub(threeHalves, f32x4.mul(f32x4.mul(h, y), y)));
  y = f32x4.mul(y, f32x4.sub(threeHalves, f32x4.mul(f32x4.mul(h, y), y)));
  return f32x4.add(
    y,
    f32x4.mul(y, f32x4.sub(half, f32x4.mul(f32x4.mul(h, y), y))),
  );
}

/** Square root of a normal x > 0 or of +0: 0 times the finite rsqrt(0) is +0, so nothing is selected. */
// @ts-ignore: decorator
@inline
export function sqrt(x: v128): v128 {
  return f32x4.mul(x, rsqrt(x));
}

// Portable f32 in WGSL: what portable.ts specifies, bit for bit.
//
// WGSL permits contraction, reassociation and either rounding neighbour. So the result of every
// add, sub and mul passes through a guard: its bits are XORed with a word that is zero, but that
// only the buffer it comes from knows to be zero. No compiler can join what stands before the
// guard with what stands after it. Guarding products alone is not enough: sums are reassociated too.

// Zero; `main` loads it from the arguments.
var<private> zero: u32;

fn exact(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ zero); }
fn add(a: f32, b: f32) -> f32 { return exact(a + b); }
fn sub(a: f32, b: f32) -> f32 { return exact(a - b); }
fn mul(a: f32, b: f32) -> f32 { return exact(a * b); }

fn exact4(x: vec4f) -> vec4f { return bitcast<vec4f>(bitcast<vec4u>(x) ^ vec4u(zero)); }
fn add4(a: vec4f, b: vec4f) -> vec4f { return exact4(a + b); }
fn sub4(a: vec4f, b: vec4f) -> vec4f { return exact4(a - b); }
fn mul4(a: vec4f, b: vec4f) -> vec4f { return exact4(a * b); }

// 2^-40, 2^-60 and 2^-100: below them the tensors, the first and the second moment are stored as 0.
const FLUSH_TENSOR = 9.094947017729282379150390625e-13f;
const FLUSH_FIRST_MOMENT = 8.67361737988403547205962240695953369140625e-19f;
const FLUSH_SECOND_MOMENT = 7.8886090522101180541172856528278622967320643510902300477027893e-31f;

// -2^127, an output of an action that is not allowed. It is known by its bits.
const FORBIDDEN_BITS = 0xff000000u;
fn is_forbidden(x: f32) -> bool { return bitcast<u32>(x) == FORBIDDEN_BITS; }

// x, or +0 where |x| is below the threshold; also turns -0 into +0.
fn flush_below(x: f32, threshold: f32) -> f32 {
  return select(x, 0.0, x > -threshold && x < threshold);
}
fn flush_below4(x: vec4f, threshold: f32) -> vec4f {
  return select(x, vec4f(), (x > vec4f(-threshold)) & (x < vec4f(threshold)));
}
fn flush(x: f32) -> f32 { return flush_below(x, FLUSH_TENSOR); }
fn flush4(x: vec4f) -> vec4f { return flush_below4(x, FLUSH_TENSOR); }

// e^x for x <= 88; 0 for x < -40.
fn exp_portable(x: f32) -> f32 {
  if (x < -40.0) { return 0.0; }
  let n = floor(add(mul(x, 1.44269504088896341f), 0.5));
  var r = sub(x, mul(n, 0.693359375));
  r = sub(r, mul(n, -2.12194440e-4f));
  var p = 1.9875691500e-4f;
  p = add(mul(p, r), 1.3981999507e-3f);
  p = add(mul(p, r), 8.3334519073e-3f);
  p = add(mul(p, r), 4.1665795894e-2f);
  p = add(mul(p, r), 1.6666665459e-1f);
  p = add(mul(p, r), 5.0000001201e-1f);
  let y = add(add(mul(p, mul(r, r)), r), 1.0);
  return bitcast<f32>(bitcast<u32>(y) + (bitcast<u32>(i32(n)) << 23u));
}

// The probability of a log probability, flushed like a tensor.
fn probability(log_probability: f32) -> f32 { return flush(exp_portable(log_probability)); }

// Natural logarithm of a normal x > 0.
fn log_portable(x: f32) -> f32 {
  // The exponent field steps at sqrt(1/2), so that the mantissa lands in [sqrt(1/2), sqrt(2)).
  let shifted = bitcast<i32>(bitcast<u32>(x) + (0x3f800000u - 0x3f3504f3u));
  let e = f32((shifted >> 23u) - 127);
  let m = sub(bitcast<f32>((bitcast<u32>(shifted) & 0x007fffffu) + 0x3f3504f3u), 1.0);
  let z = mul(m, m);
  var p = 7.0376836292e-2f;
  p = add(mul(p, m), -1.1514610310e-1f);
  p = add(mul(p, m), 1.1676998740e-1f);
  p = add(mul(p, m), -1.2420140846e-1f);
  p = add(mul(p, m), 1.4249322787e-1f);
  p = add(mul(p, m), -1.6668057665e-1f);
  p = add(mul(p, m), 2.0000714765e-1f);
  p = add(mul(p, m), -2.4999993993e-1f);
  p = add(mul(p, m), 3.3333331174e-1f);
  var y = mul(mul(p, m), z);
  y = add(y, mul(e, -2.12194440e-4f));
  y = sub(y, mul(0.5, z));
  return add(add(m, y), mul(e, 0.693359375));
}

// 1 / x for 2^-100 <= |x| <= 2^100.
fn recip4(x: vec4f) -> vec4f {
  var y = bitcast<vec4f>(vec4u(0x7ef311c7u) - bitcast<vec4u>(x));
  y = mul4(y, sub4(vec4f(2.0), mul4(x, y)));
  y = mul4(y, sub4(vec4f(2.0), mul4(x, y)));
  y = mul4(y, sub4(vec4f(2.0), mul4(x, y)));
  return add4(y, mul4(y, sub4(vec4f(1.0), mul4(x, y))));
}
fn recip(x: f32) -> f32 { return recip4(vec4f(x)).x; }

// What each of `count` equal parts gets of a `whole`; `part` where all `most` of them share it.
fn equal_part(count: u32, most: u32, whole: f32, part: f32) -> f32 {
  if (count == most) { return part; }
  return mul(whole, recip(f32(count)));
}

// The Huber loss at 1 of a difference, and its derivative.
fn huber(difference: f32) -> f32 {
  let size = select(difference, -difference, difference < 0.0);
  return select(mul(mul(size, size), 0.5), sub(size, 0.5), size > 1.0);
}
fn huber_slope(difference: f32) -> f32 {
  return select(select(difference, -1.0, difference < -1.0), 1.0, difference > 1.0);
}

// A number as a probability: 0 below 0, 1 above 1.
fn clipped(x: f32) -> f32 { return select(0.0, select(1.0, x, x < 1.0), x > 0.0); }

// 1 / sqrt(x) for a normal x > 0.
fn rsqrt4(x: vec4f) -> vec4f {
  let h = mul4(x, vec4f(0.5));
  var y = bitcast<vec4f>(vec4u(0x5f375a86u) - (bitcast<vec4u>(x) >> vec4u(1u)));
  y = mul4(y, sub4(vec4f(1.5), mul4(mul4(h, y), y)));
  y = mul4(y, sub4(vec4f(1.5), mul4(mul4(h, y), y)));
  y = mul4(y, sub4(vec4f(1.5), mul4(mul4(h, y), y)));
  return add4(y, mul4(y, sub4(vec4f(0.5), mul4(mul4(h, y), y))));
}

// Square root of a normal x > 0 or of 0.
fn sqrt4(x: vec4f) -> vec4f {
  return select(vec4f(), mul4(x, rsqrt4(x)), x > vec4f());
}

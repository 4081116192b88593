/**
 * A logarithm of 64-bit floats that has the same bits on every engine: `Math.log` need not.
 *
 * @module
 */

/** Natural logarithm of a normal x > 0, to some 1e-16 of itself or of 1: by +, -, * and / alone. */
export function logarithm(x: number): number {
  let exponent = 0;
  for (; x > Math.SQRT2; x /= 2) exponent++;
  for (; x < Math.SQRT1_2; x *= 2) exponent--;
  // ln x = 2 artanh s, s = (x - 1) / (x + 1), |s| < 0.172.
  const s = (x - 1) / (x + 1);
  const square = s * s;
  let sum = 0;
  for (let k = 21; k >= 1; k -= 2) sum = sum * square + 1 / k;
  return exponent * Math.LN2 + 2 * s * sum;
}

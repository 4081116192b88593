/**
 * The normal distribution and Student's.
 *
 * @module
 */

/**
 * Φ(x), by the series of Marsaglia (2004, "Evaluating the normal distribution"), to 1e-15 within ±7 and 0 or 1 beyond ±8.
 */
export function normalProbability(x: number): number {
  // What is no number would never come to rest.
  if (Number.isNaN(x)) return NaN;
  if (Math.abs(x) > 8) return x < 0 ? 0 : 1;
  let sum = x;
  let term = x;
  for (let k = 3, before = NaN; sum !== before; k += 2) {
    before = sum;
    term *= x * x / k;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

/** The x with Φ(x) = p, by bisection; -8 or 8 where it lies beyond. */
export function normalQuantile(p: number): number {
  return inverse(normalProbability, p, 8);
}

/** Student's quantile below which a share p in (0, 1) lies, for a whole number of degrees of freedom. */
export function studentQuantile(p: number, freedom: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, freedom);
  const probability = (t: number) => studentProbability(t, freedom);
  let limit = 2;
  while (probability(limit) < p && limit < 1e12) limit *= 2;
  return inverse(probability, p, limit);
}

/**
 * Probability that Student's t is at most t >= 0: finite series for whole degrees of freedom
 * (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).
 */
function studentProbability(t: number, freedom: number): number {
  const cosine = Math.sqrt(freedom / (freedom + t * t));
  const sine = t / Math.sqrt(freedom + t * t);
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k < freedom - 1 && term > 1e-18; k += 2) {
    term *= (k - 1) / k * cosine * cosine;
    sum += term;
  }
  const between = isOdd
    ? 2 / Math.PI * (Math.atan2(sine, cosine) + sine * sum)
    : sine * sum;
  return 0.5 + between / 2;
}

function inverse(
  growing: (x: number) => number,
  wanted: number,
  limit: number,
): number {
  let [low, high] = [-limit, limit];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (growing(middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}

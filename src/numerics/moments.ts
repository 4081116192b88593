/**
 * Mean and standard deviation.
 *
 * @module
 */

/**
 * Mean and population standard deviation (divided by n, not n - 1) of at least one number,
 * in two passes of f64 left folds.
 */
export function meanAndStd(
  values: ArrayLike<number>,
): { mean: number; std: number } {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i];
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const d = values[i] - mean;
    squares += d * d;
  }
  return { mean, std: Math.sqrt(squares / n) };
}

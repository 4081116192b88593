/** Transposing 4 x 4 elements in registers. */

/**
 * Transposes the vectors a, b, c, d and stores the four results at `to`, `stride` bytes apart, the
 * first `count` of them.
 */
// @ts-ignore: decorator
@inline
export function storeTransposed(
  to: usize,
  stride: usize,
  count: i32,
  a: v128,
  b: v128,
  c: v128,
  d: v128,
): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<f64>(ab, cd, 0, 2));
  if (count > 1) v128.store(to + stride, v128.shuffle<f64>(ab, cd, 1, 3));
  if (count > 2) {
    const ab = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to + 2 * stride, v128.shuffle<f64>(ab, cd, 0, 2));
    if (count > 3) {
      v128.store(to + 3 * stride, v128.shuffle<f64>(ab, cd, 1, 3));
    }
  }
}

/**
 * Orders rows (or units) so that neighbours are active in the same places: by a signature of eight
 * bits, whether the row is active at each of eight places. Pairs of neighbours then have few terms
 * more in their common list than either of them alone. The order changes no result.
 */
import { at, Share } from "./share.as";

/** Buckets of the counting sort. */
const KEYS: i32 = 256;

/** Signature of a row of activations: of its first eight columns, 0 where it has fewer. */
// @ts-ignore: decorator
@inline
export function rowSignature(row: usize, stride: i32): i32 {
  if (stride < 8) return 0;
  const zero = f32x4.splat(<f32>0);
  return i32x4.bitmask(f32x4.ne(v128.load(row), zero)) |
    i32x4.bitmask(f32x4.ne(v128.load(row, 16), zero)) << 4;
}

/** Appends an item to the thread's unordered items. */
// @ts-ignore: decorator
@inline
export function putItem(n: i32, item: i32, signature: i32, share: Share): void {
  store<i32>(at(share.items, n), item << 8 | signature);
}

/** Writes the thread's first `count` items in the order of their signatures. */
export function orderItems(count: i32, share: Share): void {
  const ends = share.buckets;
  memory.fill(ends, 0, KEYS << 2);
  for (let n = 0; n < count; n++) {
    const bucket = at(ends, load<i32>(at(share.items, n)) & 255);
    store<i32>(bucket, load<i32>(bucket) + 1);
  }
  let sum = 0;
  for (let key = 0; key < KEYS; key++) {
    const bucket = at(ends, key);
    const here = load<i32>(bucket);
    store<i32>(bucket, sum);
    sum += here;
  }
  for (let n = 0; n < count; n++) {
    const item = load<i32>(at(share.items, n));
    const bucket = at(ends, item & 255);
    const position = load<i32>(bucket);
    store<i32>(bucket, position + 1);
    store<i32>(at(share.order, position), item >> 8);
  }
}

/** The n-th item in order; n at or beyond `count` gives the last one. */
// @ts-ignore: decorator
@inline
export function itemAt(n: i32, count: i32, share: Share): i32 {
  return load<i32>(at(share.order, min(n, count - 1)));
}

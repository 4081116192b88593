/**
 * The sum that forward pass, input gradient and weight gradient have in common: one output row is a
 * left fold of `value · source row` over the factors that are not zero. The factors are listed once
 * (byte offset of the source row, value) and the list is gone through for each tile of columns, with
 * the tile's sums in registers: 8 vectors where the columns allow.
 */
import { at } from "./share.as";

/** For each mask of four lanes, the byte shuffle that moves the set lanes to the front. */
const COMPACT = memory.data<u8>([
  // deno-fmt-ignore
  0,0,0,0, 0,0,0,0, 0,0,0,0, 0,0,0,0,
  0,1,2,3, 0,0,0,0, 0,0,0,0, 0,0,0,0,
  4,5,6,7, 0,0,0,0, 0,0,0,0, 0,0,0,0,
  0,1,2,3, 4,5,6,7, 0,0,0,0, 0,0,0,0,
  8,9,10,11, 0,0,0,0, 0,0,0,0, 0,0,0,0,
  0,1,2,3, 8,9,10,11, 0,0,0,0, 0,0,0,0,
  4,5,6,7, 8,9,10,11, 0,0,0,0, 0,0,0,0,
  0,1,2,3, 4,5,6,7, 8,9,10,11, 0,0,0,0,
  12,13,14,15, 0,0,0,0, 0,0,0,0, 0,0,0,0,
  0,1,2,3, 12,13,14,15, 0,0,0,0, 0,0,0,0,
  4,5,6,7, 12,13,14,15, 0,0,0,0, 0,0,0,0,
  0,1,2,3, 4,5,6,7, 12,13,14,15, 0,0,0,0,
  8,9,10,11, 12,13,14,15, 0,0,0,0, 0,0,0,0,
  0,1,2,3, 8,9,10,11, 12,13,14,15, 0,0,0,0,
  4,5,6,7, 8,9,10,11, 12,13,14,15, 0,0,0,0,
  0,1,2,3, 4,5,6,7, 8,9,10,11, 12,13,14,15,
], 16);

/**
 * Appends those of four factors that are not zero to a list and returns its new length.
 * @param list `offsets` u32, then at `values` f32, each with room for 3 entries more than are kept.
 */
// @ts-ignore: decorator
@inline
export function append(
  offsets: usize,
  values: usize,
  length: i32,
  offset: v128,
  value: v128,
): i32 {
  const mask = i32x4.bitmask(f32x4.ne(value, f32x4.splat(<f32>0)));
  const order = v128.load(COMPACT + (<usize>mask << 4));
  v128.store(at(offsets, length), i8x16.swizzle(offset, order));
  v128.store(at(values, length), i8x16.swizzle(value, order));
  return length + popcnt(mask);
}

/**
 * Lists the factors of a row that are not zero.
 * @param row f32 [count], its memory zero up to a multiple of 4.
 * @param stride Bytes between source rows.
 */
export function listFactors(
  offsets: usize,
  values: usize,
  row: usize,
  count: i32,
  stride: i32,
): i32 {
  let length = 0;
  let offset = i32x4.mul(i32x4.splat(stride), i32x4(0, 1, 2, 3));
  const step = i32x4.splat(4 * stride);
  for (let k = 0; k < count; k += 4) {
    length = append(offsets, values, length, offset, v128.load(at(row, k)));
    offset = i32x4.add(offset, step);
  }
  return length;
}

/** target [columns] = the sum over the list of value · source row. `columns` is a multiple of 4. */
export function sumRows(
  offsets: usize,
  values: usize,
  length: i32,
  source: usize,
  target: usize,
  columns: i32,
): void {
  const end = target + (<usize>columns << 2);
  while (target + 128 <= end) {
    tile32(offsets, values, length, source, target);
    source += 128;
    target += 128;
  }
  while (target < end) {
    tile4(offsets, values, length, source, target);
    source += 16;
    target += 16;
  }
}

// @ts-ignore: decorator
@inline
function tile32(
  offsets: usize,
  values: usize,
  length: i32,
  source: usize,
  target: usize,
): void {
  let s0 = f32x4.splat(<f32>0);
  let s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  const end = at(offsets, length);
  const toValue = values - offsets;
  for (; offsets < end; offsets += 4) {
    const row = source + load<u32>(offsets);
    const x = v128.load32_splat(offsets + toValue);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(row)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(row, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(row, 32)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(row, 48)));
    s4 = f32x4.add(s4, f32x4.mul(x, v128.load(row, 64)));
    s5 = f32x4.add(s5, f32x4.mul(x, v128.load(row, 80)));
    s6 = f32x4.add(s6, f32x4.mul(x, v128.load(row, 96)));
    s7 = f32x4.add(s7, f32x4.mul(x, v128.load(row, 112)));
  }
  v128.store(target, s0);
  v128.store(target, s1, 16);
  v128.store(target, s2, 32);
  v128.store(target, s3, 48);
  v128.store(target, s4, 64);
  v128.store(target, s5, 80);
  v128.store(target, s6, 96);
  v128.store(target, s7, 112);
}

// @ts-ignore: decorator
@inline
function tile4(
  offsets: usize,
  values: usize,
  length: i32,
  source: usize,
  target: usize,
): void {
  let s0 = f32x4.splat(<f32>0);
  for (let j = 0; j < length; j++) {
    const row = source + load<u32>(at(offsets, j));
    const x = v128.load32_splat(at(values, j));
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(row)));
  }
  v128.store(target, s0);
}

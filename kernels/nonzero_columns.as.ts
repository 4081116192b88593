/**
 * Leaving out the columns of a matrix that are zero in every row: finding them, packing the others
 * side by side, and putting a packed row back in place.
 *
 * The thread's `columns` memory holds two words for each group of four columns: where in a packed
 * row its columns begin, and which of the four are there.
 */
import { flush, tensorFlush } from "./portable.as";
import { at, Share } from "./share.as";

/** For each mask of four lanes, the bytes that move the set lanes to the front. */
const PACK = memory.data<u8>([
  // deno-fmt-ignore
  128,128,128,128, 128,128,128,128, 128,128,128,128, 128,128,128,128,
  0,1,2,3, 128,128,128,128, 128,128,128,128, 128,128,128,128,
  4,5,6,7, 128,128,128,128, 128,128,128,128, 128,128,128,128,
  0,1,2,3, 4,5,6,7, 128,128,128,128, 128,128,128,128,
  8,9,10,11, 128,128,128,128, 128,128,128,128, 128,128,128,128,
  0,1,2,3, 8,9,10,11, 128,128,128,128, 128,128,128,128,
  4,5,6,7, 8,9,10,11, 128,128,128,128, 128,128,128,128,
  0,1,2,3, 4,5,6,7, 8,9,10,11, 128,128,128,128,
  12,13,14,15, 128,128,128,128, 128,128,128,128, 128,128,128,128,
  0,1,2,3, 12,13,14,15, 128,128,128,128, 128,128,128,128,
  4,5,6,7, 12,13,14,15, 128,128,128,128, 128,128,128,128,
  0,1,2,3, 4,5,6,7, 12,13,14,15, 128,128,128,128,
  8,9,10,11, 12,13,14,15, 128,128,128,128, 128,128,128,128,
  0,1,2,3, 8,9,10,11, 12,13,14,15, 128,128,128,128,
  4,5,6,7, 8,9,10,11, 12,13,14,15, 128,128,128,128,
  0,1,2,3, 4,5,6,7, 8,9,10,11, 12,13,14,15,
], 16);

/** For each mask of four lanes, the bytes that move the front lanes to the set ones. */
const EXPAND = memory.data<u8>([
  // deno-fmt-ignore
  128,128,128,128, 128,128,128,128, 128,128,128,128, 128,128,128,128,
  0,1,2,3, 128,128,128,128, 128,128,128,128, 128,128,128,128,
  128,128,128,128, 0,1,2,3, 128,128,128,128, 128,128,128,128,
  0,1,2,3, 4,5,6,7, 128,128,128,128, 128,128,128,128,
  128,128,128,128, 128,128,128,128, 0,1,2,3, 128,128,128,128,
  0,1,2,3, 128,128,128,128, 4,5,6,7, 128,128,128,128,
  128,128,128,128, 0,1,2,3, 4,5,6,7, 128,128,128,128,
  0,1,2,3, 4,5,6,7, 8,9,10,11, 128,128,128,128,
  128,128,128,128, 128,128,128,128, 128,128,128,128, 0,1,2,3,
  0,1,2,3, 128,128,128,128, 128,128,128,128, 4,5,6,7,
  128,128,128,128, 0,1,2,3, 128,128,128,128, 4,5,6,7,
  0,1,2,3, 4,5,6,7, 128,128,128,128, 8,9,10,11,
  128,128,128,128, 128,128,128,128, 0,1,2,3, 4,5,6,7,
  0,1,2,3, 128,128,128,128, 4,5,6,7, 8,9,10,11,
  128,128,128,128, 0,1,2,3, 4,5,6,7, 8,9,10,11,
  0,1,2,3, 4,5,6,7, 8,9,10,11, 12,13,14,15,
], 16);

/**
 * Finds the columns of a matrix [rows, columns] that are not zero in every row.
 * @returns Columns of a packed row: their number, up to a multiple of 4, at least 4.
 */
export function nonzeroColumns(
  matrix: usize,
  rows: i32,
  columns: i32,
  share: Share,
): i32 {
  const zero = f32x4.splat(<f32>0);
  const row = <usize>columns << 2;
  let nonzero = 0;
  for (let c = 0; c < columns; c += 4) {
    let any = zero;
    let from = at(matrix, c);
    for (let r = 0; r < rows; r++, from += row) {
      any = v128.or(any, v128.load(from));
    }
    // Zeros of either sign joined by or are a zero; with the bits of any other number they are not.
    const mask = i32x4.bitmask(f32x4.ne(any, zero));
    const group = share.columns + (<usize>c << 1);
    store<i32>(group, nonzero << 2);
    store<i32>(group, mask << 4, 4);
    nonzero += popcnt(mask);
  }
  return max(4, (nonzero + 3) & ~3);
}

/** Takes all columns as nonzero, without looking: a packed row is the row. */
export function allColumns(columns: i32, share: Share): void {
  for (let c = 0; c < columns; c += 4) {
    const group = share.columns + (<usize>c << 1);
    store<i32>(group, c << 2);
    store<i32>(group, 15 << 4, 4);
  }
}

/** packed [rows, nonzero] = the nonzero columns of the matrix; in the padding there may be anything. */
export function packRows(
  matrix: usize,
  rows: i32,
  columns: i32,
  nonzero: i32,
  share: Share,
): void {
  const groups = share.columns;
  const end = groups + (<usize>columns << 1);
  let packed = share.packed;
  // A group's store reaches past its own columns, where the next group's or row's columns come.
  for (let r = 0; r < rows; r++, packed += <usize>nonzero << 2) {
    for (let group = groups; group < end; group += 8, matrix += 16) {
      const order = v128.load(PACK + load<u32>(group, 4));
      v128.store(
        packed + load<u32>(group),
        i8x16.swizzle(v128.load(matrix), order),
      );
    }
  }
}

/** row [columns] = a packed row in place, zero elsewhere, flushed. */
export function expandRow(
  packed: usize,
  row: usize,
  columns: i32,
  share: Share,
): void {
  const threshold = tensorFlush();
  const end = share.columns + (<usize>columns << 1);
  for (let group = share.columns; group < end; group += 8, row += 16) {
    const order = v128.load(EXPAND + load<u32>(group, 4));
    const values = v128.load(packed + load<u32>(group));
    v128.store(row, flush(i8x16.swizzle(values, order), threshold));
  }
}

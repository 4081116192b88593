/**
 * The sum that forward pass, input gradient and weight gradient have in common: an output row is a
 * left fold of `factor · source row` over the factors that are not zero.
 *
 * How it is fast:
 * - After a ReLU half of the factors or more are zero. The others are listed once and the list is
 *   gone through for each tile of 16 columns, with the tile's sums in registers.
 * - Two output rows share a list (the terms where either factor is not zero: x + 0·w never changes
 *   x), so that a vector of the source is loaded, and its address checked against the memory's size,
 *   once for both. Rows are paired by what they have in common, see `order.as.ts`.
 * - A tile's 16 columns of all source rows are copied side by side (a panel), which the first-level
 *   cache can hold.
 * - V8 checks every address unless it has just checked the same index for the same last byte. So a
 *   term is read by loads that all end at its last byte, and each of the limits that the loop
 *   compares with is used once before the loop, which keeps its computation out of it.
 */
import { at, Share } from "./share.as";
import { storeTransposed } from "./transposing.as";

/** Columns of a panel. */
export const COLUMNS: i32 = 16;
/** Pairs of output rows that are listed at a time; `PAIRS` in `wasm_memory.ts`. */
export const PAIRS: i32 = 64;
/** Bytes of a term: factor of the first row, twice; address of the source row; factor of the second. */
const TERM: usize = 16;

/** A pair of output rows and its list. */
@unmanaged
export class Pair {
  list: usize;
  end: usize;
  /** Any two numbers that the kernel chooses; equal where a row is alone. */
  first: i32;
  second: i32;
}

/** The n-th pair of the thread. */
// @ts-ignore: decorator
@inline
export function pairAt(n: i32, share: Share): Pair {
  return changetype<Pair>(share.pairs + (<usize>n << 4));
}

/**
 * Lists the terms of a pair behind the lists of the pairs before it.
 * @param first Row of factors, f32 [count], readable up to a multiple of 4 and zero there.
 */
export function listPair(
  n: i32,
  share: Share,
  first: usize,
  second: usize,
  count: i32,
): Pair {
  const pair = pairAt(n, share);
  let list = n == 0 ? share.lists : pairAt(n - 1, share).end;
  pair.list = list;
  const panel = share.panel;
  const four = i32x4.splat(256);
  let rows = i32x4.add(i32x4.splat(<i32>panel), i32x4(0, 64, 128, 192));
  const toSecond = second - first;
  const end = at(first, count);
  for (; first < end; first += 16) {
    const a = v128.load(first);
    const b = v128.load(first + toSecond);
    const mask = i32x4.bitmask(f32x4.ne(v128.or(a, b), f32x4.splat(<f32>0)));
    const low = v128.shuffle<i32>(rows, b, 0, 4, 1, 5);
    const high = v128.shuffle<i32>(rows, b, 2, 6, 3, 7);
    // Each term is written, and stays if the list's end moves past it.
    v128.store(list, v128.shuffle<i32>(a, low, 0, 0, 4, 5));
    list += (mask & 1) << 4;
    v128.store(list, v128.shuffle<i32>(a, low, 1, 1, 6, 7));
    list += (mask & 2) << 3;
    v128.store(list, v128.shuffle<i32>(a, high, 2, 2, 4, 5));
    list += (mask & 4) << 2;
    v128.store(list, v128.shuffle<i32>(a, high, 3, 3, 6, 7));
    list += (mask & 8) << 1;
    rows = i32x4.add(rows, four);
  }
  // Terms are read two at a time: an odd list ends with 0 · the panel's first row.
  v128.store(list, f32x4.splat(<f32>0));
  store<usize>(list, panel, 8);
  pair.end = list + ((list - pair.list) & TERM);
  return pair;
}

/** Copies columns [first, first + 16) of `count` source rows into the panel; beyond `columns` it gets zeros. */
export function fillPanel(
  panel: usize,
  source: usize,
  count: i32,
  first: i32,
  columns: i32,
): void {
  const row = <usize>columns << 2;
  const end = panel + (<usize>count << 6);
  source = at(source, first);
  if (first + COLUMNS <= columns) {
    for (; panel < end; panel += 64, source += row) {
      const a = v128.load(source);
      const b = v128.load(source, 16);
      const c = v128.load(source, 32);
      const d = v128.load(source, 48);
      v128.store(panel, a);
      v128.store(panel, b, 16);
      v128.store(panel, c, 32);
      v128.store(panel, d, 48);
    }
    return;
  }
  const zero = f32x4.splat(<f32>0);
  const left = columns - first;
  for (; panel < end; panel += 64, source += row) {
    v128.store(panel, v128.load(source));
    v128.store(panel, left > 4 ? v128.load(source, 16) : zero, 16);
    v128.store(panel, left > 8 ? v128.load(source, 32) : zero, 32);
    v128.store(panel, zero, 48);
  }
}

/**
 * The same where a panel's 16 columns are rows of the source, at the 16 addresses in `rows`. They are
 * read up to a multiple of 4 elements.
 */
export function fillTransposed(panel: usize, rows: usize, count: i32): void {
  const bytes = <usize>count << 2;
  for (let c = 0; c < COLUMNS; c += 4, rows += 16) {
    const a = load<usize>(rows);
    const b = load<usize>(rows, 4);
    const x = load<usize>(rows, 8);
    const y = load<usize>(rows, 12);
    let to = at(panel, c);
    for (let i: usize = 0; i < bytes; i += 16, to += 256) {
      storeTransposed(
        to,
        64,
        4,
        v128.load(a + i),
        v128.load(b + i),
        v128.load(x + i),
        v128.load(y + i),
      );
    }
  }
}

// Where a sum has up to four terms, all of them are added, zeros included. Their source rows are laid
// out four columns at a time, [columns / 4][4 rows][4 columns].

/** Lays out up to four source rows [count, columns]; those that there are not are zeros. */
export function gatherFour(
  to: usize,
  source: usize,
  count: i32,
  columns: i32,
): void {
  const zero = f32x4.splat(<f32>0);
  const row = <usize>columns << 2;
  const end = source + row;
  for (; source < end; source += 16, to += 64) {
    v128.store(to, v128.load(source));
    v128.store(to, count > 1 ? v128.load(source + row) : zero, 16);
    v128.store(to, count > 2 ? v128.load(source + 2 * row) : zero, 32);
    v128.store(to, count > 3 ? v128.load(source + 3 * row) : zero, 48);
  }
}

/** The same where the four source rows are the columns of `source` [columns, 4]. */
export function transposeFour(to: usize, source: usize, columns: i32): void {
  const end = at(source, columns << 2);
  for (; source < end; source += 64, to += 64) {
    storeTransposed(
      to,
      16,
      4,
      v128.load(source),
      v128.load(source, 16),
      v128.load(source, 32),
      v128.load(source, 48),
    );
  }
}

/** The sum of four terms. */
// @ts-ignore: decorator
@inline
export function fourTerms(
  x0: v128,
  x1: v128,
  x2: v128,
  x3: v128,
  w0: v128,
  w1: v128,
  w2: v128,
  w3: v128,
): v128 {
  let sum = f32x4.add(f32x4.mul(x0, w0), f32x4.mul(x1, w1));
  sum = f32x4.add(sum, f32x4.mul(x2, w2));
  return f32x4.add(sum, f32x4.mul(x3, w3));
}

/**
 * The sums of a pair's terms, whose source rows are the panel's: columns [column, column + 16) of
 * target rows `first` and `second`, of which `columns` exist.
 */
export function sumTile(
  pair: Pair,
  panel: usize,
  first: usize,
  second: usize,
  column: i32,
  columns: i32,
): void {
  const zero = f32x4.splat(<f32>0);
  let a0 = zero, a1 = zero, a2 = zero, a3 = zero;
  let b0 = zero, b1 = zero, b2 = zero, b3 = zero;
  let list = pair.list;
  const end = pair.end;
  v128.load(panel);
  v128.load(panel, 16);
  v128.load(panel, 32);
  v128.load(panel, 48);
  let x: v128, y: v128, w: v128, row: usize;
  for (; list < end; list += 2 * TERM) {
    y = v128.load32_splat(list, 12);
    row = <usize>load<u64>(list, 8);
    x = v128.load(list);
    x = v128.shuffle<f32>(x, x, 0, 0, 0, 0);
    w = v128.load(row);
    a0 = f32x4.add(a0, f32x4.mul(x, w));
    b0 = f32x4.add(b0, f32x4.mul(y, w));
    w = v128.load(row, 16);
    a1 = f32x4.add(a1, f32x4.mul(x, w));
    b1 = f32x4.add(b1, f32x4.mul(y, w));
    w = v128.load(row, 32);
    a2 = f32x4.add(a2, f32x4.mul(x, w));
    b2 = f32x4.add(b2, f32x4.mul(y, w));
    w = v128.load(row, 48);
    a3 = f32x4.add(a3, f32x4.mul(x, w));
    b3 = f32x4.add(b3, f32x4.mul(y, w));

    y = v128.load32_splat(list, 28);
    row = <usize>load<u64>(list, 24);
    x = v128.load(list, 16);
    x = v128.shuffle<f32>(x, x, 0, 0, 0, 0);
    w = v128.load(row);
    a0 = f32x4.add(a0, f32x4.mul(x, w));
    b0 = f32x4.add(b0, f32x4.mul(y, w));
    w = v128.load(row, 16);
    a1 = f32x4.add(a1, f32x4.mul(x, w));
    b1 = f32x4.add(b1, f32x4.mul(y, w));
    w = v128.load(row, 32);
    a2 = f32x4.add(a2, f32x4.mul(x, w));
    b2 = f32x4.add(b2, f32x4.mul(y, w));
    w = v128.load(row, 48);
    a3 = f32x4.add(a3, f32x4.mul(x, w));
    b3 = f32x4.add(b3, f32x4.mul(y, w));
  }
  first = at(first, column);
  second = at(second, column);
  v128.store(first, a0);
  v128.store(second, b0);
  const left = columns - column;
  if (left > 4) {
    v128.store(first, a1, 16);
    v128.store(second, b1, 16);
  }
  if (left > 8) {
    v128.store(first, a2, 32);
    v128.store(second, b2, 32);
  }
  if (left > 12) {
    v128.store(first, a3, 48);
    v128.store(second, b3, 48);
  }
}

/** Whether `columns` are so few that tiles and lists do not pay. */
// @ts-ignore: decorator
@inline
export function isNarrow(columns: i32): bool {
  return columns <= 8;
}

/**
 * target [n, columns] = the sums of all listed pairs (`count` of them), whose source rows are those
 * of `source` [sourceRows, columns]; the pairs were listed for the panel.
 */
export function sumPairs(
  count: i32,
  share: Share,
  source: usize,
  sourceRows: i32,
  target: usize,
  columns: i32,
): void {
  const stride = <usize>columns << 2;
  for (let c = 0; c < columns; c += COLUMNS) {
    fillPanel(share.panel, source, sourceRows, c, columns);
    for (let n = 0; n < count; n++) {
      const pair = pairAt(n, share);
      sumTile(
        pair,
        share.panel,
        target + pair.first * stride,
        target + pair.second * stride,
        c,
        columns,
      );
    }
  }
}

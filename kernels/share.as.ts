/**
 * What every WebAssembly kernel is given besides its own arguments: the minibatch plan's header and
 * the thread's share of the work.
 *
 * A kernel's arguments lie in memory as words, in the order of its `buffers` (byte addresses) and
 * then of its `numbers`; the class NAME of `arguments.as`, which the build makes from the kernel's
 * definition, names them.
 *
 * Threads split output elements only. A row of the minibatch belongs to one thread in every
 * kernel, whichever rows a kernel visits, and so do the samples of a gradient row: consecutive
 * kernels that stay within a thread's own rows need no barrier between them.
 */

/** The header of a step's plan, `PLAN_HEADER` in `plan.ts`. */
@unmanaged
export class Plan {
  rowCount: i32;
  gradientRows: i32;
  nextStart: i32;
  stepSize: f32;
  secondMomentScale: f32;
}

/** A thread's share, and where a plan's columns lie, in bytes from the plan's start. */
@unmanaged
export class Share {
  thread: i32;
  threads: i32;
  batchSize: i32;
  rows: usize;
  offsets: usize;
  samples: usize;
  sampleRow: usize;
  sampleNextRow: usize;
  actions: usize;
  rewards: usize;
  discounts: usize;
  // The thread's own working memory; see `sums.as.ts`, `order.as.ts`, `nonzero_columns.as.ts`.
  pairs: usize;
  lists: usize;
  panel: usize;
  items: usize;
  order: usize;
  buckets: usize;
  columns: usize;
  factors: usize;
  packed: usize;
  sums: usize;
}

/** Rows go to the threads in turn, four at a time, so that narrow rows do not share a cache line. */
const BLOCK: i32 = 4;

/** The thread's first row at or after `first`. */
export function firstRow(first: i32, share: Share): i32 {
  const block = first / BLOCK;
  const away = (share.thread + share.threads - block % share.threads) %
    share.threads;
  return away == 0 ? first : (block + away) * BLOCK;
}

/** The thread's row after its row `r`. */
// @ts-ignore: decorator
@inline
export function nextRow(r: i32, share: Share): i32 {
  const next = r + 1;
  return next % BLOCK == 0 ? next + (share.threads - 1) * BLOCK : next;
}

/** First of `count` equal items of the thread; that of the next thread is its end. */
// @ts-ignore: decorator
@inline
export function firstItem(count: i32, thread: i32, threads: i32): i32 {
  return <i32>(<i64>count * thread / threads);
}

/** First row of a row range, `ROWS` in `kernel.ts`. */
// @ts-ignore: decorator
@inline
export function rangeFirst(rows: i32, plan: Plan): i32 {
  return rows == 2 ? plan.nextStart : 0;
}

/** End of a row range. */
// @ts-ignore: decorator
@inline
export function rangeEnd(rows: i32, plan: Plan): i32 {
  return rows == 1 ? plan.gradientRows : plan.rowCount;
}

/** Address of word `index` at `base`. */
// @ts-ignore: decorator
@inline
export function at(base: usize, index: i32): usize {
  return base + (<usize>index << 2);
}

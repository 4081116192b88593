/**
 * What a kernel is: a named, pure step of arithmetic on f32 buffers, in three languages side by
 * side. `NAME.ts` is its definition with the reference, which is the executable specification,
 * `NAME.as.ts` the WebAssembly SIMD version, `NAME.wgsl` the GPU version. All three return the same
 * bits. A new kernel is these three files and a line in `list.ts`.
 *
 * Matrices are row-major and their rows are padded to a multiple of 4 columns (the "stride"), so
 * that four lanes fit everywhere; padding columns hold zeros and stay zero.
 *
 * @module
 */

import type { Example, ExampleSizes } from "./example.ts";
import type { PlanLayout, PlanStep } from "./plan.ts";

/** What a kernel does with a buffer. `update` reads and writes the same element. */
export type Access = "read" | "write" | "update";

/** Which of the plan's rows a kernel visits; see {@link PlanStep}. */
export const ROWS = { all: 0, gradient: 1, next: 2 } as const;

/**
 * What the threads of a kernel's GPU version compute: samples, one each; elements, so many threads for all; or
 * rows of a row range ("given": of the number `rows`), so many threads for four rows. Threads are numbered by
 * sample, by element, or from row 0 on, and those of rows outside the range do nothing.
 */
export type Threads<N extends string = string> =
  | "samples"
  | { elements(numbers: { readonly [K in N]: number }): number }
  | {
    readonly rows: "given" | number;
    fourRows(numbers: { readonly [K in N]: number }): number;
  };

/**
 * A kernel's interface and its reference. The key order of `buffers` and of `numbers` is the
 * argument order on every backend; the layouts of arguments in AssemblyScript and in WGSL are made
 * from them, and so no key can be a reserved word of WGSL, such as `target`.
 */
export interface Kernel<B extends string = string, N extends string = string> {
  /** File name of the kernel and export name in `kernels.wasm`. */
  readonly name: string;
  /** Source of the GPU version; see `wgsl.ts` for what it is given. */
  readonly wgsl: string;
  /** The buffers and what is done with them. */
  readonly buffers: { readonly [K in B]: Access };
  /** The plain numbers: shapes (`u32`) and constants (`f32`). */
  readonly numbers: { readonly [K in N]: "u32" | "f32" };
  /** Buffers that the GPU version reads and writes by four elements; the others by single ones. */
  readonly vec4?: readonly NoInfer<B>[];
  /**
   * Buffers of which neighbouring elements are written by different threads of the GPU version. Of the
   * others four elements from a multiple of four on are written by the same thread.
   */
  readonly scalars?: readonly NoInfer<B>[];
  /**
   * Buffers of which a thread of the WebAssembly version touches only what belongs to its own rows
   * of the minibatch: a row's elements, or the elements of a row's samples. A row is given to the
   * same thread whichever kernel it is (`share.as.ts`), so two such accesses need no barrier; and to
   * the same workgroup of the GPU, so they need no new dispatch. Of the other buffers any thread may
   * touch any element.
   */
  readonly ownRows?: readonly NoInfer<B>[];
  /** Likewise where the number `table` is 0. */
  readonly ownRowsWithoutTable?: readonly NoInfer<B>[];
  /** Elements that a call touches where it does not own the buffer to its end. */
  extents?(
    numbers: { readonly [K in N]: number },
  ): { readonly [K in B]?: number };
  /** What the threads of the GPU version compute. */
  readonly threads: Threads<N>;
  /** A call by which backends are compared. */
  example(sizes: ExampleSizes): Example<B, N>;
  /**
   * The reference: one step of one run.
   * @param buffers Views that start at the call's offsets.
   * @param numbers Values; those of kind `f32` are already rounded to f32.
   * @param plan This step's minibatch.
   */
  run(
    buffers: { readonly [K in B]: Float32Array },
    numbers: { readonly [K in N]: number },
    plan: PlanStep,
  ): void;
}

/** Types a definition by the names of its own buffers and numbers. */
export function defineKernel<B extends string, N extends string>(
  kernel: Kernel<B, N>,
): Kernel<B, N> {
  return kernel;
}

/** Rows [first, end) of the minibatch that a row range names. */
export function rowRange(
  rows: number,
  plan: PlanStep,
): [first: number, end: number] {
  if (rows === ROWS.gradient) return [0, plan.gradientRows];
  if (rows === ROWS.next) return [plan.nextStart, plan.rowCount];
  return [0, plan.rowCount];
}

/** The end of a row range in the largest minibatch. */
export function rangeCapacity(
  rows: number,
  { rowCapacity, batchSize }: PlanLayout,
): number {
  return rows === ROWS.gradient ? batchSize : rowCapacity;
}

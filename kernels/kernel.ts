/**
 * What a kernel is: a named, pure step of arithmetic on f32 buffers, in three languages side by
 * side. `NAME.ts` is the reference and the executable specification, `NAME.as.ts` the WebAssembly
 * SIMD version, `NAME.wgsl` the GPU version. All three return the same bits.
 *
 * Matrices are row-major and their rows are padded to a multiple of 4 columns (the "stride"), so
 * that four lanes fit everywhere; padding columns hold zeros and stay zero.
 *
 * @module
 */

import type { PlanStep } from "./plan.ts";

/** What a kernel does with a buffer. `update` reads and writes the same element. */
export type Access = "read" | "write" | "update";

/** Which of the plan's rows a kernel visits; see {@link PlanStep}. */
export const ROWS = { all: 0, gradient: 1, next: 2 } as const;

/** A kernel's interface and its reference. The key order of `buffers` and of `numbers` is the argument order on every backend. */
export interface Kernel<B extends string = string, N extends string = string> {
  /** File name of the kernel and export name in `kernels.wasm`. */
  readonly name: string;
  /** The buffers and what is done with them. */
  readonly buffers: { readonly [K in B]: Access };
  /** The plain numbers: shapes (`u32`) and constants (`f32`). */
  readonly numbers: { readonly [K in N]: "u32" | "f32" };
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

/** Rows [first, end) of the minibatch that a row range names. */
export function rowRange(
  rows: number,
  plan: PlanStep,
): [first: number, end: number] {
  if (rows === ROWS.gradient) return [0, plan.gradientRows];
  if (rows === ROWS.next) return [plan.nextStart, plan.rowCount];
  return [0, plan.rowCount];
}

/**
 * Random calls of kernels, for comparing backends with the reference: what a definition's
 * `example` takes and returns. `src/checks/kernel_inputs.ts` fills the buffers.
 *
 * @module
 */
import { padded } from "./padding.ts";

/**
 * What a buffer holds in training; `masked` are outputs of which some are forbidden, not a whole row, and
 * so are `logProbability`, whose values are from -100 to 0.
 */
export type Fill =
  | "tensor"
  | "masked"
  | "mask"
  | "probability"
  | "logProbability"
  | "firstMoment"
  | "secondMoment";

/** A buffer's contents. */
export interface Contents {
  /** Rows of a matrix; 1 for a vector. */
  readonly rows: number;
  /** Elements of a row that are filled. */
  readonly columns: number;
  /** Elements of a row in memory; the others are 0. */
  readonly stride: number;
  /** What kind of values. */
  readonly fill: Fill;
}

/** A call's numbers and buffers. */
export interface Example<B extends string, N extends string> {
  /** Those of kind `f32` are rounded to f32 later. */
  readonly numbers: { readonly [K in N]: number };
  /** Contents before the call; where a buffer is only written, its shape is what counts. */
  readonly buffers: { readonly [K in B]: Contents };
}

/** Sizes that an example is made for. */
export interface ExampleSizes {
  /** Width of a layer's input. */
  readonly inputs: number;
  /** Width of a layer's output. */
  readonly outputs: number;
  /** More than any action of the plan. */
  readonly actions: number;
  /** Quantiles of an action in a quantile head. */
  readonly quantiles: number;
  /** B */
  readonly batchSize: number;
  /** Most rows of the minibatch. */
  readonly rowCapacity: number;
  /** Rows of the observation table. */
  readonly tableRows: number;
  /** One of the values, at random. */
  choose(values: readonly number[]): number;
}

/** A matrix whose rows are padded. */
export function matrix(
  rows: number,
  columns: number,
  fill: Fill = "tensor",
): Contents {
  return { rows, columns, stride: padded(columns), fill };
}

/** A vector, or a table without padding. */
export function vector(length: number, fill: Fill = "tensor"): Contents {
  return { rows: 1, columns: length, stride: length, fill };
}

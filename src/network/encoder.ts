/**
 * What is done to observations before the network sees them. It is kept with the policy.
 *
 * @module
 */
import { flush } from "../../kernels/portable.ts";
import { firstOutside, MOST_CATEGORIES } from "../dataset/categories.ts";
import { InputError } from "../errors.ts";
import type { MdpObservations } from "../mdp/mdp.ts";
import { wholeRows } from "../numerics/arrays.ts";

/** A narrower range of a column, whose scale an f32 might not hold, is taken for none. */
const NARROWEST = 2 ** -125;

/** Maps x to (x - offset) · scale, each operation rounded to f32. */
export interface AffineEncoder {
  /** The kind of encoder. */
  readonly kind: "affine";
  /** [D] */
  readonly offset: Float32Array;
  /** [D] */
  readonly scale: Float32Array;
}

/** Maps number d of an observation, a name from 0 to n - 1, to n numbers: 1 at its place, else 0. */
export interface OneHotEncoder {
  /** The kind of encoder. */
  readonly kind: "oneHot";
  /** [D] how many names each number has. */
  readonly categories: readonly number[];
}

/** What is done to rows of D observation numbers; the network takes what comes of it. */
export type Encoder = AffineEncoder | OneHotEncoder;

/** `"none"`: as they are; `"minmax"`: to [-1, 1] by the data's range; `"oneHot"`: as names. */
export type EncoderName = "none" | "minmax" | "oneHot";

/** What a WebAssembly memory has. */
const MOST_BYTES = 2 ** 32;

/**
 * The encoder for observations.
 *
 * @returns null for `"none"`.
 * @throws InputError if observations are to be names and are not whole numbers from 0.
 */
export function fitEncoder(
  name: EncoderName,
  observed: MdpObservations,
): Encoder | null {
  switch (name) {
    case "none":
      return null;
    case "minmax":
      return minmaxEncoder(observed.observations, observed.observationSize);
    case "oneHot":
      return { kind: "oneHot", categories: categoriesOf(observed) };
  }
}

/**
 * Numbers that a network takes which sees these observations.
 *
 * @throws InputError if they are to be names and are not whole numbers from 0.
 */
export function inputSize(
  name: EncoderName,
  observed: MdpObservations,
): number {
  return name === "oneHot"
    ? oneHotSize(categoriesOf(observed))
    : observed.observationSize;
}

/**
 * How many names each column has: as is said, else one more than the largest.
 *
 * @returns [D]
 * @throws InputError if a number is no name: not whole, below 0 or too large.
 */
export function categoriesOf(
  { observations, observationSize, observationCategories }: MdpObservations,
): readonly number[] {
  if (observationCategories) return observationCategories;
  const most = Array(observationSize).fill(MOST_CATEGORIES);
  const wrong = firstOutside(observations, most);
  if (wrong >= 0) {
    throw new InputError(
      `network.encoder: oneHot takes whole numbers from 0 to ${
        MOST_CATEGORIES - 1
      }, and number ${wrong % observationSize} of an observation is ${
        observations[wrong]
      }: use none or minmax`,
    );
  }
  return columnRanges(observations, observationSize).map(({ max }) => max + 1);
}

/** Numbers that observations of these categories become. */
export function oneHotSize(categories: readonly number[]): number {
  return categories.reduce((sum, count) => sum + count, 0);
}

/**
 * The encoder that maps each column's range in the data to [-1, 1]; a constant column maps to 0, and so
 * does one whose range is below 2^-125.
 *
 * @param observations [rows, size] row-major.
 * @param size D
 * @throws InputError if the numbers are not whole rows.
 */
export function minmaxEncoder(
  observations: Float32Array,
  size: number,
): AffineEncoder {
  const offset = new Float32Array(size);
  const scale = new Float32Array(size);
  columnRanges(observations, size).forEach(({ min, max }, d) => {
    offset[d] = (min + max) / 2;
    scale[d] = max - min < NARROWEST ? 1 : 2 / (max - min);
  });
  return { kind: "affine", offset, scale };
}

/**
 * Encodes observations.
 *
 * @param observations [rows, D] row-major.
 * @param encoder Without one, they are returned as they are.
 * @param firstRow What to call the first row in an error.
 * @returns [rows, inputs of the network] row-major.
 * @throws InputError if the numbers are not whole rows, a name is none of the categories, or the
 *   result would not fit into a memory.
 */
export function encodeObservations(
  observations: Float32Array,
  encoder: Encoder | null,
  firstRow = 0,
): Float32Array {
  if (encoder === null) return observations;
  return encoder.kind === "affine"
    ? scaled(observations, encoder)
    : oneHot(observations, encoder.categories, firstRow);
}

function scaled(
  observations: Float32Array,
  { offset, scale }: AffineEncoder,
): Float32Array {
  const { fround } = Math;
  const size = offset.length;
  wholeRows(observations.length, size, "observations");
  return observations.map((x, i) =>
    flush(fround(fround(x - offset[i % size]) * scale[i % size]))
  );
}

function oneHot(
  observations: Float32Array,
  categories: readonly number[],
  firstRow: number,
): Float32Array {
  const size = categories.length;
  const rows = wholeRows(observations.length, size, "observations");
  const wrong = firstOutside(observations, categories);
  if (wrong >= 0) {
    const d = wrong % size;
    throw new InputError(
      `number ${d} of observation ${firstRow + Math.floor(wrong / size)} is ${
        observations[wrong]
      }, not a whole number from 0 to ${categories[d] - 1}`,
    );
  }
  const width = oneHotSize(categories);
  if (4 * rows * width > MOST_BYTES) {
    throw new InputError(
      `network.encoder: oneHot of ${width} categories makes a table of ${rows} observations too large; use other features`,
    );
  }
  const encoded = new Float32Array(rows * width);
  for (let row = 0, first = 0; row < rows; row++) {
    for (let d = 0; d < size; d++) {
      encoded[first + observations[row * size + d]] = 1;
      first += categories[d];
    }
  }
  return encoded;
}

function columnRanges(
  observations: Float32Array,
  size: number,
): { min: number; max: number }[] {
  wholeRows(observations.length, size, "observations");
  const ranges = Array.from(
    { length: size },
    () => ({ min: Infinity, max: -Infinity }),
  );
  for (let i = 0; i < observations.length; i++) {
    const range = ranges[i % size];
    if (observations[i] < range.min) range.min = observations[i];
    if (observations[i] > range.max) range.max = observations[i];
  }
  return ranges;
}

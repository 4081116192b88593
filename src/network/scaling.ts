/**
 * Observation scaling: an affine map applied to observations before the network, kept with the
 * policy.
 *
 * @module
 */
import { flush } from "../../kernels/portable.ts";
import { wholeRows } from "../numerics/arrays.ts";

/** Maps x to (x - offset) · scale, each operation rounded to f32. */
export interface ObservationScaling {
  /** [D] */
  readonly offset: Float32Array;
  /** [D] */
  readonly scale: Float32Array;
}

/**
 * The scaling that maps each column's range in the data to [-1, 1]; a constant column maps to 0.
 *
 * @param observations [rows, size] row-major.
 * @param size D
 * @throws InputError if the numbers are not whole rows.
 */
export function minmaxScaling(
  observations: Float32Array,
  size: number,
): ObservationScaling {
  wholeRows(observations.length, size, "observations");
  const offset = new Float32Array(size);
  const scale = new Float32Array(size);
  for (let d = 0; d < size; d++) {
    let min = Infinity;
    let max = -Infinity;
    for (let i = d; i < observations.length; i += size) {
      if (observations[i] < min) min = observations[i];
      if (observations[i] > max) max = observations[i];
    }
    offset[d] = (min + max) / 2;
    scale[d] = 2 / (max - min);
    // The column is constant, or nearly so in f32.
    if (scale[d] === Infinity) scale[d] = 1;
  }
  return { offset, scale };
}

/**
 * Scales rows of observations, [rows, D] row-major; without a scaling, returns them as they are.
 *
 * @throws InputError if the numbers are not whole rows.
 */
export function scaleObservations(
  observations: Float32Array,
  scaling: ObservationScaling | null,
): Float32Array {
  if (scaling === null) return observations;
  const { offset, scale } = scaling;
  const { fround } = Math;
  const size = offset.length;
  wholeRows(observations.length, size, "observations");
  return observations.map((x, i) =>
    flush(fround(fround(x - offset[i % size]) * scale[i % size]))
  );
}

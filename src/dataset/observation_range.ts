/**
 * How far the numbers of observations go in the data that were learnt from.
 *
 * @module
 */

import type { Dataset } from "./dataset.ts";

/** The smallest and largest of each number of an observation. */
export interface ObservationRange {
  /** [D] */
  readonly min: Float32Array;
  /** [D] */
  readonly max: Float32Array;
}

/**
 * The range of the observations that learning looks at. The final one of a terminated episode is not
 * among them, as with `learntRows`: not every format keeps it.
 */
export function learntRange(dataset: Dataset): ObservationRange {
  if (dataset.stored) return dataset.stored.survey.learnt;
  const { observations, terminated, episodeOffsets } = dataset;
  const { observationSize: size } = dataset;
  const min = new Float32Array(size).fill(Infinity);
  const max = new Float32Array(size).fill(-Infinity);
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    const last = episodeOffsets[e + 1] - 1;
    const end = last + e + (terminated[last] === 1 ? 1 : 2);
    for (let i = (episodeOffsets[e] + e) * size; i < end * size; i++) {
      const value = observations[i];
      const d = i % size;
      if (value < min[d]) min[d] = value;
      if (value > max[d]) max[d] = value;
    }
  }
  return { min, max };
}

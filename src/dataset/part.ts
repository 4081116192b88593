/**
 * A part of a data set: some of its episodes.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { Dataset } from "./dataset.ts";

/**
 * The episodes that are wanted, in their order.
 *
 * @param isWanted [E] 1 where an episode is.
 * @throws InputError if none is.
 */
export function episodesWhere(dataset: Dataset, isWanted: Uint8Array): Dataset {
  const { episodeOffsets: offsets } = dataset;
  const chosen = Array.from(isWanted.keys()).filter((e) => isWanted[e] === 1);
  if (chosen.length === 0) {
    throw new InputError("no episode of the data is left: take a larger part");
  }
  const steps = Uint32Array.from(chosen, (e) => offsets[e + 1] - offsets[e]);
  const total = steps.reduce((sum, n) => sum + n, 0);
  /** Copies the rows of the chosen episodes: `extra` more than transitions in each. */
  const take = <
    T extends Float32Array | Float64Array | Int32Array | Uint8Array,
  >(column: T, size: number, extra: 0 | 1): T => {
    const rows = total + extra * chosen.length;
    const taken = new (column.constructor as new (length: number) => T)(
      rows * size,
    );
    let at = 0;
    for (const e of chosen) {
      const part = column.subarray(
        (offsets[e] + extra * e) * size,
        (offsets[e + 1] + extra * (e + 1)) * size,
      );
      taken.set(part, at);
      at += part.length;
    }
    return taken;
  };
  const episodeOffsets = new Uint32Array(chosen.length + 1);
  steps.forEach((n, e) => episodeOffsets[e + 1] = episodeOffsets[e] + n);
  const { propensities, allowed, outcomes } = dataset;
  return {
    ...dataset,
    observations: take(dataset.observations, dataset.observationSize, 1),
    actions: take(dataset.actions, 1, 0),
    rewards: take(dataset.rewards, 1, 0),
    terminated: take(dataset.terminated, 1, 0),
    truncated: take(dataset.truncated, 1, 0),
    ...(propensities && { propensities: take(propensities, 1, 0) }),
    ...(outcomes && {
      outcomes: {
        names: outcomes.names,
        ofEpisode: outcomes.ofEpisode.filter((_, e) => isWanted[e] === 1),
      },
    }),
    ...(allowed && { allowed: take(allowed, dataset.actionCount, 1) }),
    episodeOffsets,
  };
}

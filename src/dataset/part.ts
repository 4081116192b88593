/**
 * Parts of a data set: some of its episodes.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { randomStream } from "../numerics/random.ts";
import type { Dataset } from "./dataset.ts";

/**
 * Draws which episodes are held out: the share, rounded to whole episodes, and never all.
 *
 * @param episodes E
 * @param share From 0 to 1.
 * @param seed Names the stream.
 * @returns [E] 1 where an episode is held out.
 */
export function heldOutEpisodes(
  episodes: number,
  share: number,
  seed: number,
): Uint8Array {
  const isHeldOut = new Uint8Array(episodes);
  const count = Math.min(Math.round(share * episodes), episodes - 1);
  const order = Uint32Array.from({ length: episodes }, (_, e) => e);
  const stream = randomStream(seed, "dataset/held-out");
  for (let k = 0; k < count; k++) {
    const other = k + stream.integer(episodes - k);
    [order[k], order[other]] = [order[other], order[k]];
    isHeldOut[order[k]] = 1;
  }
  return isHeldOut;
}

/**
 * Some of the episodes, drawn until they have so many transitions, in their order; at least one.
 *
 * @param candidates Episodes to choose from; at least one.
 * @param transitions Most transitions of all; a first episode may have more.
 * @param seed Names the stream.
 */
export function someEpisodes(
  episodeOffsets: Uint32Array,
  candidates: Uint32Array,
  transitions: number,
  seed: number,
): Uint32Array {
  const stream = randomStream(seed, "dataset/evaluated");
  const order = candidates.slice();
  let left = transitions;
  let count = 0;
  for (; count < order.length; count++) {
    const other = count + stream.integer(order.length - count);
    [order[count], order[other]] = [order[other], order[count]];
    const e = order[count];
    left -= episodeOffsets[e + 1] - episodeOffsets[e];
    if (left < 0 && count > 0) break;
  }
  return order.subarray(0, count).sort();
}

/**
 * As many episodes as there are, drawn with replacement (the bootstrap), in the order of the data.
 *
 * @param seed Names the stream.
 */
export function resampledEpisodes(dataset: Dataset, seed: number): Dataset {
  const episodes = dataset.episodeOffsets.length - 1;
  const stream = randomStream(seed, "dataset/resample");
  const drawn = Uint32Array.from(
    { length: episodes },
    () => stream.integer(episodes),
  );
  return episodesAt(dataset, drawn.sort());
}

/**
 * The episodes that are wanted, in their order.
 *
 * @param isWanted [E] 1 where an episode is.
 * @throws InputError if none is.
 */
export function episodesWhere(dataset: Dataset, isWanted: Uint8Array): Dataset {
  const chosen = Uint32Array.from(isWanted.keys()).filter((e) =>
    isWanted[e] === 1
  );
  if (chosen.length === 0) {
    throw new InputError("no episode of the data is left: take a larger part");
  }
  return episodesAt(dataset, chosen);
}

/** These episodes, in this order. */
function episodesAt(dataset: Dataset, chosen: Uint32Array): Dataset {
  if (dataset.stored) return dataset.stored.part(chosen);
  const { episodeOffsets: offsets } = dataset;
  const steps = chosen.map((e) => offsets[e + 1] - offsets[e]);
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
        ofEpisode: Uint8Array.from(chosen, (e) => outcomes.ofEpisode[e]),
      },
    }),
    ...(allowed && { allowed: take(allowed, dataset.actionCount, 1) }),
    episodeOffsets,
  };
}

/**
 * What the end of an episode means to learning: one rule, whatever format the data came from.
 *
 * @module
 */

import type { Dataset } from "./dataset.ts";
import { type DistinctRows, distinctRows } from "./distinct_rows.ts";

/**
 * Whether learning ignores what followed a transition. A terminated step has no future, even
 * where a limit fell on it. Any other last step was cut, by a limit or by the end of the log: it is
 * treated as terminal where learning does not bootstrap on truncation.
 *
 * @param episode The transition's episode.
 * @param transition Its index in the data set.
 * @param bootstrapOnTruncation Whether the last step of an episode that was cut looks at the
 *   observation after it; otherwise it counts as terminal.
 */
export function isTerminal(
  { terminated, episodeOffsets }: Dataset,
  episode: number,
  transition: number,
  bootstrapOnTruncation: boolean,
): boolean {
  return isTerminalStep(
    terminated[transition] === 1,
    transition + 1 === episodeOffsets[episode + 1],
    bootstrapOnTruncation,
  );
}

/** {@link isTerminal}, from whether the transition is terminated and whether it is its episode's last. */
export function isTerminalStep(
  isTerminated: boolean,
  isLast: boolean,
  bootstrapOnTruncation: boolean,
): boolean {
  return isTerminated || (!bootstrapOnTruncation && isLast);
}

/** Episodes that a limit or the end of the log cut: their last step is not terminated. */
export function cutEpisodes(dataset: Dataset): number {
  const { stored, episodeOffsets } = dataset;
  if (stored) return stored.terminated.filter((flag) => flag === 0).length;
  const { terminated } = dataset;
  let cut = 0;
  for (let e = 1; e < episodeOffsets.length; e++) {
    if (terminated[episodeOffsets[e] - 1] === 0) cut++;
  }
  return cut;
}

/**
 * The distinct observations that learning looks at. The final one of a terminated
 * episode is not among them: not every format keeps it, and a policy must not depend on the format.
 * The observation before takes its place. One in which other actions were allowed is another.
 *
 * @returns Of all N + E rows.
 */
export function learntRows(dataset: Dataset): DistinctRows {
  const { observations, observationSize, terminated, episodeOffsets } = dataset;
  const repeats = new Uint8Array(observations.length / observationSize);
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    const last = episodeOffsets[e + 1] - 1;
    repeats[last + e + 1] = terminated[last];
  }
  return distinctRows(observations, observationSize, repeats, dataset.allowed);
}

/**
 * What is assumed of cut episodes, as one sentence without a full stop; null where there is none.
 *
 * @param cut See {@link cutEpisodes}.
 * @param episodes E
 */
export function cutEpisodesNote(
  cut: number,
  episodes: number,
  bootstrapOnTruncation: boolean,
): string | null {
  if (cut === 0) return null;
  const [end, are, their] = cut === 1
    ? ["ends", "is", "its"]
    : ["end", "are", "their"];
  return `${cut} of ${episodes} episodes ${end} by a time limit or ${are} cut; ` +
    (bootstrapOnTruncation
      ? `learning continues from ${their} final observation`
      : `${their} last step is learnt from as if nothing followed`) +
    ` (dataset.bootstrapOnTruncation: ${bootstrapOnTruncation})`;
}

/**
 * What is known of data that are read once, a part at a time.
 *
 * @module
 */
import { firstOutside, MOST_CATEGORIES } from "./categories.ts";
import type { DataPiece, Dataset, DataSurvey } from "./dataset.ts";
import { learntRange } from "./observation_range.ts";
import { validatePiece } from "./validate.ts";

/**
 * Looks at all data once.
 *
 * @param described What holds for all pieces.
 * @param episodes E
 * @param pieces All episodes, in order.
 * @param name Of the file, for messages.
 * @throws InputError if the data are not valid; see `validateDataset`.
 */
export function surveyOf(
  described: Pick<
    Dataset,
    "observationSize" | "actionCount" | "observationCategories"
  >,
  episodes: number,
  pieces: Iterable<DataPiece>,
  name: string,
): DataSurvey {
  const { observationSize: size, actionCount } = described;
  const whole = rangeOf(size);
  const learnt = rangeOf(size);
  const reward = { min: Infinity, max: -Infinity };
  const returns = new Float64Array(episodes);
  const actionCounts = new Array<number>(actionCount).fill(0);
  const ends = { terminated: 0, truncated: 0, both: 0, none: 0 };
  const extremes = [0, 1].map(() => ({
    min: { value: Infinity, episode: 0 },
    max: { value: -Infinity, episode: 0 },
  }));
  let isBeyondFlags = false;
  let areNames = size === 1 && described.observationCategories === undefined;
  for (const { dataset, firstEpisode } of pieces) {
    validatePiece(dataset, name, firstEpisode);
    const { observations, actions, rewards, terminated, truncated } = dataset;
    const { episodeOffsets: offsets } = dataset;
    widen(whole, observations, observations);
    const range = learntRange(dataset);
    widen(learnt, range.min, range.max);
    if (areNames) {
      isBeyondFlags ||= observations.some((x) => x > 1);
      areNames = firstOutside(observations, [MOST_CATEGORIES]) < 0;
    }
    for (let e = 0; e + 1 < offsets.length; e++) {
      const episode = firstEpisode + e;
      const last = offsets[e + 1] - 1;
      let sum = 0;
      for (let i = offsets[e]; i <= last; i++) {
        const r = rewards[i];
        sum += r;
        actionCounts[actions[i]]++;
        if (r < reward.min) reward.min = r;
        if (r > reward.max) reward.max = r;
        const { min, max } = extremes[terminated[i]];
        if (r < min.value) Object.assign(min, { value: r, episode });
        if (r > max.value) Object.assign(max, { value: r, episode });
      }
      returns[episode] = sum;
      const isTerminated = terminated[last] === 1;
      if (truncated[last] === 1) ends[isTerminated ? "both" : "truncated"]++;
      else ends[isTerminated ? "terminated" : "none"]++;
    }
  }
  const other = returns.findIndex((g) => g !== returns[0]);
  const telling = new Set([
    0,
    ...(other < 0 ? [] : [other]),
    ...extremes.flatMap(({ min, max }) => [min.episode, max.episode]),
  ]);
  return {
    observations: Array.from(
      whole.min,
      (min, d) => ({ min, max: whole.max[d] }),
    ),
    learnt,
    reward,
    returns,
    actionCounts,
    ends,
    mayBeNames: areNames && isBeyondFlags,
    telling: [...telling].sort((a, b) => a - b),
  };
}

function rangeOf(size: number): { min: Float32Array; max: Float32Array } {
  return {
    min: new Float32Array(size).fill(Infinity),
    max: new Float32Array(size).fill(-Infinity),
  };
}

/** Widens a range so that rows of numbers lie in it. */
function widen(
  { min, max }: { min: Float32Array; max: Float32Array },
  lows: Float32Array,
  highs: Float32Array,
): void {
  const size = min.length;
  for (let i = 0, d = 0; i < lows.length; i++) {
    if (lows[i] < min[d]) min[d] = lows[i];
    if (highs[i] > max[d]) max[d] = highs[i];
    if (++d === size) d = 0;
  }
}

import { deepEqual, equal, notDeepEqual, throws } from "node:assert/strict";
import {
  episodesWhere,
  heldOutEpisodes,
  resampledEpisodes,
} from "../../src/dataset/part.ts";
import { datasetFromArrays } from "../../src/dataset/formats/arrays.ts";
import { randomStream } from "../../src/numerics/random.ts";

Deno.test("held out: a share in whole episodes, never all, drawn by the seed", () => {
  const count = (episodes: number, share: number) =>
    heldOutEpisodes(episodes, share, 0).reduce((sum, flag) => sum + flag, 0);
  equal(count(500, 0.2), 100);
  equal(count(3, 0.2), 1);
  equal(count(2, 0.2), 0);
  equal(count(2, 0.9), 1);
  equal(count(1, 0.9), 0);
  equal(count(10, 0), 0);
  deepEqual(heldOutEpisodes(50, 0.5, 7), heldOutEpisodes(50, 0.5, 7));
  notDeepEqual(heldOutEpisodes(50, 0.5, 7), heldOutEpisodes(50, 0.5, 8));
});

// Three episodes of 1, 2 and 1 steps.
const dataset = datasetFromArrays({
  observations: [10, 20, 21, 30],
  actions: [0, 1, 0, 1],
  rewards: [1, 2, 3, 4],
  terminated: [1, 0, 0, 1],
  truncated: [0, 0, 1, 0],
  finalObservations: [11, 22, 31],
  propensities: [0.5, 0.25, 0.75, 1],
  outcomes: ["well", "", "ill"],
});

Deno.test("a part has every column of its episodes", () => {
  const part = episodesWhere(dataset, Uint8Array.of(0, 1, 1));
  deepEqual([...part.observations], [20, 21, 22, 30, 31]);
  deepEqual([...part.actions], [1, 0, 1]);
  deepEqual([...part.rewards], [2, 3, 4]);
  deepEqual([...part.terminated], [0, 0, 1]);
  deepEqual([...part.truncated], [0, 1, 0]);
  deepEqual([...part.propensities!], [0.25, 0.75, 1]);
  deepEqual([...part.outcomes!.ofEpisode], [0, 1]);
  deepEqual([...part.episodeOffsets], [0, 2, 3]);
  throws(() => episodesWhere(dataset, new Uint8Array(3)), /no episode/);
});

Deno.test("a resample has as many episodes, some of them more than once", () => {
  const drawn = Array.from({ length: 20 }, (_, seed) => {
    const { episodeOffsets, observations } = resampledEpisodes(dataset, seed);
    equal(episodeOffsets.length, 4);
    return Array.from(
      episodeOffsets.subarray(0, 3),
      (i, e) => observations[i + e] / 10,
    );
  });
  const { integer } = randomStream(7, "dataset/resample");
  const byHand = [integer(3), integer(3), integer(3)].map((e) => e + 1);
  deepEqual(drawn[7], byHand.sort());
  for (const episodes of drawn) deepEqual(episodes, episodes.toSorted());
  const times = [1, 2, 3].map((episode) =>
    drawn.flat().filter((one) => one === episode).length
  );
  equal(times[0] + times[1] + times[2], 60);
  equal(times.every((n) => n > 10), true);
  equal(drawn.some((episodes) => new Set(episodes).size < 3), true);
});

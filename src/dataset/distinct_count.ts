/**
 * Counting different observations of data that stay on disk.
 *
 * @module
 */
import type { Dataset } from "./dataset.ts";

/** Places of a pass's table: 12 bytes each. */
const MOST_SLOTS = 2 ** 24;
/** Share of the places that are filled, at most. */
const LOAD = 0.65;

/**
 * Different observations in which an action was taken. They are told apart by 96 bits of their hashes:
 * that two of 100 million are taken for one has a probability of 1e-13. The data are read several times,
 * each time for the observations whose hash is in another part, so that memory is bounded.
 *
 * @param dataset On disk.
 */
export function countDistinct(dataset: Dataset): number {
  const { episodeOffsets, observationSize: size } = dataset;
  const transitions = episodeOffsets[episodeOffsets.length - 1];
  let slots = 16;
  while (slots < MOST_SLOTS && slots * LOAD < transitions) slots *= 2;
  const parts = Math.ceil(transitions / (slots * LOAD));
  const table = new Uint32Array(3 * slots);
  let count = 0;
  for (let part = 0; part < parts; part++) {
    table.fill(0);
    for (
      const { dataset: { observations, ...piece } } of dataset.stored!.pieces()
    ) {
      const { episodeOffsets: offsets } = piece;
      const words = new Uint32Array(observations.buffer);
      for (let e = 0; e + 1 < offsets.length; e++) {
        for (let row = offsets[e] + e; row < offsets[e + 1] + e; row++) {
          const at = row * size;
          const first = hashOf(words, at, size, 0x9747b28c);
          if (first % parts !== part) continue;
          const second = hashOf(words, at, size, 0x1b873593);
          // 0 is an empty place.
          const third = hashOf(words, at, size, 0x85ebca6b) || 1;
          let slot = second & (slots - 1);
          for (;;) {
            const k = 3 * slot;
            if (table[k + 2] === 0) {
              table[k] = first;
              table[k + 1] = second;
              table[k + 2] = third;
              count++;
              break;
            }
            if (
              table[k] === first && table[k + 1] === second &&
              table[k + 2] === third
            ) break;
            slot = (slot + 1) & (slots - 1);
          }
        }
      }
    }
  }
  return count;
}

/** MurmurHash3 (Appleby, 2011) of some words. */
function hashOf(
  words: Uint32Array,
  at: number,
  size: number,
  seed: number,
): number {
  let h = seed;
  for (let i = at; i < at + size; i++) {
    let k = Math.imul(words[i], 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h ^= 4 * size;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * What all places have in common: how often an action leads to each displacement.
 *
 * @module
 */
import { grouped } from "./likelihood.ts";
import type { ObservedDisplacements } from "./observed.ts";

/** Rounds of expectation and maximisation: the shares of what was held at an edge settle in a few. */
const ROUNDS = 100;

/**
 * The shares of the displacements, by action, that explain the counts of all places best, plus half an
 * imaginary visit of each action. Which of the displacements that lead to the same place was meant is not
 * seen at an edge of the range; it is estimated with the shares (Dempster, Laird and Rubin, 1977).
 *
 * @returns [A, K]
 */
export function sharedDisplacements(
  { actionCount, displacementCount: kinds, counts, patternOf, groups }:
    ObservedDisplacements,
): Float64Array {
  const width = actionCount * kinds;
  const sums = groups.map(() => new Float64Array(width));
  patternOf.forEach((pattern, u) => {
    for (let i = 0; i < width; i++) sums[pattern][i] += counts[u * width + i];
  });
  let shares = new Float64Array(width).fill(1 / kinds);
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(width).fill(0.5 / kinds);
    groups.forEach((group, pattern) => {
      const places = grouped(shares, group);
      for (let i = 0; i < width; i++) {
        const k = i % kinds;
        const place = i - k + group[k];
        next[i] += sums[pattern][place] * shares[i] / places[place];
      }
    });
    for (let a = 0; a < width; a += kinds) {
      const own = next.subarray(a, a + kinds);
      const sum = own.reduce((total, x) => total + x, 0);
      own.forEach((x, k) => own[k] = x / sum);
    }
    shares = next;
  }
  return shares;
}

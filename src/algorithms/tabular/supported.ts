/**
 * What learners from counts share: what they do where the data say nothing.
 *
 * @module
 */
import type { FiniteMdp } from "../../mdp/mdp.ts";

/** The lowest action that is allowed in a state. */
export function lowestAllowed(
  { allowed, actionCount }: Pick<FiniteMdp, "allowed" | "actionCount">,
  state: number,
): number {
  const row = state * actionCount;
  const first = allowed?.subarray(row, row + actionCount).indexOf(1) ?? 0;
  return Math.max(0, first);
}

/** The best action of those seen at least `min` times, the lowest on ties; -1 if there is none. */
export function bestSupported(
  q: Float64Array,
  counts: Uint32Array,
  s: number,
  actionCount: number,
  min: number,
): number {
  let best = -1;
  for (let a = s * actionCount; a < (s + 1) * actionCount; a++) {
    if (counts[a] >= min && (best < 0 || q[a] > q[best])) best = a;
  }
  return best < 0 ? -1 : best - s * actionCount;
}

/** The lowest reward for ever: what a state without data is worth, so that no plan leads there. */
export function worstValue(model: FiniteMdp, gamma: number): number {
  return model.reward.reduce((min, r) => Math.min(min, r), 0) / (1 - gamma);
}

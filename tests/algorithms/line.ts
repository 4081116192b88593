/**
 * Twelve places on a line, the last of which ends with 10, each action taken ten times in each.
 *
 * @module
 */
import type { Dataset } from "../../src/dataset/dataset.ts";

export const PLACES = 12;
/** How often each pair was tried. */
export const VISITS = 10;

/** How a line differs from the plain one. */
export interface LineChanges {
  /** Where an action leads at a visit: 0 is a step to the right, 1 to the left. */
  readonly next?: (u: number, a: number, visit: number) => number;
  /** What a step pays. */
  readonly reward?: (u: number, a: number, entered: number) => number;
}

/** A step, held at the left end. */
export function step(u: number, a: number): number {
  return a === 0 ? u + 1 : Math.max(0, u - 1);
}

/** What entering a place pays. */
export function payOf(entered: number): number {
  return entered === PLACES - 1 ? 10 : -1;
}

/** Episodes of one step, in the order of places, actions and visits. */
export function lineData(
  { next = step, reward = (_, __, entered) => payOf(entered) }: LineChanges =
    {},
): Dataset {
  const observations: number[] = [];
  const [actions, rewards, ends]: number[][] = [[], [], []];
  for (let u = 0; u + 1 < PLACES; u++) {
    for (const a of [0, 1]) {
      for (let visit = 0; visit < VISITS; visit++) {
        const entered = next(u, a, visit);
        observations.push(u, entered);
        actions.push(a);
        rewards.push(reward(u, a, entered));
        ends.push(entered === PLACES - 1 ? 1 : 0);
      }
    }
  }
  return {
    observationSize: 1,
    actionCount: 2,
    observations: Float32Array.from(observations),
    actions: Int32Array.from(actions),
    rewards: Float32Array.from(rewards),
    terminated: Uint8Array.from(ends),
    truncated: Uint8Array.from(ends, (flag) => 1 - flag),
    episodeOffsets: Uint32Array.from(
      { length: actions.length + 1 },
      (_, i) => i,
    ),
  };
}

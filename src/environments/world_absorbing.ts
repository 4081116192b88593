/**
 * Ends of tables that do not name any.
 *
 * @module
 */
import { UNNAMED_END } from "./world_outcomes.ts";
import type { Transitions } from "./world_parts.ts";

/**
 * The states that every action leaves as they are and in which nothing is paid: an episode that is in
 * one has ended, whatever is done.
 *
 * @returns [S] {@link UNNAMED_END} for each of them, 0 for the others.
 */
export function absorbingStates(
  { state, nextState, probability, reward }: Transitions,
  stateCount: number,
): Uint8Array {
  const ends = new Uint8Array(stateCount);
  for (const s of state) ends[s] = UNNAMED_END;
  for (let i = 0; i < state.length; i++) {
    if (probability[i] === 0) continue;
    if (nextState[i] !== state[i] || reward[i] !== 0) ends[state[i]] = 0;
  }
  return ends;
}

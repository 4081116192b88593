/**
 * Ends of tables that do not name any.
 *
 * @module
 */
import type { Transitions } from "./world_parts.ts";

/**
 * The states that every action leaves as they are and in which nothing is paid: an episode that is in
 * one has ended, whatever is done.
 *
 * @returns Their indices, ascending.
 */
export function absorbingStates(
  { state, nextState, probability, reward }: Transitions,
  stateCount: number,
): number[] {
  const stays = new Uint8Array(stateCount);
  for (const s of state) stays[s] = 1;
  for (let i = 0; i < state.length; i++) {
    if (probability[i] === 0) continue;
    if (nextState[i] !== state[i] || reward[i] !== 0) stays[state[i]] = 0;
  }
  return Array.from(stays.keys()).filter((s) => stays[s]);
}

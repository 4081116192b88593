import { mdpRows, pointStart, stateIndices } from "../../src/mdp/build.ts";
import type { FiniteMdp, NamedOutcome } from "../../src/mdp/mdp.ts";

/** [state, action, probability, next state, reward, outcome] */
export type Entry = [number, number, number, number, number, number?];

/** A small world that starts in state 0. */
export function worldOf(
  [stateCount, actionCount]: [number, number],
  entries: readonly Entry[],
  outcomes: readonly NamedOutcome[] = [
    { name: "end", ends: true, unsafe: false },
  ],
): FiniteMdp {
  const rows = mdpRows(stateCount, actionCount);
  for (const [state, action, p, nextState, reward, outcome] of entries) {
    rows.add(state, action, {
      probability: p,
      nextState,
      reward,
      outcome: outcome ?? 0,
    });
  }
  return {
    stateCount,
    actionCount,
    ...rows.finish(),
    outcomes,
    start: pointStart(stateCount, 0),
    horizon: null,
    discount: 1,
    ...stateIndices(stateCount),
  };
}

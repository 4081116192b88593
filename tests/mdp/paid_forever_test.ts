import { deepEqual } from "node:assert/strict";
import { mdpRows, pointStart, stateIndices } from "../../src/mdp/build.ts";
import type { FiniteMdp } from "../../src/mdp/mdp.ts";
import { paidForever } from "../../src/mdp/paid_forever.ts";

/** [state, action, next state, reward, ends] with equal probabilities for a pair's. */
type Step = [number, number, number, number, 0 | 1];

function worldOf(stateCount: number, steps: readonly Step[]): FiniteMdp {
  const rows = mdpRows(stateCount, 2);
  for (const [state, action, nextState, reward, outcome] of steps) {
    const alike = steps.filter(([s, a]) => s === state && a === action).length;
    const probability = 1 / alike;
    rows.add(state, action, { probability, nextState, reward, outcome });
  }
  return {
    stateCount,
    actionCount: 2,
    ...rows.finish(),
    outcomes: [{ name: "end", ends: true, unsafe: false }],
    start: pointStart(stateCount, 0),
    horizon: null,
    discount: 1,
    ...stateIndices(stateCount),
  };
}

Deno.test("a policy can be paid for ever where it can stay in a part of the world that pays", () => {
  const loop: Step[] = [[0, 0, 1, 0, 0], [1, 0, 0, -1, 0], [0, 1, 2, 5, 1]];
  const cases: [steps: Step[], state: number | null][] = [
    [loop, 1],
    // Chance ends it.
    [[[0, 0, 0, 1, 0], [0, 0, 1, 1, 1]], null],
    // It ends in any case, though not at once.
    [[[0, 0, 1, 1, 0], [1, 0, 2, 1, 1], [1, 1, 2, 1, 1]], null],
    // On the way to where nothing is paid.
    [[[0, 0, 1, -1, 0], [1, 0, 1, 0, 0]], null],
    // As likely as not to stay: paid now and then, but not for ever.
    [[[0, 0, 0, -1, 0], [0, 0, 1, -1, 0], [1, 0, 1, 0, 0]], null],
    // That part is never reached.
    [[[0, 0, 1, 1, 1], [2, 0, 2, 1, 0]], null],
    // It is reached by chance, from a pair that may end.
    [[[0, 0, 1, 0, 1], [0, 0, 2, 0, 0], [2, 0, 2, 1, 0]], 2],
  ];
  deepEqual(
    cases.map(([steps]) => paidForever(worldOf(3, steps))),
    cases.map(([, state]) => state),
  );
  deepEqual(paidForever({ ...worldOf(3, loop), horizon: 10 }), null);
});

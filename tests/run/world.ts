/**
 * A small ward in a file: five degrees of severity, three actions (operating forbidden on the two
 * mildest), two ends, no horizon.
 *
 * @module
 */
import { mdpRows, stateIndices } from "../../src/mdp/build.ts";
import type { FiniteMdp } from "../../src/mdp/mdp.ts";
import type { WorldFile } from "../../src/environments/world_file.ts";

const STATES = 7;
const ACTIONS = 3;
const [DEATH, HOME] = [5, 6];
const allowed = Uint8Array.from(
  { length: STATES * ACTIONS },
  (_, pair) => pair % ACTIONS === 2 && pair < 2 * ACTIONS ? 0 : 1,
);

function wardMdp(): FiniteMdp {
  const rows = mdpRows(STATES, ACTIONS);
  for (let s = 0; s < 5; s++) {
    const [worse, better] = [s + 1, s === 0 ? HOME : s - 1];
    const ways = [
      [[worse, 0.25], [s, 0.5], [better, 0.25]],
      [[worse, 0.125], [s, 0.375], [better, 0.5]],
      [[DEATH, s / 8], [HOME, 1 - s / 8]],
    ];
    ways.forEach((outcomes, action) => {
      if (allowed[s * ACTIONS + action] === 0) return;
      for (const [nextState, probability] of outcomes) {
        if (probability === 0) continue;
        rows.add(s, action, {
          probability,
          nextState,
          reward: nextState === HOME ? 1 : 0,
          outcome: Math.max(0, nextState - 4),
        });
      }
    });
  }
  return {
    stateCount: STATES,
    actionCount: ACTIONS,
    ...rows.finish(),
    outcomes: [
      { name: "death", ends: true, unsafe: true },
      { name: "recovery", ends: true, unsafe: false },
    ],
    start: Float64Array.of(0, 0.5, 0.5, 0, 0, 0, 0),
    horizon: null,
    discount: 1,
    allowed,
    ...stateIndices(STATES),
  };
}

/** Waits and treats alike, and operates on the gravest. */
const careful = Float64Array.from(
  { length: STATES * ACTIONS },
  (_, pair) => {
    const [state, action] = [Math.floor(pair / ACTIONS), pair % ACTIONS];
    if (state > 4) return 0;
    return state === 4 ? [0, 0.5, 0.5][action] : [0.5, 0.5, 0][action];
  },
);

/** The ward. */
export const ward: WorldFile = {
  title: "a small ward",
  mdp: wardMdp(),
  policies: { careful },
};

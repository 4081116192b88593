/**
 * Wet chicken (Tresp 1994; Hans and Udluft 2009, "Efficient Uncertainty Propagation for
 * Reinforcement Learning with Limited Data", section 5.2; discrete as in Scholl, Dietrich, Otte and
 * Udluft 2022, "Safe Policy Improvement Approaches on Discrete Markov Decision Processes", section
 * 6): a canoe on a river of 5 by 5 cells that ends in a waterfall. The nearer to it, the better: a
 * step pays the distance x from the upper end that it leads to. Who goes over it starts again from
 * the upper end, at the left bank. An episode never ends of itself.
 *
 * The current 3y/5 grows from the left bank, y = 0, to the right, the turbulence 3.5 - 3y/5 falls.
 * The new x is x + (the paddling: 0, -1 or -2) + current + turbulence · u with u uniform on [-1, 1],
 * rounded to the nearest whole number, at least 0; 5 or more is a fall.
 *
 * State and observation 5x + y; actions 0 drift, 1 hold (one cell back), 2 paddle back (two cells),
 * 3 left, 4 right.
 *
 * @module
 */
import { mdpRows, pointStart, stateIndices } from "../mdp/build.ts";
import type { FiniteMdp, NamedOutcome } from "../mdp/mdp.ts";
import { choosingAmong } from "./behaviour.ts";
import {
  type EnvironmentDefinition,
  horizonSetting,
  indexShape,
} from "./define.ts";

/** Horizon. */
export interface WetChickenSettings {
  /** Steps after which an episode is truncated; null: none. */
  readonly maxSteps: number | null;
}

const OUTCOMES: readonly NamedOutcome[] = [
  { name: "fall", ends: false, unsafe: true },
];
const FALL = 1;

const LENGTH = 5;
const WIDTH = 5;
const STATES = LENGTH * WIDTH;
const ACTIONS = 5;
const PADDLING = [0, -1, -2, 0, 0];
const SIDEWAYS = [0, 0, 0, -1, 1];
const [DRIFT, HOLD, BACK, LEFT, RIGHT] = [0, 1, 2, 3, 4];

/** Wet chicken. */
export const wetChicken: EnvironmentDefinition<
  "wetChicken",
  WetChickenSettings,
  WetChickenSettings
> = {
  name: "wetChicken",
  title: "wet chicken",
  settings: { maxSteps: horizonSetting(40) },
  complete: (settings) => settings,
  shape: ({ maxSteps }) => indexShape(STATES, ACTIONS, maxSteps),
  resolve: (settings) => settings,
  mdp: wetChickenMdp,
  behaviours: {
    /** Scholl and others' heuristic: to the middle of the river, and stay there. */
    heuristic: (_, epsilon) =>
      choosingAmong(STATES, ACTIONS, epsilon, (state) => {
        const [x, y] = [Math.floor(state / WIDTH), state % WIDTH];
        if (x > 2) return [BACK];
        if (y !== 2) return [y < 2 ? RIGHT : LEFT];
        return [[DRIFT, HOLD, BACK][x]];
      }),
  },
  describe: () => ({}),
};

function wetChickenMdp({ maxSteps }: WetChickenSettings): FiniteMdp {
  const tables = mdpRows(STATES, ACTIONS);
  for (let state = 0; state < STATES; state++) {
    const [x, y] = [Math.floor(state / WIDTH), state % WIDTH];
    const current = 3 * y / 5;
    const turbulence = 3.5 - current;
    for (let action = 0; action < ACTIONS; action++) {
      const nextY = Math.max(0, Math.min(WIDTH - 1, y + SIDEWAYS[action]));
      const middle = x + PADDLING[action] + current;
      const [low, high] = [middle - turbulence, middle + turbulence];
      /** The probability to come out between two points. */
      const between = (from: number, to: number) =>
        Math.max(0, Math.min(to, high) - Math.max(from, low)) /
        (2 * turbulence);
      for (let nextX = 0; nextX <= LENGTH; nextX++) {
        const falls = nextX === LENGTH;
        const probability = between(
          nextX === 0 ? -Infinity : nextX - 0.5,
          falls ? Infinity : nextX + 0.5,
        );
        if (probability === 0) continue;
        tables.add(state, action, {
          probability,
          nextState: falls ? 0 : nextX * WIDTH + nextY,
          reward: falls ? 0 : nextX,
          outcome: falls ? FALL : 0,
        });
      }
    }
  }
  return {
    stateCount: STATES,
    actionCount: ACTIONS,
    ...tables.finish(),
    outcomes: OUTCOMES,
    start: pointStart(STATES, 0),
    horizon: maxSteps,
    discount: 0.95,
    ...stateIndices(STATES),
  };
}

/**
 * The gridworld of SPIBB (Laroche, Trichelair and Tachet des Combes 2019, "Safe Policy Improvement
 * with Baseline Bootstrapping", section 3.1): from the lower left to the upper right corner of 5 by 5
 * cells, between two walls. The goal pays 1 and ends the episode; nothing else pays. The discount is
 * 0.95, and data are cut after 50 steps, as in the paper's code.
 *
 * A move goes where it is meant to with probability 0.75, to either side with 0.1 and back with 0.05;
 * a wall or the edge holds it in place. State and observation 5y + x with y upwards; actions 0 up,
 * 1 right, 2 down, 3 left. The paper's baseline is the softmax of a file of action values, which is
 * not here: `baseline` is a rule of our own.
 *
 * @module
 */
import { mdpRows, pointStart, stateIndices } from "../mdp/build.ts";
import type { FiniteMdp, NamedOutcome } from "../mdp/mdp.ts";
import type { Cell } from "../settings.ts";
import { choosingAmong, shortestWays } from "./behaviour.ts";
import {
  type EnvironmentDefinition,
  horizonSetting,
  indexShape,
} from "./define.ts";

/** Horizon. */
export interface SpibbGridworldSettings {
  /** Steps after which an episode is truncated; null: none. */
  readonly maxSteps: number | null;
}

const OUTCOMES: readonly NamedOutcome[] = [
  { name: "goal", ends: true, unsafe: false },
];
const GOAL = 1;

const SIZE = 5;
const STATES = SIZE * SIZE;
const GOAL_STATE = STATES - 1;
const ACTIONS = 4;
const MOVE_X = [0, 1, 0, -1];
const MOVE_Y = [1, 0, -1, 0];
/** Of a turn by 0, 90, 180 and 270 degrees. */
const TURN_PROBABILITY = [0.75, 0.1, 0.05, 0.1];
/** The cells that have a wall on their right. */
const WALLS: readonly Cell[] = [[2, 0], [2, 1], [2, 2], [3, 2], [3, 3]];

/** The gridworld of SPIBB. */
export const spibbGridworld: EnvironmentDefinition<
  "spibbGridworld",
  SpibbGridworldSettings,
  SpibbGridworldSettings
> = {
  name: "spibbGridworld",
  title: "SPIBB's gridworld",
  settings: { maxSteps: horizonSetting(50) },
  complete: (settings) => settings,
  shape: ({ maxSteps }) => indexShape(STATES, ACTIONS, maxSteps),
  resolve: (settings) => settings,
  mdp: spibbGridworldMdp,
  behaviours: {
    /** Half the time the shortest way around the walls, as if no move went astray, else any action. */
    baseline: (_, epsilon) => {
      const ways = shortestWays(
        STATES,
        ACTIONS,
        moved,
        (s) => s === GOAL_STATE,
      );
      const share = 0.5 + epsilon / 2;
      return choosingAmong(STATES, ACTIONS, share, (state) => ways[state]);
    },
  },
  describe: () => ({}),
  draw: () => ({
    width: SIZE,
    height: SIZE,
    cells: Array.from(
      { length: STATES },
      (_, state): Cell => [state % SIZE, Math.floor(state / SIZE)],
    ),
    starts: [[0, 0]],
    goals: [[SIZE - 1, SIZE - 1]],
    hazards: [],
    walls: WALLS.map(([x, y]) => [[x, y], [x + 1, y]]),
    directions: [0, 90, 180, 270],
  }),
};

/** Where a move leads. */
function moved(state: number, action: number): number {
  const [x, y] = [state % SIZE, Math.floor(state / SIZE)];
  const [nextX, nextY] = [x + MOVE_X[action], y + MOVE_Y[action]];
  const isOutside = nextX < 0 || nextX >= SIZE || nextY < 0 || nextY >= SIZE;
  const left = Math.min(x, nextX);
  const isWalled = nextX !== x &&
    WALLS.some(([wallX, wallY]) => wallX === left && wallY === y);
  return isOutside || isWalled ? state : nextY * SIZE + nextX;
}

function spibbGridworldMdp({ maxSteps }: SpibbGridworldSettings): FiniteMdp {
  const tables = mdpRows(STATES, ACTIONS);
  for (let state = 0; state < GOAL_STATE; state++) {
    for (let action = 0; action < ACTIONS; action++) {
      TURN_PROBABILITY.forEach((probability, turn) => {
        const nextState = moved(state, (action + turn) % ACTIONS);
        const isGoal = nextState === GOAL_STATE;
        tables.add(state, action, {
          probability,
          nextState,
          reward: isGoal ? 1 : 0,
          outcome: isGoal ? GOAL : 0,
        });
      });
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

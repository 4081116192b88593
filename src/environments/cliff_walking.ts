/**
 * Cliff walking (Sutton and Barto 2018, "Reinforcement Learning", example 6.6; Gymnasium's
 * `CliffWalking-v1`): from the lower left to the lower right corner of a grid whose lower edge
 * between them is a cliff. A step gives -1; a fall gives -100 and leads back to the start, and the
 * episode continues. The goal ends it.
 *
 * State row · width + column with row 0 at the top, actions 0 up, 1 right, 2 down, 3 left, as in
 * Gymnasium; the observation is (column, row). On slippery ground the direction is one of the two
 * at right angles with the slip probability: Gymnasium's `is_slippery` is 2/3.
 *
 * @module
 */
import { mdpRows, pointStart } from "../mdp/build.ts";
import type { FiniteMdp, NamedOutcome } from "../mdp/mdp.ts";
import { type Cell, integer, number, type NumbersNamed } from "../settings.ts";
import { choosingAmong } from "./behaviour.ts";
import {
  type EnvironmentDefinition,
  type GridDrawing,
  horizonSetting,
} from "./define.ts";

/** Size, horizon and ground. */
export interface CliffWalkingSettings
  extends NumbersNamed<"width" | "height" | "slipProbability"> {
  /** Steps after which an episode is truncated; null: none. */
  readonly maxSteps: number | null;
}

const OUTCOMES: readonly NamedOutcome[] = [
  { name: "fall", ends: false, unsafe: true },
  { name: "goal", ends: true, unsafe: false },
];
const FALL = 1;
const GOAL = 2;

const ACTIONS = 4;
const MOVE_COLUMN = [0, 1, 0, -1];
const MOVE_ROW = [-1, 0, 1, 0];

/** Cliff walking. */
export const cliffWalking: EnvironmentDefinition<
  "cliffWalking",
  CliffWalkingSettings,
  CliffWalkingSettings,
  "cliffWalkingSlippery"
> = {
  name: "cliffWalking",
  title: "cliff walking",
  settings: {
    width: integer(3, 256, 12, "columns"),
    height: integer(2, 256, 4, "rows"),
    maxSteps: horizonSetting(100),
    slipProbability: number(
      0,
      1,
      0,
      "probability that the direction is one of the two at right angles",
    ),
  },
  variants: { cliffWalkingSlippery: { slipProbability: 2 / 3 } },
  complete: (settings) => settings,
  shape: ({ width, height, maxSteps }) => ({
    stateCount: width * height,
    actionCount: ACTIONS,
    observationSize: 2,
    horizon: maxSteps,
  }),
  resolve: (settings) => settings,
  mdp: cliffWalkingMdp,
  behaviours: {
    /** Up to the top row, along it, and down at the end. */
    detour: (world, epsilon) =>
      table(world, epsilon, (column, row) => {
        if (column === world.width - 1) return 2;
        return row > 0 ? 0 : 1;
      }),
    /** Along the row above the cliff. */
    edge: (world, epsilon) =>
      table(world, epsilon, (column, row) => {
        const edge = world.height - 2;
        if (column === world.width - 1) return 2;
        return row > edge ? 0 : row < edge ? 2 : 1;
      }),
  },
  describe: ({ width, height }) => ({ width, height }),
  draw,
};

function cliffWalkingMdp(
  { width, height, maxSteps, slipProbability }: CliffWalkingSettings,
): FiniteMdp {
  const stateCount = width * height;
  const rows = mdpRows(stateCount, ACTIONS);
  const observations = new Float32Array(stateCount * 2);
  const startState = (height - 1) * width;
  for (let state = 0; state < stateCount; state++) {
    const [column, row] = [state % width, Math.floor(state / width)];
    observations.set([column, row], state * 2);
    for (let action = 0; action < ACTIONS; action++) {
      // Straight ahead, then one turn to each side.
      for (const turn of [0, 1, 3]) {
        const done = (action + turn) % ACTIONS;
        const c = clip(column + MOVE_COLUMN[done], width);
        const r = clip(row + MOVE_ROW[done], height);
        const isLowest = r === height - 1;
        const falls = isLowest && c > 0 && c < width - 1;
        rows.add(state, action, {
          probability: turn === 0 ? 1 - slipProbability : slipProbability / 2,
          nextState: falls ? startState : r * width + c,
          reward: falls ? -100 : -1,
          outcome: falls ? FALL : isLowest && c === width - 1 ? GOAL : 0,
        });
      }
    }
  }
  return {
    stateCount,
    actionCount: ACTIONS,
    ...rows.finish(),
    outcomes: OUTCOMES,
    start: pointStart(stateCount, startState),
    horizon: maxSteps,
    discount: 1,
    observations,
    observationSize: 2,
  };
}

/** The action of each cell, with a share of uniform ones. */
function table(
  { width, height }: CliffWalkingSettings,
  epsilon: number,
  actionIn: (column: number, row: number) => number,
): Float64Array {
  return choosingAmong(
    width * height,
    ACTIONS,
    epsilon,
    (state) => [actionIn(state % width, Math.floor(state / width))],
  );
}

function draw({ width, height }: CliffWalkingSettings): GridDrawing {
  const cells = Array.from({ length: width * height }, (_, state): Cell => [
    state % width,
    height - 1 - Math.floor(state / width),
  ]);
  return {
    width,
    height,
    cells,
    starts: [[0, 0]],
    goals: [[width - 1, 0]],
    hazards: cells.filter(([x, y]) => y === 0 && x > 0 && x < width - 1),
    directions: [0, 90, 180, 270],
  };
}

function clip(value: number, size: number): number {
  return Math.min(size - 1, Math.max(0, value));
}

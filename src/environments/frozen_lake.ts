/**
 * Frozen lake (Gymnasium's `FrozenLake-v1`): over the ice to the goal without breaking in. The goal
 * pays 1 and ends the episode; a hole ends it too. On slippery ice the step goes where it is meant
 * to with the success rate, else at right angles, to either side alike; a step off the lake stays.
 *
 * State and observation row · width + column with row 0 at the top, actions 0 left, 1 down, 2 right,
 * 3 up, as in Gymnasium. The step limit is that of `FrozenLake-v1` on either map;
 * `FrozenLake8x8-v1` has 200.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { mdpRows, stateIndices } from "../mdp/build.ts";
import type { FiniteMdp, NamedOutcome } from "../mdp/mdp.ts";
import { boolean, type Cell, number, rows } from "../settings.ts";
import { choosingAmong, shortestWays } from "./behaviour.ts";
import {
  type EnvironmentDefinition,
  type GridDrawing,
  horizonSetting,
  indexShape,
} from "./define.ts";

/** Map, ice and horizon. */
export interface FrozenLakeSettings {
  /** Rows from top to bottom, of S (start), F (frozen), H (hole) and G (goal). */
  readonly map: readonly string[];
  /** Whether a step may go at right angles. */
  readonly slippery: boolean;
  /** Probability that a step on slippery ice goes where it is meant to. */
  readonly successRate: number;
  /** Steps after which an episode is truncated; null: none. */
  readonly maxSteps: number | null;
}

const OUTCOMES: readonly NamedOutcome[] = [
  { name: "hole", ends: true, unsafe: true },
  { name: "goal", ends: true, unsafe: false },
];
const HOLE = 1;
const GOAL = 2;

const ACTIONS = 4;
const MOVE_COLUMN = [-1, 0, 1, 0];
const MOVE_ROW = [0, 1, 0, -1];

/** Frozen lake. */
export const frozenLake: EnvironmentDefinition<
  "frozenLake",
  FrozenLakeSettings,
  FrozenLakeSettings,
  "frozenLake8x8"
> = {
  name: "frozenLake",
  title: "frozen lake",
  settings: {
    map: rows(
      "SFHG",
      ["SFFF", "FHFH", "FFFH", "HFFG"],
      "rows of S (start), F (frozen), H (hole) and G (goal)",
    ),
    slippery: boolean(true, "whether a step may go at right angles"),
    successRate: number(
      0,
      1,
      1 / 3,
      "probability that a step on slippery ice goes where it is meant to",
    ),
    maxSteps: horizonSetting(100),
  },
  variants: {
    frozenLake8x8: {
      map: [
        "SFFFFFFF",
        "FFFFFFFF",
        "FFFHFFFF",
        "FFFFFHFF",
        "FFFHFFFF",
        "FHHFFFHF",
        "FHFFHFHF",
        "FFFHFFFG",
      ],
    },
  },
  complete,
  shape: ({ map, maxSteps }) =>
    indexShape(map.length * map[0].length, ACTIONS, maxSteps),
  resolve: (settings) => settings,
  mdp: frozenLakeMdp,
  behaviours: {
    /** The shortest way around the holes, as if the ice were dry. */
    shortest: (world, epsilon) => {
      const { stateCount, letterOf, moved } = lakeOf(world.map);
      const ways = shortestWays(
        stateCount,
        ACTIONS,
        (state, action) => {
          const next = moved(state, action);
          return letterOf(next) === "H" ? null : next;
        },
        (state) => letterOf(state) === "G",
      );
      return choosingAmong(stateCount, ACTIONS, epsilon, (s) => ways[s]);
    },
  },
  describe: ({ map, slippery, successRate }) => ({
    map,
    slippery,
    successRate,
  }),
  draw,
};

/** Refuses a map without a start or without a goal. */
function complete(settings: FrozenLakeSettings): FrozenLakeSettings {
  for (const [letter, what] of [["S", "start"], ["G", "goal"]]) {
    if (!settings.map.some((row) => row.includes(letter))) {
      throw new InputError(`map: has no ${what}; put ${letter} into a row`);
    }
  }
  return settings;
}

/** The lake state by state. */
function lakeOf(map: readonly string[]) {
  const [height, width] = [map.length, map[0].length];
  const letters = map.join("");
  return {
    stateCount: height * width,
    letterOf: (state: number) => letters[state],
    moved: (state: number, action: number) => {
      const column = state % width + MOVE_COLUMN[action];
      const row = Math.floor(state / width) + MOVE_ROW[action];
      const isOutside = column < 0 || column >= width || row < 0 ||
        row >= height;
      return isOutside ? state : row * width + column;
    },
  };
}

function frozenLakeMdp(
  { map, slippery, successRate, maxSteps }: FrozenLakeSettings,
): FiniteMdp {
  const { stateCount, letterOf, moved } = lakeOf(map);
  const tables = mdpRows(stateCount, ACTIONS);
  const start = new Float64Array(stateCount);
  const starts = map.join("").split("S").length - 1;
  for (let state = 0; state < stateCount; state++) {
    if (letterOf(state) === "S") start[state] = 1 / starts;
    if ("HG".includes(letterOf(state))) continue;
    for (let action = 0; action < ACTIONS; action++) {
      for (const turn of slippery ? [3, 0, 1] : [0]) {
        const nextState = moved(state, (action + turn) % ACTIONS);
        const entered = letterOf(nextState);
        tables.add(state, action, {
          probability: !slippery
            ? 1
            : turn === 0
            ? successRate
            : (1 - successRate) / 2,
          nextState,
          reward: entered === "G" ? 1 : 0,
          outcome: entered === "G" ? GOAL : entered === "H" ? HOLE : 0,
        });
      }
    }
  }
  return {
    stateCount,
    actionCount: ACTIONS,
    ...tables.finish(),
    outcomes: OUTCOMES,
    start,
    horizon: maxSteps,
    discount: 1,
    ...stateIndices(stateCount),
  };
}

function draw({ map }: FrozenLakeSettings): GridDrawing {
  const [height, width] = [map.length, map[0].length];
  const cells = Array.from({ length: width * height }, (_, state): Cell => [
    state % width,
    height - 1 - Math.floor(state / width),
  ]);
  const letters = map.join("");
  const cellsOf = (letter: string) =>
    cells.filter((_, state) => letters[state] === letter);
  return {
    width,
    height,
    cells,
    starts: cellsOf("S"),
    goals: cellsOf("G"),
    hazards: cellsOf("H"),
    directions: [270, 180, 90, 0],
  };
}

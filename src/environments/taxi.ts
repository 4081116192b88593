/**
 * Taxi (Dietterich 2000, "Hierarchical Reinforcement Learning with the MAXQ Value Function
 * Decomposition", section 3.1; Gymnasium's `Taxi-v4`): drive to the passenger, pick them up, drive
 * to where they want to go and let them out, which pays 20 and ends the episode. Any other step
 * gives -1, picking up or letting out where that cannot be done -10.
 *
 * In the rain (Gymnasium's `is_rainy`, its rules as of 1.3.0) a move goes where it is meant to with
 * `rainyProbability`, else to one of the two sides, where a wall on that side holds the taxi in
 * place; a move against a wall never drifts. Gymnasium's `fickle_passenger` depends on the past and
 * is not in its tables: it is left out.
 *
 * State and observation ((row · 5 + column) · 5 + passenger) · 4 + destination with row 0 at the top;
 * passenger 0 to 3 waits at red, green, yellow, blue, 4 rides. Actions 0 down, 1 up, 2 right, 3 left,
 * 4 pick up, 5 let out. Episodes start in each of the 300 states alike in which the passenger waits
 * elsewhere than at the destination.
 *
 * @module
 */
import { mdpRows, stateIndices } from "../mdp/build.ts";
import type { FiniteMdp, NamedOutcome } from "../mdp/mdp.ts";
import { boolean, number } from "../settings.ts";
import { allowedActions, choosingAmong, shortestWays } from "./behaviour.ts";
import {
  type EnvironmentDefinition,
  horizonSetting,
  indexShape,
} from "./define.ts";

/** Weather, mask and horizon. */
export interface TaxiSettings {
  /** Whether moves may drift to a side. */
  readonly rainy: boolean;
  /** Probability that a move in the rain goes where it is meant to. */
  readonly rainyProbability: number;
  /** Whether only the actions of Gymnasium's `action_mask` are allowed: those that change the state. */
  readonly masked: boolean;
  /** Steps after which an episode is truncated; null: none. */
  readonly maxSteps: number | null;
}

const OUTCOMES: readonly NamedOutcome[] = [
  { name: "delivered", ends: true, unsafe: false },
];
const DELIVERED = 1;

const SIZE = 5;
const STATES = 500;
const ACTIONS = 6;
const PICK_UP = 4;
const LET_OUT = 5;
const RIDES = 4;
/** Rows of the town; a bar between two cells is a wall. */
const TOWN = [
  "R: | : :G",
  " : | : : ",
  " : : : : ",
  " | : | : ",
  "Y| : |B: ",
];
/** Red, green, yellow, blue: row · 5 + column. */
const STANDS = [..."RGYB"].map((letter) => {
  const row = TOWN.findIndex((line) => line.includes(letter));
  return row * SIZE + TOWN[row].indexOf(letter) / 2;
});

/** Taxi. */
export const taxi: EnvironmentDefinition<
  "taxi",
  TaxiSettings,
  TaxiSettings,
  "taxiRainy"
> = {
  name: "taxi",
  title: "taxi",
  settings: {
    rainy: boolean(false, "whether moves may drift to a side"),
    rainyProbability: number(
      0,
      1,
      0.8,
      "probability that a move in the rain goes where it is meant to",
    ),
    masked: boolean(
      false,
      "whether only the actions that change the state are allowed",
    ),
    maxSteps: horizonSetting(200),
  },
  variants: { taxiRainy: { rainy: true } },
  complete: (settings) => settings,
  shape: ({ maxSteps }) => indexShape(STATES, ACTIONS, maxSteps),
  resolve: (settings) => settings,
  mdp: taxiMdp,
  behaviours: {
    /** The shortest way to the passenger and on to the destination, as if it were dry. */
    shortest: ({ masked }, epsilon) => {
      const ways = shortestWays(
        STATES,
        ACTIONS,
        (state, action) => meant(state, action).nextState,
        (state) => {
          const { passenger, destination } = partsOf(state);
          return passenger === destination;
        },
      );
      const allowed = masked ? actionMask() : undefined;
      return choosingAmong(
        STATES,
        ACTIONS,
        epsilon,
        (state) => {
          const possible = allowedActions(state, ACTIONS, allowed);
          return ways[state].filter((action) => possible.includes(action));
        },
        allowed,
      );
    },
  },
  describe: ({ rainy, rainyProbability, masked }) => ({
    rainy,
    rainyProbability,
    masked,
  }),
};

function partsOf(state: number) {
  return {
    place: Math.floor(state / 20),
    passenger: Math.floor(state / 4) % 5,
    destination: state % 4,
  };
}

function stateOf(
  place: number,
  passenger: number,
  destination: number,
): number {
  return (place * 5 + passenger) * 4 + destination;
}

/** Where a move leads; the same place where a wall or the edge of the town is in the way. */
function driven(place: number, action: number): number {
  const [row, column] = [Math.floor(place / SIZE), place % SIZE];
  switch (action) {
    case 0:
      return row < SIZE - 1 ? place + SIZE : place;
    case 1:
      return row > 0 ? place - SIZE : place;
    case 2:
      return TOWN[row][2 * column + 1] === ":" ? place + 1 : place;
    default:
      return TOWN[row][2 * column - 1] === ":" ? place - 1 : place;
  }
}

/** What an action does when it does what it is meant to. */
function meant(state: number, action: number) {
  const { place, passenger, destination } = partsOf(state);
  if (action === PICK_UP) {
    const canRide = passenger < RIDES && STANDS[passenger] === place;
    return {
      nextState: canRide ? stateOf(place, RIDES, destination) : state,
      reward: canRide ? -1 : -10,
      outcome: 0,
    };
  }
  if (action === LET_OUT) {
    const stand = passenger === RIDES ? STANDS.indexOf(place) : -1;
    const isThere = stand === destination;
    return {
      nextState: stand < 0 ? state : stateOf(place, stand, destination),
      reward: isThere ? 20 : stand < 0 ? -10 : -1,
      outcome: isThere ? DELIVERED : 0,
    };
  }
  const next = driven(place, action);
  return {
    nextState: stateOf(next, passenger, destination),
    reward: -1,
    outcome: 0,
  };
}

/** [S, A] 1 where an action changes the state. */
function actionMask(): Uint8Array {
  return Uint8Array.from(
    { length: STATES * ACTIONS },
    (_, i) => {
      const state = Math.floor(i / ACTIONS);
      return Number(meant(state, i % ACTIONS).nextState !== state);
    },
  );
}

/** The moves to either side of each move. */
const SIDES = [[2, 3], [3, 2], [1, 0], [0, 1]];

function taxiMdp(
  { rainy, rainyProbability, masked, maxSteps }: TaxiSettings,
): FiniteMdp {
  const allowed = masked ? actionMask() : undefined;
  const tables = mdpRows(STATES, ACTIONS);
  const start = new Float64Array(STATES);
  for (let state = 0; state < STATES; state++) {
    const { place, passenger, destination } = partsOf(state);
    if (passenger < RIDES && passenger !== destination) start[state] = 1 / 300;
    for (const action of allowedActions(state, ACTIONS, allowed)) {
      const straight = meant(state, action);
      const drifts = rainy && action < PICK_UP;
      tables.add(state, action, {
        ...straight,
        probability: drifts ? rainyProbability : 1,
      });
      if (!drifts) continue;
      for (const side of SIDES[action]) {
        tables.add(state, action, {
          ...straight,
          nextState: straight.nextState === state
            ? state
            : stateOf(driven(place, side), passenger, destination),
          probability: (1 - rainyProbability) / 2,
        });
      }
    }
  }
  return {
    stateCount: STATES,
    actionCount: ACTIONS,
    ...tables.finish(),
    outcomes: OUTCOMES,
    start,
    horizon: maxSteps,
    discount: 1,
    ...(allowed && { allowed }),
    ...stateIndices(STATES),
  };
}

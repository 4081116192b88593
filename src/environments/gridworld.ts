/**
 * The safety gridworld: reach the goal in few steps without entering a hazard, on slippery
 * ground.
 *
 * Actions move by one cell, 0: y+1, 1: x+1, 2: y-1, 3: x-1, clipped to the grid; with the
 * slip probability the action is replaced by a uniform one of the four. A step gives -1,
 * a step into a hazard -100 and the end, a step into the goal +50 and the end.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { randomStream } from "../numerics/random.ts";
import { mdpRows, pointStart } from "../mdp/build.ts";
import type { FiniteMdp, NamedOutcome } from "../mdp/mdp.ts";
import { type Cell, cell, cells, integer, number } from "../settings.ts";
import { choosingAmong } from "./behaviour.ts";
import { type EnvironmentDefinition, horizonSetting } from "./define.ts";

/** What a configuration says of it. */
export interface GridworldConfig {
  /** Cells along each side. */
  readonly size: number;
  /** Episodes are truncated after this many steps; null: nothing truncates them. */
  readonly maxSteps: number | null;
  /** Probability that an action is replaced by a uniform one of the four. */
  readonly slipProbability: number;
  /** Where every episode starts. */
  readonly start: Cell;
  /** Entering it ends the episode with {@link GOAL_REWARD}; it wins over a hazard there. Null: the corner opposite the origin. */
  readonly goal: Cell | null;
  /** Entering one ends the episode with {@link HAZARD_REWARD}; null: drawn from the seed. */
  readonly hazards: readonly Cell[] | null;
}

/** A checked configuration with its hazards known: distinct, in ascending order of x, then y. */
export interface Gridworld extends GridworldConfig {
  /** The goal. */
  readonly goal: Cell;
  /** The hazard cells. */
  readonly hazards: readonly Cell[];
}

/** Number of actions. */
export const GRIDWORLD_ACTIONS: number = 4;
/** Change of x by each action. */
export const MOVE_X: readonly number[] = [0, 1, 0, -1];
/** Change of y by each action. */
export const MOVE_Y: readonly number[] = [1, 0, -1, 0];
/** Reward of a step that ends nothing. */
export const STEP_REWARD: number = -1;
/** Reward of the step into a hazard, in place of the step's. */
export const HAZARD_REWARD: number = -100;
/** Reward of the step into the goal, in place of the step's. */
export const GOAL_REWARD: number = 50;

const OUTCOMES: readonly NamedOutcome[] = [
  { name: "hazard", ends: true, unsafe: true },
  { name: "goal", ends: true, unsafe: false },
];

const LARGEST_SIZE = 200;

/** The safety gridworld. */
export const gridworld: EnvironmentDefinition<
  "gridworld",
  GridworldConfig,
  Gridworld
> = {
  name: "gridworld",
  title: "the safety gridworld",
  settings: {
    size: integer(2, 256, 15, "cells along each side of the grid"),
    maxSteps: horizonSetting(80),
    slipProbability: number(
      0,
      1,
      0.05,
      "probability that an action is replaced by a uniform one",
    ),
    start: cell([0, 0], "where every episode starts"),
    goal: cell(null, "where it ends well; `null`: the far corner"),
    hazards: cells(
      "where it ends badly; `null`: max(1, size div 2) draws from the seed",
    ),
  },
  complete: completeGridworld,
  shape: ({ size, maxSteps }) => ({
    stateCount: size * size,
    actionCount: GRIDWORLD_ACTIONS,
    observationSize: 2,
    horizon: maxSteps,
  }),
  resolve: resolveGridworld,
  mdp: gridworldMdp,
  behaviours: { cautious: behaviourPolicy },
  describe: ({ size, start, goal, hazards }) => ({
    size,
    start,
    goal,
    hazards,
  }),
  draw: ({ size, start, goal, hazards }) => ({
    width: size,
    height: size,
    cells: Array.from(
      { length: size * size },
      (_, state): Cell => [Math.floor(state / size), state % size],
    ),
    starts: [start],
    goals: [goal],
    hazards,
    directions: [0, 90, 180, 270],
  }),
};

/** Puts the goal where it is not given, and refuses what contradicts itself whatever the seed. */
function completeGridworld(config: GridworldConfig): GridworldConfig {
  const { size, start, hazards } = config;
  const goal: Cell = config.goal ?? [size - 1, size - 1];
  const beyond = `is outside the grid of size ${size}`;
  const isOutside = ([x, y]: Cell) => x >= size || y >= size;
  requireThat(!isOutside(start), `start: [${start}] ${beyond}`);
  requireThat(!isOutside(goal), `goal: [${goal}] ${beyond}`);
  requireThat(
    !sameCell(start, goal),
    `start: [${start}] is the goal; choose another cell`,
  );
  requireThat(
    hazards !== null || size >= 5,
    `hazards: cannot be drawn on a grid of size ${size}; give cells or a size of at least 5`,
  );
  hazards?.forEach((hazard, i) => {
    requireThat(!isOutside(hazard), `hazards[${i}]: [${hazard}] ${beyond}`);
    requireThat(
      !sameCell(hazard, start),
      `hazards[${i}]: [${hazard}] is the start; choose another cell`,
    );
  });
  return { ...config, goal };
}

/**
 * Checks a configuration and settles its hazards. Hazards that are not given are
 * max(1, size div 2) draws of x and y, uniform on 2 … size - 3, from the stream "hazards".
 *
 * @param config What the user stated.
 * @param seed The run's seed.
 * @throws {InputError} If the configuration makes no sense.
 */
export function resolveGridworld(
  config: GridworldConfig,
  seed: number,
): Gridworld {
  const { size, maxSteps, slipProbability, start } = config;
  const goal: Cell = config.goal ?? [size - 1, size - 1];
  requireThat(
    Number.isInteger(size) && size >= 2 && size <= LARGEST_SIZE,
    `environment.size is ${size}: give a whole number from 2 to ${LARGEST_SIZE}`,
  );
  requireThat(
    maxSteps === null || (Number.isInteger(maxSteps) && maxSteps >= 1),
    `environment.maxSteps is ${maxSteps}: give a whole number of at least 1, or null`,
  );
  requireThat(
    slipProbability >= 0 && slipProbability <= 1,
    `environment.slipProbability is ${slipProbability}: give a probability from 0 to 1`,
  );
  requireCell("environment.start", start, size);
  requireCell("environment.goal", goal, size);
  requireThat(
    !sameCell(start, goal),
    `environment.start and environment.goal are both [${start}]: give two different cells`,
  );
  config.hazards?.forEach((cell, i) =>
    requireCell(`environment.hazards[${i}]`, cell, size)
  );
  const hazards = distinctCells(
    config.hazards ?? drawHazards(size, seed),
    size,
  );
  requireThat(
    !hazards.some((cell) => sameCell(cell, start)),
    config.hazards === null
      ? `environment.start [${start}] is on a hazard drawn with seed ${seed}: ` +
        "move the start, give the hazards, or take another seed"
      : `environment.start [${start}] is on a hazard: move the start or that hazard`,
  );
  return { size, maxSteps, slipProbability, start, goal, hazards };
}

function drawHazards(size: number, seed: number): Cell[] {
  requireThat(
    size >= 5,
    `environment.size is ${size}, too small to draw hazards: give a size of at least 5, or the hazards`,
  );
  const stream = randomStream(seed, "hazards");
  const cells: Cell[] = [];
  for (let i = 0; i < Math.max(1, Math.floor(size / 2)); i++) {
    const x = 2 + stream.integer(size - 4);
    const y = 2 + stream.integer(size - 4);
    cells.push([x, y]);
  }
  return cells;
}

/** Index of a cell among the states: x · size + y. */
export function cellState(size: number, x: number, y: number): number {
  return x * size + y;
}

/** True if entering the cell ends the episode in a hazard; false at the goal, which wins. */
export function isHazard(world: Gridworld, x: number, y: number): boolean {
  return !sameCell(world.goal, [x, y]) &&
    world.hazards.some((cell) => sameCell(cell, [x, y]));
}

/**
 * The tables of a gridworld. State x · size + y, observation (x, y); outcome k of (s, a) is
 * that action k is carried out. Goal and hazard cells have rows like every other cell,
 * though no episode is ever in one when it acts.
 *
 * @param world A gridworld from {@link resolveGridworld}.
 */
export function gridworldMdp(world: Gridworld): FiniteMdp {
  const { size, slipProbability } = world;
  const actionCount = GRIDWORLD_ACTIONS;
  const stateCount = size * size;
  const entered = new Uint8Array(stateCount);
  for (const [x, y] of world.hazards) entered[cellState(size, x, y)] = 1;
  entered[cellState(size, world.goal[0], world.goal[1])] = 2;
  const rewardOf = [STEP_REWARD, HAZARD_REWARD, GOAL_REWARD];

  const rows = mdpRows(stateCount, actionCount);
  const observations = new Float32Array(stateCount * 2);
  const slip = slipProbability / actionCount;
  for (let x = 0; x < size; x++) {
    for (let y = 0; y < size; y++) {
      const state = cellState(size, x, y);
      observations[state * 2] = x;
      observations[state * 2 + 1] = y;
      for (let action = 0; action < actionCount; action++) {
        for (let done = 0; done < actionCount; done++) {
          const nextX = clip(x + MOVE_X[done], size);
          const nextY = clip(y + MOVE_Y[done], size);
          const next = cellState(size, nextX, nextY);
          rows.add(state, action, {
            probability: done === action ? 1 - slipProbability + slip : slip,
            nextState: next,
            reward: rewardOf[entered[next]],
            outcome: entered[next],
          });
        }
      }
    }
  }
  return {
    stateCount,
    actionCount,
    ...rows.finish(),
    outcomes: OUTCOMES,
    start: pointStart(
      stateCount,
      cellState(size, world.start[0], world.start[1]),
    ),
    horizon: world.maxSteps,
    discount: 1,
    observations,
    observationSize: 2,
  };
}

/**
 * Exact action probabilities of the behaviour policy. The preferred actions are those that
 * bring x, then y, nearer to the goal (at the goal: one uniform action). With probability
 * epsilon it takes a uniform action; otherwise a uniform one of the preferred actions whose
 * intended cell is not a hazard; if none is left, the first preferred action.
 *
 * @param world The gridworld.
 * @param epsilon Probability of a uniform action.
 * @returns [S, A] probabilities, S = size · size with state x · size + y.
 * @throws {InputError} If epsilon is not a probability.
 */
export function behaviourPolicy(
  world: Gridworld,
  epsilon: number,
): Float64Array {
  if (!(epsilon >= 0 && epsilon <= 1)) {
    throw new InputError(
      `dataset.epsilon is ${epsilon}: give a probability from 0 to 1`,
    );
  }
  const { size } = world;
  return choosingAmong(
    size * size,
    GRIDWORLD_ACTIONS,
    epsilon,
    (state) => chosenActions(world, Math.floor(state / size), state % size),
  );
}

/** The actions among which the policy chooses uniformly when it does not explore. */
function chosenActions(world: Gridworld, x: number, y: number): number[] {
  const preferred: number[] = [];
  const towardsX = Math.sign(world.goal[0] - x);
  const towardsY = Math.sign(world.goal[1] - y);
  if (towardsX !== 0) preferred.push(MOVE_X.indexOf(towardsX));
  if (towardsY !== 0) preferred.push(MOVE_Y.indexOf(towardsY));
  // One uniform action is taken whether or not it leads into a hazard.
  if (preferred.length === 0) return [0, 1, 2, 3];
  const clear = preferred.filter((a) =>
    !isHazard(world, x + MOVE_X[a], y + MOVE_Y[a])
  );
  return clear.length > 0 ? clear : [preferred[0]];
}

function clip(value: number, size: number): number {
  return Math.min(size - 1, Math.max(0, value));
}

function sameCell(a: Cell, b: Cell): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function distinctCells(cells: readonly Cell[], size: number): Cell[] {
  const states = new Set(cells.map(([x, y]) => cellState(size, x, y)));
  return [...states].sort((a, b) => a - b).map((
    s,
  ): Cell => [Math.floor(s / size), s % size]);
}

function requireCell(name: string, cell: Cell, size: number): void {
  const inside = cell.length === 2 &&
    cell.every((c) => Number.isInteger(c) && c >= 0 && c < size);
  requireThat(
    inside,
    `${name} is [${cell}]: give two whole numbers [x, y] from 0 to ${size - 1}`,
  );
}

function requireThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InputError(message);
}

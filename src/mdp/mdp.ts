/**
 * A finite Markov decision process in tables.
 *
 * @module
 */

import { InputError } from "../errors.ts";

/** Something that can happen in a step and has a name: reaching the goal, entering a hazard, … */
export interface NamedOutcome {
  /** As metrics, plots and reports call it; a word in camel case. */
  readonly name: string;
  /** Whether it ends the episode. */
  readonly ends: boolean;
  /** Whether a safe policy avoids it. */
  readonly unsafe: boolean;
}

/**
 * What can happen in each state after each action. S states, A actions, N outcomes in rows, one row
 * a pair of state and action: that of (s, a) is `outcomeOffsets[s · A + a]` up to, without it,
 * `outcomeOffsets[s · A + a + 1]`. A pair that cannot be taken has none: the action is forbidden
 * there, or no episode is ever in the state when it acts.
 */
export interface MdpRows {
  /** [S · A + 1] where each row begins; ascending. */
  readonly outcomeOffsets: Uint32Array;
  /** [N] probability of each outcome; those of a row sum to 1. */
  readonly probability: Float64Array;
  /** [N] next state of each outcome. */
  readonly nextState: Int32Array;
  /** [N] reward of each outcome. */
  readonly reward: Float64Array;
  /** [N] what happens: 0 nothing that has a name, n the n-th of the named outcomes. */
  readonly outcome: Uint8Array;
}

/** What a policy sees of each state. */
export interface MdpObservations {
  /** [S, D] the observation of each state, row-major. */
  readonly observations: Float32Array;
  /** D */
  readonly observationSize: number;
  /**
   * [D] where observations are names and not quantities, how many names each column has: its entries
   * are whole numbers from 0 to that minus 1. Absent where they are quantities.
   */
  readonly observationCategories?: readonly number[];
}

/** A finite Markov decision process. Probabilities and rewards are f64. */
export interface FiniteMdp extends MdpRows, MdpObservations {
  /** S */
  readonly stateCount: number;
  /** A */
  readonly actionCount: number;
  /** What has a name. */
  readonly outcomes: readonly NamedOutcome[];
  /** [S] probability that an episode starts in each state. */
  readonly start: Float64Array;
  /** Episodes are truncated after this many steps; null where nothing truncates them. */
  readonly horizon: number | null;
  /** The discount that the world comes with, in (0, 1]; 1 where it has none. */
  readonly discount: number;
  /** [S, A] 1 where the action is allowed; absent where all are. */
  readonly allowed?: Uint8Array;
}

/**
 * Which entries of `outcome` end an episode.
 *
 * @returns [outcomes + 1] 1 where it ends.
 */
export function endingOutcomes(
  { outcomes }: Pick<FiniteMdp, "outcomes">,
): Uint8Array {
  return Uint8Array.from([false, ...outcomes.map(({ ends }) => ends)], Number);
}

/**
 * Which entries of `outcome` a safe policy avoids.
 *
 * @returns [outcomes + 1] 1 where it is unsafe.
 */
export function unsafeOutcomes(
  { outcomes }: Pick<FiniteMdp, "outcomes">,
): Uint8Array {
  return Uint8Array.from(
    [false, ...outcomes.map(({ unsafe }) => unsafe)],
    Number,
  );
}

/**
 * What all unsafe outcomes are called together: the name of the only one, or `unsafe`; null where
 * nothing is unsafe.
 */
export function unsafeName(
  { outcomes }: Pick<FiniteMdp, "outcomes">,
): string | null {
  const unsafe = outcomes.filter((outcome) => outcome.unsafe);
  if (unsafe.length === 0) return null;
  return unsafe.length === 1 ? unsafe[0].name : "unsafe";
}

/**
 * What happens on entering each state, as in `outcome`. A state that no outcome of positive
 * probability enters counts as 0.
 *
 * @returns [S]
 */
export function outcomeByState(mdp: FiniteMdp): Uint8Array {
  const entered = new Uint8Array(mdp.stateCount);
  for (let i = 0; i < mdp.probability.length; i++) {
    if (mdp.probability[i] > 0) entered[mdp.nextState[i]] = mdp.outcome[i];
  }
  return entered;
}

/**
 * Whether an action can be taken and is allowed.
 *
 * @param pair s · A + a
 */
export function canTake(
  { outcomeOffsets, allowed }: Pick<FiniteMdp, "outcomeOffsets" | "allowed">,
  pair: number,
): boolean {
  return outcomeOffsets[pair] < outcomeOffsets[pair + 1] &&
    (allowed === undefined || allowed[pair] === 1);
}

/**
 * A start distribution other than a world's own: a state, or all that can be acted in alike.
 *
 * @throws InputError if there is no such state or it is never acted in.
 */
export function startingIn(
  mdp: FiniteMdp,
  start: number | "uniform",
): Float64Array {
  const { stateCount, actionCount, outcomeOffsets } = mdp;
  const ends = endingOutcomes(mdp);
  const entered = outcomeByState(mdp);
  const isActedIn = (s: number) =>
    ends[entered[s]] === 0 &&
    outcomeOffsets[s * actionCount] < outcomeOffsets[(s + 1) * actionCount];
  if (start !== "uniform" && !(start < stateCount && isActedIn(start))) {
    throw new InputError(
      `start ${start}: is no state in which an episode acts; the states are 0 … ${
        stateCount - 1
      }`,
    );
  }
  const chosen = Float64Array.from(
    { length: stateCount },
    (_, s) => Number(start === "uniform" ? isActedIn(s) : s === start),
  );
  const count = chosen.reduce((sum, flag) => sum + flag, 0);
  return chosen.map((flag) => flag / count);
}

/**
 * The states in which an episode can start, ascending.
 *
 * @example The cliff walker starts in one corner
 * ```ts
 * import { makeEnvironment, startStates } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(startStates(makeEnvironment("cliffWalking").mdp), [36]);
 * ```
 */
export function startStates({ start }: Pick<FiniteMdp, "start">): number[] {
  return Array.from(start.keys()).filter((state) => start[state] > 0);
}

/**
 * The steps after which episodes are truncated.
 *
 * @throws InputError where nothing truncates them.
 */
export function requireHorizon({ horizon }: FiniteMdp): number {
  if (horizon !== null) return horizon;
  throw new InputError("the world has no horizon: give maxSteps");
}

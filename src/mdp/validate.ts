/**
 * Whether tables make a finite MDP.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { endingOutcomes, type FiniteMdp, startStates } from "./mdp.ts";

/** How far the probabilities of a row, or of the start, may be from summing to 1. */
export const SUM_TOLERANCE: number = 1e-9;

/** `outcome` is an 8-bit number, 0 stands for nothing. */
export const MOST_OUTCOMES: number = 254;

/** What names of outcomes and policies look like: metrics, plots and flags hold them. */
const NAME = /^[\p{L}_][\p{L}\p{N}_.-]{0,39}$/u;

/** More pairs of state and action have no room in memory beside what is made of them. */
const MOST_PAIRS = 2 ** 25;

/** The largest 32-bit float, as which data hold rewards; squares of sums of such are still 64-bit floats. */
const LARGEST_REWARD = (2 - 2 ** -23) * 2 ** 127;

/** Whole numbers up to it are 32-bit floats, which observations are. */
const MOST_CATEGORIES = 2 ** 24;

/** Metrics have other values under these names. */
const TAKEN = ["unsafe", "timeout", "truncated", "neverEnds", "stillRunning"];

/**
 * Refuses sizes that no table in memory has, before any is made.
 *
 * @throws InputError in one line.
 */
export function requireWorldSize(
  stateCount: number,
  actionCount: number,
  name: string,
): void {
  const are = [stateCount, actionCount].every((count) =>
    Number.isSafeInteger(count) && count >= 1
  );
  if (are && stateCount * actionCount <= MOST_PAIRS) return;
  throw new InputError(
    `${name}: has ${stateCount} states and ${actionCount} actions; there are at least one of each and up to ${MOST_PAIRS} pairs`,
  );
}

/**
 * Refuses a name that an outcome or a policy cannot have.
 *
 * @param what What the name is of, for the message.
 * @throws InputError if it is none.
 */
export function requireName(name: string, what: string): void {
  if (!NAME.test(name)) {
    throw new InputError(
      `${what} ${
        JSON.stringify(name)
      }: a name is up to 40 letters, digits, "_", "." and "-", a letter first`,
    );
  }
}

/**
 * Refuses tables that make no finite MDP, with the state and the action: probabilities that are no
 * numbers, negative or sum to something else than 1 (by more than 1e-9; what is left is kept as it
 * is), next states that do not exist, states that episodes get into without being able to act,
 * forbidden actions with outcomes, a start that is none, and, where neither a horizon nor a discount
 * bounds the return, states from which no end can be reached.
 *
 * @param mdp The tables.
 * @param name Begins the message: the file, or whatever the tables are of.
 * @throws InputError in one line.
 *
 * @example
 * ```ts
 * import { InputError, mdpRows, pointStart, stateIndices, validateMdp } from "@holdfast/offline-rl";
 * import { throws } from "node:assert/strict";
 *
 * const rows = mdpRows(1, 1);
 * rows.add(0, 0, { probability: 0.9, nextState: 0, reward: 1, outcome: 0 });
 * const mdp = {
 *   stateCount: 1,
 *   actionCount: 1,
 *   ...rows.finish(),
 *   outcomes: [],
 *   start: pointStart(1, 0),
 *   horizon: 10,
 *   discount: 1,
 *   ...stateIndices(1),
 * };
 * throws(
 *   () => validateMdp(mdp, "mine"),
 *   new InputError("mine: state 0, action 0: the probabilities sum to 0.9, not to 1"),
 * );
 * ```
 */
export function validateMdp(mdp: FiniteMdp, name: string): void {
  const fail = (what: string): never => {
    throw new InputError(`${name}: ${what}`);
  };
  validateSizes(mdp, name, fail);
  const { stateCount, actionCount, outcomeOffsets } = mdp;
  const acts = new Uint8Array(stateCount);
  for (let state = 0; state < stateCount; state++) {
    for (let action = 0; action < actionCount; action++) {
      const pair = state * actionCount + action;
      const begin = outcomeOffsets[pair];
      const end = outcomeOffsets[pair + 1];
      if (begin === end) continue;
      acts[state] = 1;
      if (mdp.allowed?.[pair] === 0) {
        fail(`state ${state}, action ${action}: is forbidden but has outcomes`);
      }
      let sum = 0;
      for (let i = begin; i < end; i++) {
        requireOutcome(mdp, i, state, action, name);
        sum += mdp.probability[i];
      }
      if (Math.abs(sum - 1) > SUM_TOLERANCE) {
        fail(
          `state ${state}, action ${action}: the probabilities sum to ${sum}, not to 1${
            Math.abs(sum - 1) < 1e-6 ? " (32-bit floats are too coarse)" : ""
          }`,
        );
      }
    }
  }
  validateActing(mdp, acts, fail);
  validateStart(mdp, acts, fail);
  if (mdp.horizon === null && mdp.discount === 1) validateEnds(mdp, fail);
}

/**
 * Refuses an outcome that cannot be.
 *
 * @param tables What holds it; one outcome is enough.
 * @param i Its index.
 * @param state The state in which it follows.
 * @param action The action that it follows.
 * @param name Begins the message.
 * @throws InputError in one line.
 */
export function requireOutcome(
  tables: {
    readonly stateCount: number;
    readonly probability: ArrayLike<number>;
    readonly nextState: ArrayLike<number>;
    readonly reward: ArrayLike<number>;
  },
  i: number,
  state: number,
  action: number,
  name: string,
): void {
  const fail = (what: string): never => {
    throw new InputError(`${name}: state ${state}, action ${action}: ${what}`);
  };
  const probability = tables.probability[i];
  const next = tables.nextState[i];
  if (!(probability >= 0)) fail(`the probability is ${probability}`);
  if (!Number.isInteger(next) || next < 0 || next >= tables.stateCount) {
    fail(
      `leads to state ${next}; states are 0 to ${tables.stateCount - 1}`,
    );
  }
  const reward = tables.reward[i];
  if (!(Math.abs(reward) <= LARGEST_REWARD)) {
    fail(
      `the reward is ${reward}${
        Number.isFinite(reward)
          ? "; data hold 32-bit floats, up to 3.4e38 in size"
          : ""
      }`,
    );
  }
}

type Fail = (what: string) => never;

function validateSizes(mdp: FiniteMdp, name: string, fail: Fail): void {
  const { stateCount, actionCount, outcomeOffsets, outcomes, horizon } = mdp;
  const pairs = stateCount * actionCount;
  const count = mdp.probability.length;
  if (mdp.observationSize < 1) fail("its observations are empty");
  const maybe = mdp.allowed?.findIndex((is) => is > 1) ?? -1;
  if (maybe >= 0) {
    fail(`allowed has ${mdp.allowed![maybe]} where 0 or 1 is needed`);
  }
  if (outcomeOffsets.length !== pairs + 1 || outcomeOffsets[0] !== 0) {
    fail("the offsets of its outcomes do not fit its states and actions");
  }
  for (let pair = 0; pair < pairs; pair++) {
    if (outcomeOffsets[pair + 1] < outcomeOffsets[pair]) {
      fail("the offsets of its outcomes do not ascend");
    }
  }
  if (outcomeOffsets[pairs] !== count) {
    fail("the offsets of its outcomes do not end where they do");
  }
  if (outcomes.length > MOST_OUTCOMES) {
    fail(`has ${outcomes.length} named outcomes; ${MOST_OUTCOMES} can be told`);
  }
  const names = outcomes.map((outcome) => outcome.name);
  for (const [n, outcome] of names.entries()) {
    requireName(outcome, `${name}: outcome`);
    if (TAKEN.includes(outcome)) {
      fail(`an outcome cannot be called ${outcome}: metrics have that name`);
    }
    if (names.indexOf(outcome) !== n) {
      fail(`two outcomes are called ${outcome}`);
    }
  }
  const unknown = mdp.outcome.findIndex((n) => n > outcomes.length);
  if (unknown >= 0) {
    fail(
      `has outcome ${
        mdp.outcome[unknown]
      } where ${outcomes.length} have a name`,
    );
  }
  if (horizon !== null && !(Number.isSafeInteger(horizon) && horizon >= 1)) {
    fail(`the horizon ${horizon} is no whole number of steps from 1`);
  }
  if (!(mdp.discount > 0 && mdp.discount <= 1)) {
    fail(`the discount ${mdp.discount} is not above 0 and up to 1`);
  }
  mdp.observations.forEach((value, i) => {
    if (Number.isFinite(value)) return;
    const state = Math.floor(i / mdp.observationSize);
    fail(`state ${state}: its observation has ${value}`);
  });
  mdp.observationCategories?.forEach((categories, column) => {
    if (!(Number.isInteger(categories) && categories <= MOST_CATEGORIES)) {
      fail(
        `observation column ${column} has ${categories} names; they are counted, up to ${MOST_CATEGORIES}`,
      );
    }
    for (let state = 0; state < stateCount; state++) {
      const value = mdp.observations[state * mdp.observationSize + column];
      if (Number.isInteger(value) && value >= 0 && value < categories) continue;
      fail(
        `state ${state}: observation ${value} in column ${column} is none of ${categories} names`,
      );
    }
  });
}

/** A state that an episode is in must have an outcome for each action that is allowed. */
function validateActing(mdp: FiniteMdp, acts: Uint8Array, fail: Fail): void {
  const { stateCount, actionCount, outcomeOffsets, allowed } = mdp;
  const ends = endingOutcomes(mdp);
  for (let pair = 0; pair < stateCount * actionCount; pair++) {
    const state = Math.floor(pair / actionCount);
    const action = pair % actionCount;
    const begin = outcomeOffsets[pair];
    const end = outcomeOffsets[pair + 1];
    if (begin === end && acts[state] && allowed?.[pair] !== 0) {
      fail(
        `state ${state}, action ${action}: has no outcomes where other actions have some; is it not allowed there?`,
      );
    }
    for (let i = begin; i < end; i++) {
      const next = mdp.nextState[i];
      if (mdp.probability[i] === 0 || ends[mdp.outcome[i]] || acts[next]) {
        continue;
      }
      fail(
        `state ${state}, action ${action}: leads to state ${next}, which has no outcomes and is no end`,
      );
    }
  }
}

function validateStart(mdp: FiniteMdp, acts: Uint8Array, fail: Fail): void {
  let sum = 0;
  mdp.start.forEach((probability, state) => {
    if (!(probability >= 0)) {
      fail(`state ${state}: the start probability is ${probability}`);
    }
    if (probability > 0 && !acts[state]) {
      fail(`state ${state}: episodes start there, but it has no outcomes`);
    }
    sum += probability;
  });
  if (Math.abs(sum - 1) > SUM_TOLERANCE) {
    fail(`the start probabilities sum to ${sum}, not to 1`);
  }
}

/** Without a horizon and a discount, an end must be within reach of every state that is. */
function validateEnds(mdp: FiniteMdp, fail: Fail): void {
  const { stateCount, actionCount, outcomeOffsets } = mdp;
  const ends = endingOutcomes(mdp);
  const rowsOf = (
    state: number,
  ) => [
    outcomeOffsets[state * actionCount],
    outcomeOffsets[(state + 1) * actionCount],
  ];
  const reached = new Uint8Array(stateCount);
  const canEnd = new Uint8Array(stateCount);
  const before: number[][] = Array.from({ length: stateCount }, () => []);
  const open = startStates(mdp);
  for (const state of open) reached[state] = 1;
  const ending: number[] = [];
  while (open.length > 0) {
    const state = open.pop()!;
    const [begin, end] = rowsOf(state);
    for (let i = begin; i < end; i++) {
      if (mdp.probability[i] === 0) continue;
      if (ends[mdp.outcome[i]]) {
        if (!canEnd[state]) ending.push(state);
        canEnd[state] = 1;
        continue;
      }
      const next = mdp.nextState[i];
      before[next].push(state);
      if (!reached[next]) open.push(next);
      reached[next] = 1;
    }
  }
  while (ending.length > 0) {
    for (const state of before[ending.pop()!]) {
      if (!canEnd[state]) ending.push(state);
      canEnd[state] = 1;
    }
  }
  const stuck = reached.findIndex((is, state) => is === 1 && !canEnd[state]);
  if (stuck < 0) return;
  const action = mdp.allowed === undefined
    ? 0
    : mdp.allowed.indexOf(1, stuck * actionCount) % actionCount;
  fail(
    `state ${stuck}, action ${action}: no end can be reached from here; give a horizon or a discount below 1`,
  );
}

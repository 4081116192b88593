/**
 * The pairs of state and action in a log, and what each led to.
 *
 * @module
 */
import type { Log } from "./log.ts";

/** K pairs in the order of state and action; M outcomes, a next state or the end, in the order of pairs. */
export interface Pairs {
  /** K */
  readonly count: number;
  /** [U + 1] first pair of each state. */
  readonly stateOffsets: Uint32Array;
  /** [K] */
  readonly actions: Uint32Array;
  /** [K + 1] first outcome of each pair. */
  readonly outcomeOffsets: Uint32Array;
  /** [M] the next state; -1 for the end. */
  readonly next: Int32Array;
  /** [N] the pair of each transition. */
  readonly pairOf: Uint32Array;
  /** [N] the outcome of each transition. */
  readonly outcomeOf: Uint32Array;
}

/** Finds the pairs by stable counting sorts: linear in transitions, states and actions. */
export function pairsOf(log: Log): Pairs {
  const { stateCount, actionCount, states, actions, next } = log;
  let order: Uint32Array = Uint32Array.from(actions, (_, i) => i);
  order = sortedBy(order, (i) => next[i] + 1, stateCount + 1);
  order = sortedBy(order, (i) => actions[i], actionCount);
  order = sortedBy(order, (i) => states[i], stateCount);
  const pairOf = new Uint32Array(order.length);
  const outcomeOf = new Uint32Array(order.length);
  const stateOffsets = new Uint32Array(stateCount + 1);
  const pairActions: number[] = [];
  const outcomeOffsets: number[] = [];
  const outcomes: number[] = [];
  order.forEach((i, place) => {
    const before = order[place - 1];
    const isNewPair = place === 0 || states[i] !== states[before] ||
      actions[i] !== actions[before];
    if (isNewPair) {
      stateOffsets[states[i] + 1]++;
      pairActions.push(actions[i]);
      outcomeOffsets.push(outcomes.length);
    }
    if (isNewPair || next[i] !== next[before]) outcomes.push(next[i]);
    pairOf[i] = pairActions.length - 1;
    outcomeOf[i] = outcomes.length - 1;
  });
  outcomeOffsets.push(outcomes.length);
  for (let s = 0; s < stateCount; s++) stateOffsets[s + 1] += stateOffsets[s];
  return {
    count: pairActions.length,
    stateOffsets,
    actions: Uint32Array.from(pairActions),
    outcomeOffsets: Uint32Array.from(outcomeOffsets),
    next: Int32Array.from(outcomes),
    pairOf,
    outcomeOf,
  };
}

function sortedBy(
  order: Uint32Array,
  keyOf: (i: number) => number,
  keys: number,
): Uint32Array {
  const starts = new Uint32Array(keys + 1);
  for (const i of order) starts[keyOf(i) + 1]++;
  for (let k = 0; k < keys; k++) starts[k + 1] += starts[k];
  const sorted = new Uint32Array(order.length);
  for (const i of order) sorted[starts[keyOf(i)]++] = i;
  return sorted;
}

/**
 * Tables of a finite MDP, put together outcome by outcome.
 *
 * @module
 */
import type { MdpObservations, MdpRows } from "./mdp.ts";

/** What can happen after an action. */
export interface Outcome {
  /** How likely. */
  readonly probability: number;
  /** Where it leads. */
  readonly nextState: number;
  /** What it pays. */
  readonly reward: number;
  /** 0 nothing that has a name, n the n-th of the MDP's named outcomes. */
  readonly outcome: number;
}

/** Collects outcomes. */
export interface RowBuilder {
  /** Adds an outcome of a pair, behind those that the pair has; none is merged with another. */
  add(state: number, action: number, outcome: Outcome): void;
  /** The rows of all that was added. */
  finish(): MdpRows;
}

/**
 * Begins the rows of an MDP; pairs may come in any order.
 *
 * @param stateCount S
 * @param actionCount A
 */
export function mdpRows(stateCount: number, actionCount: number): RowBuilder {
  const pairs: number[] = [];
  const added: Outcome[] = [];
  return {
    add(state, action, outcome) {
      pairs.push(state * actionCount + action);
      added.push(outcome);
    },
    finish() {
      const outcomeOffsets = new Uint32Array(stateCount * actionCount + 1);
      for (const pair of pairs) outcomeOffsets[pair + 1]++;
      for (let pair = 1; pair < outcomeOffsets.length; pair++) {
        outcomeOffsets[pair] += outcomeOffsets[pair - 1];
      }
      const probability = new Float64Array(added.length);
      const nextState = new Int32Array(added.length);
      const reward = new Float64Array(added.length);
      const named = new Uint8Array(added.length);
      const place = outcomeOffsets.slice();
      added.forEach((outcome, n) => {
        const i = place[pairs[n]]++;
        probability[i] = outcome.probability;
        nextState[i] = outcome.nextState;
        reward[i] = outcome.reward;
        named[i] = outcome.outcome;
      });
      return { outcomeOffsets, probability, nextState, reward, outcome: named };
    },
  };
}

/** Observations that are the state's index: a name, not a quantity. */
export function stateIndices(stateCount: number): Required<MdpObservations> {
  return {
    observations: Float32Array.from({ length: stateCount }, (_, s) => s),
    observationSize: 1,
    observationCategories: [stateCount],
  };
}

/** The start distribution where every episode starts in the same state. */
export function pointStart(stateCount: number, state: number): Float64Array {
  const start = new Float64Array(stateCount);
  start[state] = 1;
  return start;
}

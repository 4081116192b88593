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
 *
 * @example A coin that is thrown until it shows heads
 * ```ts
 * import {
 *   evaluateExactly,
 *   type FiniteMdp,
 *   mdpRows,
 *   pointStart,
 *   stateIndices,
 * } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const rows = mdpRows(2, 1);
 * rows.add(0, 0, { probability: 0.5, nextState: 0, reward: -1, outcome: 0 });
 * rows.add(0, 0, { probability: 0.5, nextState: 1, reward: 10, outcome: 1 });
 * const mdp: FiniteMdp = {
 *   ...rows.finish(),
 *   ...stateIndices(2),
 *   stateCount: 2,
 *   actionCount: 1,
 *   outcomes: [{ name: "heads", ends: true, unsafe: false }],
 *   start: pointStart(2, 0),
 *   horizon: null,
 *   discount: 1,
 * };
 * const { returnMean, lengthMean } = evaluateExactly(mdp, Int32Array.of(0, 0));
 * equal(returnMean, 9);
 * equal(lengthMean, 2);
 * ```
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

/**
 * Observations that are the state's index: a name, not a quantity.
 *
 * @example Three states
 * ```ts
 * import { stateIndices } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(stateIndices(3), {
 *   observations: Float32Array.of(0, 1, 2),
 *   observationSize: 1,
 *   observationCategories: [3],
 * });
 * ```
 */
export function stateIndices(stateCount: number): Required<MdpObservations> {
  return {
    observations: Float32Array.from({ length: stateCount }, (_, s) => s),
    observationSize: 1,
    observationCategories: [stateCount],
  };
}

/**
 * The start distribution where every episode starts in the same state.
 *
 * @example The second of three
 * ```ts
 * import { pointStart } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(pointStart(3, 1), Float64Array.of(0, 1, 0));
 * ```
 */
export function pointStart(stateCount: number, state: number): Float64Array {
  const start = new Float64Array(stateCount);
  start[state] = 1;
  return start;
}

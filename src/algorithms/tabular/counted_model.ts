/**
 * The maximum-likelihood model of a data set: what was counted, as a finite MDP.
 *
 * @module
 */

import type { Dataset } from "../../dataset/dataset.ts";
import { isTerminal, learntRows } from "../../dataset/ends.ts";
import { datasetStates, seenStates } from "../../dataset/states.ts";
import { validateDataset } from "../../dataset/validate.ts";
import { mdpRows } from "../../mdp/build.ts";
import { canTake, type FiniteMdp, type MdpRows } from "../../mdp/mdp.ts";
import { requireLength } from "../../numerics/arrays.ts";

/** Counts of a data set and the model they give. */
export interface CountedModel {
  /**
   * [S, A] N(s, a): how often the action was taken in the state. States with the same observation
   * cannot be told apart: each has the counts of all of them, where it can take the action.
   */
  readonly counts: Uint32Array;
  /**
   * Frequencies of next states and mean rewards. A pair that was never seen has no outcome.
   * Every terminated outcome has the name `end`: only
   * the reward shows what ended an episode. The last step of an episode that was cut continues, or ends
   * as well, as the caller says.
   */
  readonly model: FiniteMdp;
  /**
   * [S, A] the behaviour policy: as it is known, or N(s, a) / N(s), uniform over what is allowed where
   * N(s) = 0.
   */
  readonly baseline: Float64Array;
  /** [S, A] what {@link baseline} was made from by dividing by its sums: sums of counts are exact. */
  readonly baselineWeights: Uint32Array | Float64Array;
}

/** How a data set is counted. */
export interface CountOptions {
  /**
   * Whether the last step of an episode that was cut leads to the observation after it; otherwise it
   * ends. By default it does.
   */
  readonly bootstrapOnTruncation?: boolean;
  /** [S, A] the behaviour policy's probabilities, where they are known. */
  readonly behaviour?: Float64Array;
}

/**
 * Counts the transitions of a data set in the states of its world.
 *
 * @param dataset Data collected in `mdp`.
 * @param mdp Gives the states, the start and the horizon; its dynamics are not used.
 * @throws {InputError} If an observation is not a state of the MDP, or `behaviour` does not fit it.
 *
 * @example How often up was taken at the start
 * ```ts
 * import { collectDataset, countModel, makeEnvironment, startStates } from "@holdfast/offline-rl";
 * import { ok } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const { counts } = countModel(collectDataset(mdp, behaviour, 50, 42), mdp);
 * ok(counts[startStates(mdp)[0] * mdp.actionCount] >= 50);
 * ```
 */
export function countModel(
  dataset: Dataset,
  mdp: FiniteMdp,
  options: CountOptions = {},
): CountedModel {
  return counted(dataset, datasetStates(dataset, mdp), mdp, {
    seenAs: seenStates(mdp),
    canTake: (pair) => canTake(mdp, pair),
  }, options);
}

/**
 * Counts the transitions of a data set whose world is not known: its distinct observations are the
 * states, and one in which other actions were allowed is another. Episodes start as those of the data,
 * and nothing truncates them.
 *
 * @throws {InputError} If the data are not valid, or `behaviour` does not fit them.
 *
 * @example A log of two steps
 * ```ts
 * import { countObservations, datasetFromArrays } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const log = datasetFromArrays({
 *   observations: [5, 5],
 *   actions: [0, 1],
 *   rewards: [0, 1],
 *   terminated: [0, 1],
 * });
 * const { model, counts, baseline } = countObservations(log);
 * deepEqual(model.observations, Float32Array.of(5));
 * deepEqual(counts, Uint32Array.of(1, 1));
 * deepEqual(baseline, Float64Array.of(0.5, 0.5));
 * ```
 */
export function countObservations(
  given: Dataset,
  options: CountOptions = {},
): CountedModel {
  validateDataset(given, "the data set");
  const dataset = withoutNegativeZeros(given);
  const { observationSize, observationCategories, actionCount } = dataset;
  const { episodeOffsets: offsets } = dataset;
  const { count, observations, allowed, rowOf } = learntRows(dataset);
  const start = new Float64Array(count);
  for (let e = 0; e + 1 < offsets.length; e++) start[rowOf[offsets[e] + e]]++;
  const world = {
    stateCount: count,
    actionCount,
    observations,
    observationSize,
    ...(observationCategories && { observationCategories }),
    ...(allowed && { allowed }),
    start: start.map((n) => n / (offsets.length - 1)),
    horizon: null,
    discount: 1,
  };
  return counted(dataset, rowOf, world, {
    seenAs: Int32Array.from({ length: count }, (_, s) => s),
    canTake: (pair) => !allowed || allowed[pair] === 1,
  }, options);
}

/** Where -0 and 0 are told apart, they are two observations and nobody sees why. */
function withoutNegativeZeros(dataset: Dataset): Dataset {
  const { observations } = dataset;
  return observations.some((x) => Object.is(x, -0))
    ? { ...dataset, observations: observations.map((x) => x + 0) }
    : dataset;
}

/** What states are to the data. */
interface States {
  /** [S] of each, the one that has the counts. */
  readonly seenAs: Int32Array;
  /** Whether the action of a pair can be taken. */
  readonly canTake: (pair: number) => boolean;
}

/** @param rowStates [N + E] state of each observation row. */
function counted(
  dataset: Dataset,
  rowStates: Int32Array | Uint32Array,
  world: Omit<FiniteMdp, keyof MdpRows | "outcomes">,
  { seenAs, canTake }: States,
  { bootstrapOnTruncation = true, behaviour }: CountOptions,
): CountedModel {
  const { stateCount, actionCount } = world;
  const counts = new Uint32Array(stateCount * actionCount);
  const taken = counts.slice();
  // Per pair: outcome (next state and whether it ended) -> how often, sum of rewards.
  const seen = new Map<number, Map<number, { n: number; rewards: number }>>();
  const { episodeOffsets: offsets } = dataset;
  for (let e = 0; e + 1 < offsets.length; e++) {
    for (let i = offsets[e]; i < offsets[e + 1]; i++) {
      const pair = rowStates[i + e] * actionCount + dataset.actions[i];
      const ends = isTerminal(dataset, e, i, bootstrapOnTruncation);
      const outcome = rowStates[i + e + 1] * 2 + Number(ends);
      const outcomes = seen.get(pair) ?? new Map();
      const entry = outcomes.get(outcome) ?? { n: 0, rewards: 0 };
      entry.n++;
      entry.rewards += dataset.rewards[i];
      outcomes.set(outcome, entry);
      seen.set(pair, outcomes);
      taken[pair]++;
    }
  }
  const rows = mdpRows(stateCount, actionCount);
  for (let pair = 0; pair < counts.length; pair++) {
    const state = Math.floor(pair / actionCount);
    const action = pair % actionCount;
    const source = seenAs[state] * actionCount + action;
    const outcomes = seen.get(source);
    if (!outcomes || !canTake(pair)) continue;
    counts[pair] = taken[source];
    for (
      const [outcome, { n, rewards }] of [...outcomes].sort((a, b) =>
        a[0] - b[0]
      )
    ) {
      rows.add(state, action, {
        probability: n / counts[pair],
        nextState: Math.floor(outcome / 2),
        reward: rewards / n,
        outcome: outcome % 2,
      });
    }
  }
  if (behaviour) requireLength(behaviour.length, counts.length, "behaviour");
  const baselineWeights = behaviour ?? counts;
  return {
    counts,
    model: {
      ...world,
      ...rows.finish(),
      outcomes: [{ name: "end", ends: true, unsafe: false }],
    },
    baselineWeights,
    baseline: shares(baselineWeights, world),
  };
}

/**
 * Each state's weights divided by their sum; where that is 0, all that is allowed alike.
 *
 * @param weights [S, A]
 * @returns [S, A]
 */
export function shares(
  weights: Uint32Array | Float64Array,
  { actionCount, allowed }: Pick<FiniteMdp, "actionCount" | "allowed">,
): Float64Array {
  const shares = Float64Array.from(weights);
  for (let row = 0; row < shares.length; row += actionCount) {
    const own = shares.subarray(row, row + actionCount);
    const may = allowed?.subarray(row, row + actionCount);
    if (own.every((weight) => weight === 0)) {
      if (may?.includes(1)) own.set(may);
      else own.fill(1);
    }
    const sum = own.reduce((sum, weight) => sum + weight, 0);
    own.forEach((weight, a) => own[a] = weight / sum);
  }
  return shares;
}

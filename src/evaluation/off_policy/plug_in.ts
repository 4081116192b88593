/**
 * The plug-in estimate: what a policy is worth in the model that the log's counts give.
 *
 * With pairs never seen worth 0 it is fitted Q evaluation in tables (Le, Voloshin and Yue 2019, "Batch
 * Policy Learning under Constraints", algorithm 3).
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import type { Log } from "./log.ts";
import type { Pairs } from "./pairs.ts";
import type { Quantity } from "./quantity.ts";

/** Counts of a log, and mean rewards of a quantity. */
export interface Model {
  /** [K] how often each pair counts. */
  readonly visits: Float64Array;
  /** [M] the probability of each outcome of its pair. */
  readonly probability: Float64Array;
  /** [K] the mean reward. */
  readonly reward: Float64Array;
  /** [U] the distribution of an episode's first state. */
  readonly start: Float64Array;
}

/**
 * What a pair that was never seen is worth: a number for each count of steps to go, [H + 1]; or "mask", where the
 * policy is taken to choose among the pairs that were seen, in proportion to its probabilities.
 */
export type Unseen = Float64Array | "mask";

/** Steps of backward recursion to look at: action values of the pairs and values of the states. */
export type OnStep = (
  stepsToGo: number,
  actionValues: Float64Array,
  values: Float64Array,
) => void;

/**
 * Counts the model.
 *
 * @param multiplicity [E] how often each episode counts.
 */
export function countedModel(
  log: Log,
  pairs: Pairs,
  { rewards }: Quantity,
  multiplicity: Float64Array,
): Model {
  const counted = countedTransitions(log, pairs, multiplicity);
  const { visits } = counted;
  const reward = meanRewards(log, pairs, visits, rewards, multiplicity);
  return { ...counted, reward };
}

/** The model but for its rewards. */
export function countedTransitions(
  { offsets, states, stateCount }: Log,
  pairs: Pairs,
  multiplicity: Float64Array,
): Omit<Model, "reward"> {
  const visits = new Float64Array(pairs.count);
  const probability = new Float64Array(pairs.next.length);
  const start = new Float64Array(stateCount);
  let episodes = 0;
  for (let e = 0; e < multiplicity.length; e++) {
    const times = multiplicity[e];
    if (times === 0) continue;
    episodes += times;
    start[states[offsets[e]]] += times;
    for (let i = offsets[e]; i < offsets[e + 1]; i++) {
      visits[pairs.pairOf[i]] += times;
      probability[pairs.outcomeOf[i]] += times;
    }
  }
  for (let k = 0; k < pairs.count; k++) {
    if (visits[k] === 0) continue;
    const end = pairs.outcomeOffsets[k + 1];
    for (let m = pairs.outcomeOffsets[k]; m < end; m++) {
      probability[m] /= visits[k];
    }
  }
  for (let s = 0; s < stateCount; s++) start[s] /= episodes;
  return { visits, probability, start };
}

/** [K] the mean reward of each pair; 0 where the model has not seen it. */
export function meanRewards(
  { offsets }: Log,
  { pairOf, count }: Pairs,
  visits: Float64Array,
  rewards: Float64Array,
  multiplicity: Float64Array,
): Float64Array {
  const mean = new Float64Array(count);
  for (let e = 0; e < multiplicity.length; e++) {
    const times = multiplicity[e];
    if (times === 0) continue;
    for (let i = offsets[e]; i < offsets[e + 1]; i++) {
      mean[pairOf[i]] += times * rewards[i];
    }
  }
  for (let k = 0; k < count; k++) if (visits[k] > 0) mean[k] /= visits[k];
  return mean;
}

/** The target policy on the pairs that a model holds. */
export interface TargetOnPairs {
  /** [K] probability of each pair's action in its state; 0 where the model has not seen the pair. */
  readonly probability: Float64Array;
  /** [U] probability of actions that the model has not seen in the state. */
  readonly unseen: Float64Array;
}

/**
 * Splits a policy into what the model knows and what it does not.
 *
 * @param target [U, A] probabilities.
 */
export function targetOnPairs(
  { stateCount, actionCount }: Log,
  { stateOffsets, actions, count }: Pairs,
  { visits }: Model,
  target: Float64Array,
): TargetOnPairs {
  const probability = new Float64Array(count);
  const unseen = new Float64Array(stateCount);
  const isSeen = new Uint8Array(actionCount);
  for (let s = 0; s < stateCount; s++) {
    const row = s * actionCount;
    for (let k = stateOffsets[s]; k < stateOffsets[s + 1]; k++) {
      if (visits[k] === 0) continue;
      probability[k] = target[row + actions[k]];
      isSeen[actions[k]] = 1;
    }
    // Summed, not 1 less what was seen: rounding must not invent a probability.
    for (let a = 0; a < actionCount; a++) {
      if (isSeen[a] === 0) unseen[s] += target[row + a];
    }
    for (let k = stateOffsets[s]; k < stateOffsets[s + 1]; k++) {
      isSeen[actions[k]] = 0;
    }
  }
  return { probability, unseen };
}

/**
 * The policy's value in the model for a number of steps, by backward recursion from 0.
 *
 * @param horizon H
 * @param onStep Called with 1 … H steps to go; the arrays are used again afterwards.
 * @throws InputError if an episode is longer than the horizon.
 */
export function plugInValue(
  log: Log,
  pairs: Pairs,
  model: Model,
  policy: TargetOnPairs,
  discount: number,
  horizon: number,
  unseen: Unseen,
  onStep?: OnStep,
): number {
  if (horizon < log.longest) {
    throw new InputError(
      `the horizon is ${horizon} steps, but an episode of the data has ${log.longest}: give at least as many`,
    );
  }
  const step = sweep(log, pairs, model, policy, discount);
  let values: Float64Array = new Float64Array(log.stateCount);
  const q = new Float64Array(pairs.count);
  for (let togo = 1; togo <= horizon; togo++) {
    values = step(values, q, unseen === "mask" ? unseen : unseen[togo]);
    onStep?.(togo, q, values);
  }
  return dot(model.start, values);
}

/** Mass below this changes no digit that is kept. */
const NO_MASS = 1e-15;

/** How often an episode comes where, in a model. */
export interface ExpectedVisits {
  /** [K] Σ_t γ^t P(the pair at step t). */
  readonly pairs: Float64Array;
  /** [H + 1] by steps to go, γ^t P(a decision that the model has not seen). */
  readonly unseen: Float64Array;
}

/**
 * Expected visits under a policy, by forward recursion: with them the plug-in estimate of every quantity of one
 * discount is a sum, Σ visits · reward + Σ unseen · worth, whatever a pair never seen is worth.
 *
 * @param horizon H
 */
export function expectedVisits(
  { stateCount }: Log,
  { stateOffsets, outcomeOffsets, next, count }: Pairs,
  { probability, start }: Model,
  policy: TargetOnPairs,
  discount: number,
  horizon: number,
): ExpectedVisits {
  const pairs = new Float64Array(count);
  const unseen = new Float64Array(horizon + 1);
  let now = start.slice();
  let after = new Float64Array(stateCount);
  for (let togo = horizon; togo > 0; togo--) {
    after.fill(0);
    let left = 0;
    for (let s = 0; s < stateCount; s++) {
      const mass = now[s];
      if (mass === 0) continue;
      unseen[togo] += mass * policy.unseen[s];
      for (let k = stateOffsets[s]; k < stateOffsets[s + 1]; k++) {
        const own = mass * policy.probability[k];
        if (own === 0) continue;
        pairs[k] += own;
        const going = discount * own;
        for (let m = outcomeOffsets[k]; m < outcomeOffsets[k + 1]; m++) {
          if (next[m] >= 0) after[next[m]] += going * probability[m];
        }
        left += going;
      }
    }
    if (left < NO_MASS) break;
    [now, after] = [after, now];
  }
  return { pairs, unseen };
}

/** Without a horizon, sweeps end when no value changes by more than this, relative to the largest. */
const TOLERANCE = 1e-14;

/**
 * The policy's discounted value in the model without a horizon, pairs never seen worth 0: the fixed point of
 * fitted Q evaluation, by sweeps.
 *
 * @param discount γ, below 1.
 */
export function endlessValue(
  log: Log,
  pairs: Pairs,
  model: Model,
  policy: TargetOnPairs,
  discount: number,
): number {
  const step = sweep(log, pairs, model, policy, discount);
  const q = new Float64Array(pairs.count);
  let values: Float64Array = new Float64Array(log.stateCount);
  for (let change = Infinity, size = 0; change > TOLERANCE * size;) {
    const before = values;
    values = step(before, q, 0);
    change = size = 0;
    values.forEach((value, s) => {
      change = Math.max(change, Math.abs(value - before[s]));
      size = Math.max(size, Math.abs(value));
    });
  }
  return dot(model.start, values);
}

/** One step of recursion: fills the action values and returns the values. */
function sweep(
  { stateCount }: Log,
  { count, outcomeOffsets, stateOffsets, next }: Pairs,
  { probability, reward, visits }: Model,
  policy: TargetOnPairs,
  discount: number,
) {
  let spare = new Float64Array(stateCount);
  return (
    after: Float64Array,
    q: Float64Array,
    unseen: number | "mask",
  ): Float64Array => {
    for (let k = 0; k < count; k++) {
      if (visits[k] === 0) continue;
      let sum = 0;
      for (let m = outcomeOffsets[k]; m < outcomeOffsets[k + 1]; m++) {
        if (next[m] >= 0) sum += probability[m] * after[next[m]];
      }
      q[k] = reward[k] + discount * sum;
    }
    const values = spare;
    for (let s = 0; s < stateCount; s++) {
      let sum = 0;
      let mass = 0;
      for (let k = stateOffsets[s]; k < stateOffsets[s + 1]; k++) {
        sum += policy.probability[k] * q[k];
        mass += policy.probability[k];
      }
      values[s] = unseen === "mask"
        ? mass > 0 ? sum / mass : 0
        : policy.unseen[s] > 0
        ? sum + policy.unseen[s] * unseen
        : sum;
    }
    spare = after as Float64Array<ArrayBuffer>;
    return values;
  };
}

function dot(weights: Float64Array, values: Float64Array): number {
  let sum = 0;
  for (let s = 0; s < weights.length; s++) {
    if (weights[s] > 0) sum += weights[s] * values[s];
  }
  return sum;
}

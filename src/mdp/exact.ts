/**
 * The truth about a policy: dynamic programming over the horizon of a finite MDP (Puterman
 * 1994, "Markov Decision Processes", section 4.2). No sampling, so a hazard probability of
 * 1e-5 is as well known as one of 0.1.
 *
 * One forward pass carries the probability of each (state, return so far) from step to step.
 * Where all rewards before the end are equal, as in the gridworld, each step has a single
 * return so far, and the whole distribution costs no more than its mean: T · S · K
 * multiplications. Only +, -, *, / and sqrt are used, so the results have the same bits on
 * every engine.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import {
  endingOutcomes,
  type FiniteMdp,
  outcomeByState,
  requireHorizon,
  unsafeOutcomes,
} from "./mdp.ts";

/** What a policy does from the start state, undiscounted, up to rounding in f64. */
export interface ExactEvaluation {
  /** Expected return. */
  readonly returnMean: number;
  /** Standard deviation of the return. */
  readonly returnStd: number;
  /** Mean of the worst 10 % of the returns (conditional value at risk). */
  readonly cvar10: number;
  /** Mean of the worst 1 % of the returns. */
  readonly cvar1: number;
  /** Probability that each named outcome happens in an episode, at least once. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Probability that anything unsafe happens in an episode. */
  readonly unsafeProbability: number;
  /** Probability that the episode is truncated. */
  readonly timeoutProbability: number;
  /** Expected number of steps. */
  readonly lengthMean: number;
  /** [R] the possible returns, ascending. */
  readonly returns: Float64Array;
  /** [R] probability of each. */
  readonly probabilities: Float64Array;
}

/**
 * Evaluates a policy from the start state. Returns that differ in f64 are distinguished, so the
 * cost grows with the number of different sums of rewards.
 *
 * @param mdp The true environment.
 * @param policy [S, A], or [T, S, A] if it depends on the step, action probabilities.
 * @throws InputError if the policy has another shape.
 *
 * @example A policy that collects data
 * ```ts
 * import { evaluateExactly, makeEnvironment } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking", {}, { behaviour: "edge", epsilon: 0 });
 * equal(evaluateExactly(mdp, behaviour).returnMean, -13);
 * ```
 */
export function evaluateExactly(
  mdp: FiniteMdp,
  policy: Float64Array,
): ExactEvaluation {
  const { stateCount } = mdp;
  const horizon = requireHorizon(mdp);
  const chain = policyChain(mdp, policy);
  const atoms = new Map<number, number>();
  const ends = endingOutcomes(mdp);
  const ended = new Float64Array(ends.length);
  let lengthMean = 0;
  // Return so far -> [S] probability of being in each state with it.
  let live = new Map<number, Float64Array>([[0, mdp.start]]);
  for (let step = 0; step < horizon && live.size > 0; step++) {
    chain.toStep(step);
    const { first, probability, nextState, reward, outcome } = chain;
    const nextLive = new Map<number, Float64Array>();
    for (const [sum, mass] of live) {
      let target = mass;
      let targetSum = NaN;
      for (let s = 0; s < stateCount; s++) {
        const here = mass[s];
        if (here === 0) continue;
        lengthMean += here;
        for (let i = first[s]; i < first[s + 1]; i++) {
          const p = here * probability[i];
          const nextSum = sum + reward[i];
          if (ends[outcome[i]] === 1) {
            ended[outcome[i]] += p;
            atoms.set(nextSum, (atoms.get(nextSum) ?? 0) + p);
            continue;
          }
          if (nextSum !== targetSum) {
            const known = nextLive.get(nextSum);
            target = known ?? new Float64Array(stateCount);
            targetSum = nextSum;
            if (known === undefined) nextLive.set(nextSum, target);
          }
          target[nextState[i]] += p;
        }
      }
    }
    live = nextLive;
  }
  for (const [sum, mass] of live) {
    let left = 0;
    for (let s = 0; s < stateCount; s++) left += mass[s];
    ended[0] += left;
    atoms.set(sum, (atoms.get(sum) ?? 0) + left);
  }
  const returns = Float64Array.from(atoms.keys()).sort();
  const probabilities = returns.map((sum) => atoms.get(sum)!);
  const { mean, std } = distributionMoments(returns, probabilities);
  const named = mdp.outcomes.map(({ ends }, n) =>
    ends ? ended[n + 1] : happens(mdp, chain, [n + 1])
  );
  return {
    returnMean: mean,
    returnStd: std,
    cvar10: lowerTailMean(returns, probabilities, 0.1),
    cvar1: lowerTailMean(returns, probabilities, 0.01),
    outcomes: Object.fromEntries(
      mdp.outcomes.map(({ name }, n) => [name, named[n]]),
    ),
    unsafeProbability: unsafeProbability(mdp, chain, named),
    timeoutProbability: ended[0],
    lengthMean,
    returns,
    probabilities,
  };
}

/**
 * Probability that anything unsafe happens.
 *
 * @param named Probability of each named outcome.
 */
function unsafeProbability(
  mdp: FiniteMdp,
  chain: PolicyChain,
  named: readonly number[],
): number {
  const unsafe = mdp.outcomes.flatMap((outcome, n) =>
    outcome.unsafe ? [n + 1] : []
  );
  // What ends an episode happens once, and one thing alone is itself: probabilities add up.
  const addUp = unsafe.length <= 1 ||
    unsafe.every((n) => mdp.outcomes[n - 1].ends);
  return addUp
    ? unsafe.reduce((sum, n) => sum + named[n - 1], 0)
    : happens(mdp, chain, unsafe);
}

/** Probability that one of the wanted outcomes happens before the episode is over: its first time. */
function happens(
  mdp: FiniteMdp,
  chain: PolicyChain,
  wanted: readonly number[],
): number {
  const marked = new Uint8Array(mdp.outcomes.length + 1);
  for (const outcome of wanted) marked[outcome] = 1;
  const ends = endingOutcomes(mdp);
  const horizon = requireHorizon(mdp);
  let mass = mdp.start;
  let happened = 0;
  for (let step = 0; step < horizon; step++) {
    chain.toStep(step);
    const { first, probability, nextState, outcome } = chain;
    const next = new Float64Array(mdp.stateCount);
    for (let s = 0; s < mdp.stateCount; s++) {
      if (mass[s] === 0) continue;
      for (let i = first[s]; i < first[s + 1]; i++) {
        const p = mass[s] * probability[i];
        if (marked[outcome[i]] === 1) happened += p;
        else if (ends[outcome[i]] === 0) next[nextState[i]] += p;
      }
    }
    mass = next;
  }
  return happened;
}

/**
 * Probability that anything unsafe happens in an episode from each state, with the whole horizon
 * ahead. For a state that is never acted in, because entering it ends the episode: 1 if that is
 * unsafe, else 0.
 *
 * @param mdp The true environment.
 * @param policy [S, A] or [T, S, A] action probabilities.
 * @returns [S]
 * @throws InputError if the policy has another shape.
 *
 * @example Safe from everywhere
 * ```ts
 * import { makeEnvironment, startStates, unsafeByState } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking", {}, { epsilon: 0 });
 * equal(unsafeByState(mdp, behaviour)[startStates(mdp)[0]], 0);
 * ```
 */
export function unsafeByState(
  mdp: FiniteMdp,
  policy: Float64Array,
): Float64Array {
  const { stateCount } = mdp;
  const chain = policyChain(mdp, policy);
  let after = new Float64Array(stateCount);
  let now = new Float64Array(stateCount);
  const ends = endingOutcomes(mdp);
  const unsafe = unsafeOutcomes(mdp);
  for (let step = requireHorizon(mdp) - 1; step >= 0; step--) {
    chain.toStep(step);
    const { first, probability, nextState, outcome } = chain;
    [after, now] = [now, after];
    for (let s = 0; s < stateCount; s++) {
      let sum = 0;
      for (let i = first[s]; i < first[s + 1]; i++) {
        if (unsafe[outcome[i]] === 1) sum += probability[i];
        else if (ends[outcome[i]] === 0) {
          sum += probability[i] * after[nextState[i]];
        }
      }
      now[s] = sum;
    }
  }
  const entered = outcomeByState(mdp);
  return now.map((p, s) => ends[entered[s]] === 0 ? p : unsafe[entered[s]]);
}

/**
 * Mean of the worst `share` of a distribution: conditional value at risk, an atom on the
 * border counted in part (Rockafellar and Uryasev 2002, "Conditional value-at-risk for
 * general loss distributions", definition 3, for the lower tail).
 *
 * @param values [R] ascending.
 * @param probabilities [R]
 * @param share In (0, 1].
 *
 * @example The worse half
 * ```ts
 * import { lowerTailMean } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * equal(lowerTailMean(Float64Array.of(-4, 0, 8), Float64Array.of(0.25, 0.5, 0.25), 0.5), -2);
 * ```
 */
export function lowerTailMean(
  values: Float64Array,
  probabilities: Float64Array,
  share: number,
): number {
  let left = share;
  let sum = 0;
  for (let i = 0; i < values.length && left > 0; i++) {
    // Rounding may leave the probabilities a little short of 1: the last atom takes the rest.
    const p = i === values.length - 1 ? left : Math.min(left, probabilities[i]);
    sum += p * values[i];
    left -= p;
  }
  return sum / share;
}

function distributionMoments(
  values: Float64Array,
  probabilities: Float64Array,
): { mean: number; std: number } {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += probabilities[i] * values[i];
  let variance = 0;
  for (let i = 0; i < values.length; i++) {
    const d = values[i] - mean;
    variance += probabilities[i] * d * d;
  }
  return { mean, std: Math.sqrt(variance) };
}

/** The outcomes of positive probability under a policy: those of state s are first[s] … first[s + 1] - 1. */
interface PolicyChain {
  first: Int32Array;
  probability: Float64Array;
  nextState: Int32Array;
  reward: Float64Array;
  outcome: Uint8Array;
  /** Fills the arrays for that step; does nothing for a stationary policy. */
  toStep(step: number): void;
}

function policyChain(mdp: FiniteMdp, policy: Float64Array): PolicyChain {
  const { stateCount, actionCount, outcomeOffsets } = mdp;
  const rows = stateCount * actionCount;
  const stationary = policy.length === rows;
  if (!stationary && policy.length !== requireHorizon(mdp) * rows) {
    throw new InputError(
      `a policy of ${policy.length} numbers fits neither [S, A] = ${rows} nor [T, S, A]`,
    );
  }
  const chain: PolicyChain = {
    first: new Int32Array(stateCount + 1),
    probability: new Float64Array(mdp.probability.length),
    nextState: new Int32Array(mdp.probability.length),
    reward: new Float64Array(mdp.probability.length),
    outcome: new Uint8Array(mdp.probability.length),
    toStep(step) {
      if (!stationary) fill(step * rows);
    },
  };
  const fill = (offset: number) => {
    let n = 0;
    for (let row = 0; row < rows; row++) {
      if (row % actionCount === 0) chain.first[row / actionCount] = n;
      const weight = policy[offset + row];
      if (weight === 0) continue;
      for (let i = outcomeOffsets[row]; i < outcomeOffsets[row + 1]; i++) {
        const p = weight * mdp.probability[i];
        if (p === 0) continue;
        chain.probability[n] = p;
        chain.nextState[n] = mdp.nextState[i];
        chain.reward[n] = mdp.reward[i];
        chain.outcome[n] = mdp.outcome[i];
        n++;
      }
    }
    chain.first[stateCount] = n;
  };
  fill(0);
  return chain;
}

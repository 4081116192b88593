/**
 * The truth about a policy in a finite MDP. No sampling, so a hazard probability of 1e-5 is as well
 * known as one of 0.1.
 *
 * With a horizon: recursions over the steps (Puterman 1994, "Markov Decision Processes", section 4.2).
 * Without: linear systems, see `solve.ts`. Only +, -, *, / and sqrt are used, so the results have the
 * same bits on every engine.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { requireLength } from "../numerics/arrays.ts";
import { type PolicyChain, policyChain } from "./chain.ts";
import {
  distributionMoments,
  followEpisodes,
  lowerTailMean,
  NOTHING,
  type ReturnDistribution,
} from "./distribution.ts";
import { endingOutcomes, type FiniteMdp, startStates } from "./mdp.ts";
import type { Policy } from "./policy.ts";
import { chainSystem } from "./solve.ts";

/** Most different rewards at an end that are asked for one by one. */
const MOST_LAST_REWARDS = 100;

/** What an evaluation assumes in place of what the world comes with. */
export interface EvaluationOptions {
  /** In [0, 1]. */
  readonly discount?: number;
  /** Steps after which an episode is truncated; null: none. */
  readonly horizon?: number | null;
  /** [S] probability that an episode starts in each state. */
  readonly start?: Float64Array;
  /** Most multiplications that the distribution of the return may take, by default 500,000,000. */
  readonly mostWork?: number;
}

/** Lower and upper limit of what is not known. */
export type Bounds = readonly [low: number, high: number];

/** What a policy does from the start, up to rounding in f64. Values that do not exist are null. */
export interface ExactEvaluation {
  /** Expected sum of the rewards; null where something is paid for ever. */
  readonly returnMean: number | null;
  /** Standard deviation of that sum over the episodes. */
  readonly returnStd: number | null;
  /** The discount of the two values below. */
  readonly discount: number;
  /** Expected sum of discountᵗ · reward of step t; null where the discount is 1 and something is paid for ever. */
  readonly discountedReturnMean: number | null;
  /** Standard deviation of that sum. */
  readonly discountedReturnStd: number | null;
  /** Mean of the worst 10 % of the returns (conditional value at risk); null where only bounds are known. */
  readonly cvar10: number | null;
  /** Mean of the worst 1 % of the returns; null where only bounds are known. */
  readonly cvar1: number | null;
  /** Limits of `cvar10` where it is not known, else null. */
  readonly cvar10Bounds: Bounds | null;
  /** Limits of `cvar1` where it is not known, else null. */
  readonly cvar1Bounds: Bounds | null;
  /** Probability that each named outcome happens in an episode, at least once. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Probability that anything unsafe happens in an episode. */
  readonly unsafeProbability: number;
  /** Probability that the episode is truncated; 0 without a horizon. */
  readonly timeoutProbability: number;
  /** Probability that the episode never ends; 0 with a horizon. */
  readonly neverEndsProbability: number;
  /** Expected number of steps; null where an episode may never end. */
  readonly lengthMean: number | null;
  /**
   * Without a horizon: by how much the values of neighbouring states contradict each other at most, as
   * a share of the largest. Some 1e-16 is rounding; more is left where a large world converges badly.
   */
  readonly residual: number;
  /** The undiscounted return; null where there are too many different ones. */
  readonly distribution: ReturnDistribution | null;
}

/**
 * Evaluates a policy. Mean, standard deviation, length and probabilities are always exact. The
 * distribution of the return and the tails are where at most 100,000 different sums of rewards occur at
 * a step, at most 4 million times states, and the work stays below 500 million multiplications; without
 * a horizon also 1e-15 of the episodes must be left before that, whose returns count as they stand
 * then. Elsewhere the mean of the worst share q lies between mean - std · sqrt((1 - q) / q) and
 * the mean: the variance is at least that between the tail and the rest.
 *
 * @param mdp The true environment.
 * @param policy [S, A] or, where it depends on the step, [T, S, A] action probabilities; or [S] or
 *   [T, S] actions.
 * @param options Other than what the world comes with.
 * @throws InputError if the policy has another shape, is no distribution, or takes an action that
 *   cannot be taken, or an option makes no sense.
 *
 * @example A policy that collects data
 * ```ts
 * import { evaluateExactly, makeEnvironment } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking", {}, { behaviour: "edge", epsilon: 0 });
 * equal(evaluateExactly(mdp, behaviour).returnMean, -13);
 * equal(evaluateExactly(mdp, behaviour, { horizon: null, discount: 0.5 }).lengthMean, 13);
 * ```
 */
export function evaluateExactly(
  mdp: FiniteMdp,
  policy: Policy,
  options: EvaluationOptions = {},
): ExactEvaluation {
  const { horizon = mdp.horizon, discount = mdp.discount } = options;
  const { start = mdp.start, mostWork } = options;
  requireOptions(mdp, { horizon, discount, start });
  const chain = policyChain(mdp, policy, horizon);
  const problem = { mdp: { ...mdp, start }, chain, discount, mostWork };
  const { values, named, ...rest } = horizon === null
    ? evaluateForEver(problem)
    : evaluateWithin(problem, horizon);
  const { returnMean, returnStd, distribution } = values;
  const tail = (share: number): number | null =>
    distribution === null ? null : lowerTailMean(
      distribution.returns,
      distribution.probabilities,
      share,
    );
  const bounds = (share: number): Bounds | null =>
    distribution !== null || returnMean === null || returnStd === null
      ? null
      : [returnMean - returnStd * Math.sqrt((1 - share) / share), returnMean];
  return {
    returnMean,
    returnStd,
    discount,
    discountedReturnMean: values.discountedReturnMean,
    discountedReturnStd: values.discountedReturnStd,
    cvar10: tail(0.1),
    cvar1: tail(0.01),
    cvar10Bounds: bounds(0.1),
    cvar1Bounds: bounds(0.01),
    outcomes: Object.fromEntries(
      mdp.outcomes.map(({ name }, n) => [name, named[n]]),
    ),
    ...rest,
    distribution,
  };
}

function requireOptions(
  mdp: FiniteMdp,
  { horizon, discount, start }: Required<Omit<EvaluationOptions, "mostWork">>,
): void {
  if (!(discount >= 0 && discount <= 1)) {
    throw new InputError(
      `the discount is ${discount}: give a number from 0 to 1`,
    );
  }
  requireHorizonOrNone(horizon);
  requireLength(start.length, mdp.stateCount, "the start distribution");
  const sum = start.reduce((total, p) => total + p, 0);
  if (start.some((p) => !(p >= 0)) || !(Math.abs(sum - 1) <= 1e-9)) {
    throw new InputError(
      `the start distribution sums to ${sum}: give probabilities that sum to 1`,
    );
  }
}

/** @throws InputError unless it is a whole number of steps or null. */
export function requireHorizonOrNone(horizon: number | null): void {
  if (horizon === null || Number.isSafeInteger(horizon) && horizon >= 1) return;
  throw new InputError(
    `the horizon is ${horizon}: give a whole number of at least 1, or none`,
  );
}

interface Problem {
  /** With the start distribution that is meant. */
  readonly mdp: FiniteMdp;
  readonly chain: PolicyChain;
  readonly discount: number;
  readonly mostWork?: number;
}

interface Found extends
  Pick<
    ExactEvaluation,
    | "unsafeProbability"
    | "timeoutProbability"
    | "neverEndsProbability"
    | "lengthMean"
    | "residual"
  > {
  readonly values: Pick<
    ExactEvaluation,
    | "returnMean"
    | "returnStd"
    | "discountedReturnMean"
    | "discountedReturnStd"
    | "distribution"
  >;
  /** Probability of each named outcome. */
  readonly named: readonly number[];
}

function evaluateWithin(problem: Problem, horizon: number): Found {
  const { mdp, chain, discount } = problem;
  const ends = endingOutcomes(mdp);
  const { distribution, ended, lengthMean } = followEpisodes(
    chain,
    mdp.start,
    ends,
    horizon,
    problem.mostWork,
  );
  const plain = distribution === null
    ? recursiveMoments(problem, horizon, 1)
    : distributionMoments(distribution);
  const discounted = discount === 1
    ? plain
    : recursiveMoments(problem, horizon, discount);
  const happens = (wanted: readonly number[]) =>
    happensWithin(problem, horizon, wanted);
  const named = mdp.outcomes.map(({ ends }, n) =>
    ends ? ended[n + 1] : happens([n + 1])
  );
  return {
    values: {
      returnMean: plain.mean,
      returnStd: plain.std,
      discountedReturnMean: discounted.mean,
      discountedReturnStd: discounted.std,
      distribution,
    },
    named,
    unsafeProbability: unsafeProbability(mdp, named, happens),
    timeoutProbability: ended[0],
    neverEndsProbability: 0,
    lengthMean,
    residual: 0,
  };
}

/**
 * Mean and standard deviation of the discounted return, from the last step to the first; the variance
 * as in {@link squaredSurprises}.
 */
function recursiveMoments(
  { mdp, chain }: Problem,
  horizon: number,
  discount: number,
): { mean: number; std: number } {
  const ends = endingOutcomes(mdp);
  let mean = new Float64Array(mdp.stateCount);
  let variance = new Float64Array(mdp.stateCount);
  for (let step = horizon - 1; step >= 0; step--) {
    chain.toStep(step);
    const { first, probability, nextState, reward, outcome } = chain;
    const meanNow = new Float64Array(mdp.stateCount);
    const varianceNow = new Float64Array(mdp.stateCount);
    for (let s = 0; s < mdp.stateCount; s++) {
      let value = 0;
      for (let i = first[s]; i < first[s + 1]; i++) {
        const after = ends[outcome[i]] === 0
          ? discount * mean[nextState[i]]
          : 0;
        value += probability[i] * (reward[i] + after);
      }
      let spread = 0;
      for (let i = first[s]; i < first[s + 1]; i++) {
        const goesOn = ends[outcome[i]] === 0;
        const next = nextState[i];
        const surprise = reward[i] + (goesOn ? discount * mean[next] : 0) -
          value;
        spread += probability[i] * (surprise * surprise +
          (goesOn ? discount * discount * variance[next] : 0));
      }
      meanNow[s] = value;
      varianceNow[s] = spread;
    }
    // Where nothing changes from step to step any more, earlier steps have the same values.
    const isSettled = chain.isStationary &&
      meanNow.every((value, s) => value === mean[s]) &&
      varianceNow.every((value, s) => value === variance[s]);
    if (isSettled) break;
    [mean, variance] = [meanNow, varianceNow];
  }
  return momentsFromStart(mdp.start, mean, variance);
}

/**
 * E[(r + discount · V' - V)²] of each state: what a step adds to the variance of the return (Sobel
 * 1982, "The variance of discounted Markov decision processes"), never a difference of squares.
 */
function squaredSurprises(
  chain: PolicyChain,
  ends: Uint8Array,
  after: Float64Array,
  now: Float64Array,
  discount: number,
): Float64Array {
  return expectations(chain, ends, (i, goesOn, s) => {
    const later = goesOn ? discount * after[chain.nextState[i]] : 0;
    const surprise = chain.reward[i] + later - now[s];
    return surprise * surprise;
  });
}

/** [S] expectation of something over the outcomes of each state. */
export function expectations(
  { first, probability, outcome }: PolicyChain,
  ends: Uint8Array,
  value: (i: number, goesOn: boolean, state: number) => number,
): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(first.length - 1);
  for (let s = 0; s < sums.length; s++) {
    let sum = 0;
    for (let i = first[s]; i < first[s + 1]; i++) {
      sum += probability[i] * value(i, ends[outcome[i]] === 0, s);
    }
    sums[s] = sum;
  }
  return sums;
}

function momentsFromStart(
  start: Float64Array,
  mean: Float64Array,
  variance: Float64Array,
): { mean: number; std: number } {
  const whole = expectedFrom(start, mean);
  let spread = 0;
  for (let s = 0; s < start.length; s++) {
    if (start[s] === 0) continue;
    const d = mean[s] - whole;
    spread += start[s] * (variance[s] + d * d);
  }
  return { mean: whole, std: Math.sqrt(spread) };
}

function expectedFrom(start: Float64Array, values: Float64Array): number {
  let sum = 0;
  for (let s = 0; s < start.length; s++) {
    if (start[s] > 0) sum += start[s] * values[s];
  }
  return sum;
}

function evaluateForEver(
  { mdp, chain, discount, mostWork }: Problem,
): Found {
  const { start, outcomes } = mdp;
  const ends = endingOutcomes(mdp);
  const roots = startStates(mdp);
  const system = chainSystem(chain, ends, roots, 1);
  const { closed } = system;
  const { first, reward, outcome, nextState } = chain;
  const solveFor = (value: (i: number, s: number) => number): number =>
    expectedFrom(
      start,
      system.solve(expectations(chain, ends, (i, _, s) => value(i, s))),
    );
  const named = outcomes.map(({ ends }, n) =>
    ends
      ? solveFor((i) => outcome[i] === n + 1 ? 1 : 0)
      : happensEver(mdp, chain, [n + 1], roots)
  );
  const neverEnds = system.neverEnds
    ? expectedFrom(start, Float64Array.from(closed)) +
      solveFor((i, s) =>
        closed[s] === 0 && ends[outcome[i]] === 0 ? closed[nextState[i]] : 0
      )
    : 0;
  const lengthBefore = solveFor((_, s) => 1 - closed[s]);
  // Whether anything is paid where an episode never ends; what is paid elsewhere without an end; and
  // all that is paid at an end.
  let paysForEver = false;
  let paysOnTheWay = false;
  const lastRewards = new Set<number>();
  for (const s of system.states) {
    for (let i = first[s]; i < first[s + 1]; i++) {
      if (closed[s] === 1) paysForEver ||= reward[i] !== 0;
      else if (ends[outcome[i]] === 1) lastRewards.add(reward[i]);
      else paysOnTheWay ||= reward[i] !== 0;
    }
  }
  const distributionOfReturns = (): ReturnDistribution | null => {
    if (paysForEver) return null;
    if (paysOnTheWay || lastRewards.size > MOST_LAST_REWARDS) {
      const endless = { settled: closed, lengthMean: lengthBefore };
      return followEpisodes(chain, start, ends, endless, mostWork)
        .distribution;
    }
    // What is paid at the end is the whole return.
    if (neverEnds > 0) lastRewards.add(0);
    const returns = Float64Array.from(lastRewards).sort();
    const probabilities = returns.map((value) =>
      solveFor((i) => ends[outcome[i]] === 1 && reward[i] === value ? 1 : 0) +
      (value === 0 ? neverEnds : 0)
    );
    return { returns, probabilities };
  };
  let residual = 0;
  const moments = (gamma: number) => {
    const forMean = gamma === 1
      ? system
      : chainSystem(chain, ends, roots, gamma);
    const mean = forMean.solve(
      expectations(chain, ends, (i) => reward[i]),
    );
    // The mean is known where the start leads; elsewhere nothing is asked.
    const spread = squaredSurprises(chain, ends, mean, mean, gamma);
    const forVariance = gamma === 1
      ? system
      : chainSystem(chain, ends, roots, gamma * gamma);
    const variance = forVariance.solve(spread);
    residual = Math.max(residual, forMean.residual, forVariance.residual);
    return momentsFromStart(start, mean, variance);
  };
  const plain = paysForEver ? null : moments(1);
  const discounted = discount === 1 ? plain : moments(discount);
  return {
    values: {
      returnMean: plain?.mean ?? null,
      returnStd: plain?.std ?? null,
      discountedReturnMean: discounted?.mean ?? null,
      discountedReturnStd: discounted?.std ?? null,
      distribution: distributionOfReturns(),
    },
    named,
    unsafeProbability: unsafeProbability(
      mdp,
      named,
      (wanted) => happensEver(mdp, chain, wanted, roots),
    ),
    timeoutProbability: 0,
    neverEndsProbability: neverEnds,
    lengthMean: system.neverEnds ? null : lengthBefore,
    residual: Math.max(residual, system.residual),
  };
}

/**
 * Probability that anything unsafe happens.
 *
 * @param named Probability of each named outcome.
 * @param happens Probability that one of some outcomes happens.
 */
function unsafeProbability(
  mdp: FiniteMdp,
  named: readonly number[],
  happens: (wanted: readonly number[]) => number,
): number {
  const unsafe = mdp.outcomes.flatMap((outcome, n) =>
    outcome.unsafe ? [n + 1] : []
  );
  // What ends an episode happens once, and one thing alone is itself: probabilities add up.
  const addUp = unsafe.length <= 1 ||
    unsafe.every((n) => mdp.outcomes[n - 1].ends);
  return addUp
    ? unsafe.reduce((sum, n) => sum + named[n - 1], 0)
    : happens(unsafe);
}

/** Probability that one of the wanted outcomes happens before the episode is over: its first time. */
function happensWithin(
  { mdp, chain }: Problem,
  horizon: number,
  wanted: readonly number[],
): number {
  const marked = markedOutcomes(mdp, wanted);
  const ends = endingOutcomes(mdp);
  let mass = mdp.start;
  let happened = 0;
  for (let step = 0; step < horizon; step++) {
    chain.toStep(step);
    const { first, probability, nextState, outcome } = chain;
    const next = new Float64Array(mdp.stateCount);
    if (mass.every((p) => p <= NOTHING)) break;
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

/** The same without a horizon. */
function happensEver(
  mdp: FiniteMdp,
  chain: PolicyChain,
  wanted: readonly number[],
  roots: Iterable<number>,
): number {
  const marked = markedOutcomes(mdp, wanted);
  return expectedFrom(mdp.start, everByState(mdp, chain, marked, roots));
}

/** [S] probability that a marked outcome happens in an episode that starts in each state. */
export function everByState(
  mdp: FiniteMdp,
  chain: PolicyChain,
  marked: Uint8Array,
  roots: Iterable<number>,
): Float64Array {
  const ends = endingOutcomes(mdp);
  const stops = ends.map((flag, n) => flag | marked[n]);
  return chainSystem(chain, stops, roots, 1).solve(
    expectations(chain, ends, (i) => marked[chain.outcome[i]]),
  );
}

function markedOutcomes(
  mdp: FiniteMdp,
  wanted: readonly number[],
): Uint8Array {
  const marked = new Uint8Array(mdp.outcomes.length + 1);
  for (const outcome of wanted) marked[outcome] = 1;
  return marked;
}

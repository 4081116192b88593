/**
 * Distributions of the return.
 *
 * @module
 */
import { type PolicyChain, requireActedIn } from "./chain.ts";

/** Returns and how likely each is. */
export interface ReturnDistribution {
  /** [R] the possible returns, ascending. */
  readonly returns: Float64Array;
  /** [R] probability of each. */
  readonly probabilities: Float64Array;
}

/** Without a horizon: what is known of the episodes beforehand. */
export interface EndlessEpisodes {
  /** [S] 1 where nothing is paid any more and nothing ends: an episode that comes there is settled. */
  readonly settled: Uint8Array;
  /** Expected steps until an episode ends or is settled. */
  readonly lengthMean: number;
}

/** What becomes of episodes. */
export interface FollowedEpisodes {
  /** The returns; null where there are too many different ones. */
  readonly distribution: ReturnDistribution | null;
  /** [outcomes + 1] probability that an episode ends with each; in front, that none ends it. */
  readonly ended: Float64Array;
  /** Expected number of steps. */
  readonly lengthMean: number;
}

/** Without a horizon: probability of the episodes that are still under way when their returns count as they stand. */
export const MASS_LEFT: number = 1e-15;
/** Most different sums of rewards at a step, and most of them times states. */
const MOST_SUMS = 100_000;
const MOST_NUMBERS = 4_000_000;
/** Most multiplications before the distribution is given up, if nothing else is said. */
export const MOST_WORK: number = 500_000_000;
/** What finding a sum costs, in multiplications. */
const LOOK_UP = 20;
/** With a horizon: less than this is nothing, and would only be followed into numbers without digits. */
export const NOTHING = 1e-290;
/** A geometric length has passed this many times its mean when {@link MASS_LEFT} is left. */
const MEAN_LENGTHS = 34.5;

/**
 * Carries the probability of each state and return so far from step to step (Puterman 1994, section
 * 4.2). Where all rewards before the end are equal there is a single return so far at each step, and
 * the whole distribution costs no more than its mean. Returns that differ in f64 are different ones.
 *
 * Where the distribution is given up the rest is computed all the same with a horizon; without, nothing
 * else is right then.
 *
 * @param start [S] how likely episodes start in each state.
 * @param ends [outcomes + 1] 1 where an outcome ends the episode.
 * @param limit Most steps of an episode, or what is known where there is no such limit.
 * @param mostWork Most multiplications before the distribution is given up.
 */
export function followEpisodes(
  chain: PolicyChain,
  start: Float64Array,
  ends: Uint8Array,
  limit: number | EndlessEpisodes,
  mostWork: number = MOST_WORK,
): FollowedEpisodes {
  const [horizon, endless] = typeof limit === "number"
    ? [limit, null]
    : [Infinity, limit];
  const stateCount = start.length;
  let atoms: Map<number, number> | null = new Map();
  const ended = new Float64Array(ends.length);
  let lengthMean = 0;
  let work = 0;
  let workBefore = 0;
  let mass = 1;
  // Return so far -> [S] probability of being in each state with it.
  let live = new Map<number, Float64Array>([[0, start]]);
  for (let step = 0; step < horizon && live.size > 0; step++) {
    if (mass <= (endless === null ? NOTHING : MASS_LEFT)) break;
    chain.toStep(step);
    const { first, probability, nextState, reward, outcome } = chain;
    const nextLive = new Map<number, Float64Array>();
    const massBefore = mass;
    mass = 0;
    const lastStep = work - workBefore;
    workBefore = work;
    const endedBefore = ended.slice();
    const lengthBefore = lengthMean;
    let tooMany = false;
    for (const [sum, states] of live) {
      const toCome = endless === null
        ? 0
        : Math.max(lastStep, work - workBefore) * MEAN_LENGTHS *
          endless.lengthMean;
      tooMany = atoms !== null &&
        (Math.max(work, toCome) > mostWork || nextLive.size > MOST_SUMS ||
          nextLive.size * stateCount > MOST_NUMBERS ||
          atoms.size > MOST_NUMBERS);
      if (tooMany) break;
      let target = states;
      let targetSum = NaN;
      work += stateCount;
      for (let s = 0; s < stateCount; s++) {
        const here = states[s];
        if (here === 0) continue;
        if (endless !== null && endless.settled[s] === 1) {
          ended[0] += here;
          atoms?.set(sum, (atoms.get(sum) ?? 0) + here);
          continue;
        }
        mass += here;
        lengthMean += here;
        work += first[s + 1] - first[s];
        requireActedIn(first, s);
        for (let i = first[s]; i < first[s + 1]; i++) {
          const p = here * probability[i];
          const nextSum = atoms === null ? 0 : sum + reward[i];
          if (ends[outcome[i]] === 1) {
            ended[outcome[i]] += p;
            atoms?.set(nextSum, (atoms.get(nextSum) ?? 0) + p);
            continue;
          }
          if (nextSum !== targetSum) {
            work += LOOK_UP;
            const known = nextLive.get(nextSum);
            target = known ?? new Float64Array(stateCount);
            targetSum = nextSum;
            if (known === undefined) nextLive.set(nextSum, target);
          }
          target[nextState[i]] += p;
        }
      }
    }
    if (tooMany) {
      atoms = null;
      if (endless !== null) break;
      // The step again, with all sums in one.
      live = new Map([[0, summed(live, stateCount)]]);
      ended.set(endedBefore);
      lengthMean = lengthBefore;
      mass = massBefore;
      step--;
      continue;
    }
    live = nextLive;
  }
  for (const [sum, states] of live) {
    let left = 0;
    for (let s = 0; s < stateCount; s++) left += states[s];
    ended[0] += left;
    atoms?.set(sum, (atoms.get(sum) ?? 0) + left);
  }
  return {
    distribution: atoms === null ? null : sortedAtoms(atoms),
    ended,
    lengthMean,
  };
}

function summed(
  live: ReadonlyMap<number, Float64Array>,
  stateCount: number,
): Float64Array {
  const sum = new Float64Array(stateCount);
  for (const states of live.values()) {
    for (let s = 0; s < stateCount; s++) sum[s] += states[s];
  }
  return sum;
}

function sortedAtoms(atoms: ReadonlyMap<number, number>): ReturnDistribution {
  const returns = Float64Array.from(atoms.keys()).sort();
  return { returns, probabilities: returns.map((sum) => atoms.get(sum)!) };
}

/** Mean and standard deviation of a distribution. */
export function distributionMoments(
  { returns, probabilities }: ReturnDistribution,
): { mean: number; std: number } {
  let mean = 0;
  for (let i = 0; i < returns.length; i++) {
    mean += probabilities[i] * returns[i];
  }
  let variance = 0;
  for (let i = 0; i < returns.length; i++) {
    const d = returns[i] - mean;
    variance += probabilities[i] * d * d;
  }
  return { mean, std: Math.sqrt(variance) };
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

/**
 * Whether the past still tells something that the present observation does not: then the observation is
 * no state, and neither models nor action values of it can be trusted.
 *
 * @module
 */
import type { RandomStream } from "../../numerics/random.ts";
import type { Log } from "./log.ts";
import type { Pairs } from "./pairs.ts";

/** Result of a permutation test. */
export interface MarkovTest {
  /** Share of permutations, the data themselves among them, that look at least as dependent. */
  readonly pValue: number;
  /** Transitions that could be compared with another one in the same present. */
  readonly compared: number;
}

/**
 * So many permutations that look at least as dependent end a test, with their share as p, which is as valid
 * (Besag and Clifford 1991, "Sequential Monte Carlo p-values").
 */
const ENOUGH = 20;

/** More transitions than this cost time and change no verdict. */
const MOST = 50_000;

/**
 * Tests whether what a step leads to (next state, end and reward) depends on the step before it, given the
 * state and the action.
 *
 * @param rewards [N]
 * @param permutations How often what followed is exchanged among the steps of one pair.
 */
export function outcomeDependence(
  log: Log,
  pairs: Pairs,
  rewards: ArrayLike<number>,
  permutations: number,
  stream: RandomStream,
): MarkovTest {
  const ids = new Map<string, number>();
  const outcomes = Uint32Array.from(pairs.outcomeOf, (outcome, i) => {
    const key = `${outcome} ${rewards[i]}`;
    const id = ids.get(key) ?? ids.size;
    ids.set(key, id);
    return id;
  });
  return dependence(
    log,
    pairs,
    pairs.pairOf,
    outcomes,
    ids.size,
    permutations,
    stream,
  );
}

/**
 * Tests whether the action taken depends on the step before, given the state: then whoever acted saw more
 * than the log holds, and probabilities counted by state are not those of the actions.
 */
export function actionDependence(
  log: Log,
  pairs: Pairs,
  permutations: number,
  stream: RandomStream,
): MarkovTest {
  return dependence(
    log,
    pairs,
    log.states,
    pairs.pairOf,
    pairs.count,
    permutations,
    stream,
  );
}

/**
 * Permutation test of independence in strata, by the likelihood ratio of the tables of what was before and
 * what follows.
 *
 * @param strata [N] the present.
 * @param follows [N] what follows, below `kinds`.
 */
function dependence(
  { offsets }: Log,
  pairs: Pairs,
  strata: Uint32Array,
  follows: Uint32Array,
  kinds: number,
  permutations: number,
  stream: RandomStream,
): MarkovTest {
  const steps: number[] = [];
  for (let e = 0; e + 1 < offsets.length && steps.length < MOST; e++) {
    for (let i = offsets[e] + 1; i < offsets[e + 1]; i++) steps.push(i);
  }
  const before = (i: number) => pairs.pairOf[i - 1];
  steps.sort((i, j) => strata[i] - strata[j] || before(i) - before(j));
  // Steps of a stratum in which nothing varies say nothing.
  const kept: number[] = [];
  const ends: number[] = [];
  for (let from = 0, to = 0; from < steps.length; from = to) {
    while (to < steps.length && strata[steps[to]] === strata[steps[from]]) to++;
    const part = steps.slice(from, to);
    const varies = (of: (i: number) => number) =>
      part.some((i) => of(i) !== of(part[0]));
    if (!varies(before) || !varies((i) => follows[i])) continue;
    kept.push(...part);
    ends.push(kept.length);
  }
  const past = Uint32Array.from(kept, before);
  const future = Uint32Array.from(kept, (i) => follows[i]);
  const counts = new Uint32Array(kinds);
  // n ln n of each cell: all that a permutation changes in the likelihood ratio.
  const logs = new Float64Array(kept.length + 1);
  for (let n = 2; n < logs.length; n++) logs[n] = n * Math.log(n);
  const statistic = () => {
    let sum = 0;
    let start = 0;
    for (const end of ends) {
      for (let from = start, to = start; from < end; from = to) {
        while (to < end && past[to] === past[from]) {
          const n = ++counts[future[to++]];
          sum += logs[n] - logs[n - 1];
        }
        for (let k = from; k < to; k++) counts[future[k]] = 0;
      }
      start = end;
    }
    return sum;
  };
  const observed = statistic();
  let asDependent = 0;
  for (let made = 1; made <= permutations; made++) {
    let start = 0;
    for (const end of ends) {
      for (let k = end - 1; k > start; k--) {
        const other = start + stream.integer(k - start + 1);
        const value = future[k];
        future[k] = future[other];
        future[other] = value;
      }
      start = end;
    }
    // Sums of the same terms in another order are equal but for rounding.
    if (statistic() >= observed * (1 - 1e-12)) asDependent++;
    if (asDependent === ENOUGH) {
      return { pValue: ENOUGH / made, compared: kept.length };
    }
  }
  return {
    pValue: (asDependent + 1) / (permutations + 1),
    compared: kept.length,
  };
}

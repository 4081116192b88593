/**
 * From where a policy is sure to end, or to come to rest where nothing is paid.
 *
 * @module
 */
import { canTake, endingOutcomes, type FiniteMdp } from "./mdp.ts";

/** A policy that ends or comes to rest wherever one can. */
export interface EndingPlan {
  /** [S] 1 where it does, with probability 1. */
  readonly inside: Uint8Array;
  /** [S] its actions, by the least number of steps; in other states the lowest that can be taken. */
  readonly actions: Int32Array;
  /** [S, A] 1 where a pair leads nowhere but inside or to an end. */
  readonly usable: Uint8Array;
  /** A state outside where an action has a positive expected reward; null where there is none. */
  readonly gainsOutside: number | null;
}

/**
 * Finds that policy: the states from which the end is reached almost surely are what remains after
 * taking away, again and again, those that cannot reach it and the actions that risk coming there
 * (de Alfaro 1997, "Formal verification of probabilistic systems", section 3.3).
 */
export function endingPlan(mdp: FiniteMdp): EndingPlan {
  const { stateCount, actionCount, outcomeOffsets } = mdp;
  const { probability, reward, outcome } = mdp;
  const pairs = stateCount * actionCount;
  const ends = endingOutcomes(mdp);
  const into = pairsInto(mdp, ends);
  const actions = new Int32Array(stateCount);
  const takeable = takeablePairs(mdp);
  const resting = new Uint8Array(pairs);
  const ending = new Uint8Array(pairs);
  for (let pair = 0; pair < pairs; pair++) {
    if (takeable[pair] === 0) continue;
    resting[pair] = 1;
    for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
      if (probability[i] === 0) continue;
      if (ends[outcome[i]] === 1) ending[pair] = 1;
      if (ends[outcome[i]] === 1 || reward[i] !== 0) resting[pair] = 0;
    }
  }
  const lowest = (allowed: Uint8Array, s: number) => {
    const a = allowed.subarray(s * actionCount, (s + 1) * actionCount)
      .indexOf(1);
    return Math.max(0, a);
  };
  for (let s = 0; s < stateCount; s++) actions[s] = lowest(takeable, s);
  const rest = largestClosed(mdp, into, resting);
  for (let s = 0; s < stateCount; s++) {
    if (rest[s] === 1) actions[s] = lowest(resting, s);
  }

  const usable = takeable.slice();
  let inside = largestClosed(mdp, into, usable);
  for (;;) {
    const reached = reachable(mdp, into, usable, ending, rest, actions);
    if (reached.every((flag, s) => flag === inside[s])) break;
    for (let pair = 0; pair < pairs; pair++) {
      if (reached[Math.floor(pair / actionCount)] === 0) usable[pair] = 0;
    }
    inside = largestClosed(mdp, into, usable);
  }
  let gainsOutside: number | null = null;
  for (let pair = 0; pair < pairs && gainsOutside === null; pair++) {
    const s = Math.floor(pair / actionCount);
    if (inside[s] === 1 || takeable[pair] === 0) continue;
    let gain = 0;
    for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
      gain += probability[i] * reward[i];
    }
    if (gain > 0) gainsOutside = s;
  }
  for (let s = 0; s < stateCount; s++) {
    if (inside[s] === 0) actions[s] = lowest(takeable, s);
  }
  return { inside, actions, usable, gainsOutside };
}

/** What can be done without risking to come, before the end, where nothing can be done. */
export function defined(
  mdp: FiniteMdp,
): { inside: Uint8Array; usable: Uint8Array } {
  const usable = takeablePairs(mdp);
  const into = pairsInto(mdp, endingOutcomes(mdp));
  return { inside: largestClosed(mdp, into, usable), usable };
}

/** [S, A] 1 where {@link canTake}. */
export function takeablePairs(mdp: FiniteMdp): Uint8Array {
  const pairs = mdp.stateCount * mdp.actionCount;
  return Uint8Array.from(
    { length: pairs },
    (_, pair) => canTake(mdp, pair) ? 1 : 0,
  );
}

/** Of each state the pairs that may lead into it without an end: `pair[first[s]]` … */
export interface PairsInto {
  readonly first: Uint32Array;
  readonly pair: Uint32Array;
}

export function pairsInto(mdp: FiniteMdp, ends: Uint8Array): PairsInto {
  const { outcomeOffsets, probability, nextState, outcome } = mdp;
  const first = new Uint32Array(mdp.stateCount + 1);
  const counts = (i: number) => probability[i] > 0 && ends[outcome[i]] === 0;
  for (let i = 0; i < nextState.length; i++) {
    if (counts(i)) first[nextState[i] + 1]++;
  }
  for (let s = 1; s < first.length; s++) first[s] += first[s - 1];
  const pair = new Uint32Array(first.at(-1)!);
  const place = first.slice();
  for (let row = 0; row + 1 < outcomeOffsets.length; row++) {
    for (let i = outcomeOffsets[row]; i < outcomeOffsets[row + 1]; i++) {
      if (counts(i)) pair[place[nextState[i]]++] = row;
    }
  }
  return { first, pair };
}

/**
 * The largest set of states each of which has an allowed pair, after pairs that may leave it are no
 * longer allowed; forbids them in place.
 */
export function largestClosed(
  mdp: FiniteMdp,
  into: PairsInto,
  allowed: Uint8Array,
): Uint8Array {
  const { stateCount, actionCount } = mdp;
  const left = new Uint32Array(stateCount);
  for (let pair = 0; pair < allowed.length; pair++) {
    left[Math.floor(pair / actionCount)] += allowed[pair];
  }
  const inside = left.map((n) => n > 0 ? 1 : 0);
  const gone = Array.from(left.keys()).filter((s) => left[s] === 0);
  for (let s = gone.pop(); s !== undefined; s = gone.pop()) {
    for (let e = into.first[s]; e < into.first[s + 1]; e++) {
      const pair = into.pair[e];
      if (allowed[pair] === 0) continue;
      allowed[pair] = 0;
      const from = Math.floor(pair / actionCount);
      if (--left[from] === 0) {
        inside[from] = 0;
        gone.push(from);
      }
    }
  }
  return Uint8Array.from(inside);
}

/** States from which a usable pair may lead to an end or to rest, nearest first; sets their actions. */
function reachable(
  mdp: FiniteMdp,
  into: PairsInto,
  usable: Uint8Array,
  ending: Uint8Array,
  rest: Uint8Array,
  actions: Int32Array,
): Uint8Array {
  const { stateCount, actionCount } = mdp;
  const reached = new Uint8Array(stateCount);
  let layer: number[] = [];
  const reach = (s: number) => {
    reached[s] = 1;
    layer.push(s);
  };
  for (let s = 0; s < stateCount; s++) if (rest[s] === 1) reach(s);
  for (let pair = 0; pair < usable.length; pair++) {
    const s = Math.floor(pair / actionCount);
    if (usable[pair] === 1 && ending[pair] === 1 && reached[s] === 0) {
      actions[s] = pair % actionCount;
      reach(s);
    }
  }
  while (layer.length > 0) {
    const nearest = layer;
    layer = [];
    for (const to of nearest) {
      for (let e = into.first[to]; e < into.first[to + 1]; e++) {
        const pair = into.pair[e];
        const s = Math.floor(pair / actionCount);
        if (usable[pair] === 1 && reached[s] === 0) {
          actions[s] = pair % actionCount;
          reach(s);
        }
      }
    }
  }
  return reached;
}

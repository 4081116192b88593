/**
 * Whether a world lets a policy be paid for ever.
 *
 * @module
 */
import { connectedComponents } from "./components.ts";
import { largestClosed, pairsInto, takeablePairs } from "./ending_plan.ts";
import { endingOutcomes, type FiniteMdp, startStates } from "./mdp.ts";

/**
 * A state in which some policy is paid or charged again and again without an end, so that its return
 * has no expectation; null where there is none, as in every world with a horizon. These are the states
 * with a reward in the maximal end components that can be reached (Baier and Katoen 2008, "Principles of
 * Model Checking", algorithm 47).
 */
export function paidForever(mdp: FiniteMdp): number | null {
  if (mdp.horizon !== null) return null;
  const { actionCount, outcomeOffsets, probability, nextState } = mdp;
  const { reward, outcome } = mdp;
  const ends = endingOutcomes(mdp);
  const some = (pair: number, is: (outcome: number) => boolean) => {
    for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
      if (probability[i] > 0 && is(i)) return true;
    }
    return false;
  };
  const into = pairsInto(mdp, ends);
  const takeable = takeablePairs(mdp);
  const roots = componentsOf(mdp, takeable, ends, startStates(mdp)).states;
  const kept = takeable.map((flag, pair) =>
    flag === 1 && !some(pair, (i) => ends[outcome[i]] === 1) ? 1 : 0
  );
  for (let changed = true; changed;) {
    largestClosed(mdp, into, kept);
    const { of } = componentsOf(mdp, kept, ends, roots);
    changed = false;
    for (let pair = 0; pair < kept.length; pair++) {
      const here = of[Math.floor(pair / actionCount)];
      if (kept[pair] === 0 || !some(pair, (i) => of[nextState[i]] !== here)) {
        continue;
      }
      kept[pair] = 0;
      changed = true;
    }
  }
  const isReached = new Set(roots);
  const paid = kept.findIndex((flag, pair) =>
    flag === 1 && isReached.has(Math.floor(pair / actionCount)) &&
    some(pair, (i) => reward[i] !== 0)
  );
  return paid < 0 ? null : Math.floor(paid / actionCount);
}

/** Strongly connected components of the states, by the outcomes of some pairs that end nothing. */
function componentsOf(
  { stateCount, actionCount, outcomeOffsets, ...mdp }: FiniteMdp,
  pairs: Uint8Array,
  ends: Uint8Array,
  roots: Iterable<number>,
) {
  const first = new Uint32Array(stateCount + 1);
  const next: number[] = [];
  for (let s = 0; s < stateCount; s++) {
    for (let pair = s * actionCount; pair < (s + 1) * actionCount; pair++) {
      if (pairs[pair] === 0) continue;
      for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
        if (mdp.probability[i] > 0 && ends[mdp.outcome[i]] === 0) {
          next.push(mdp.nextState[i]);
        }
      }
    }
    first[s + 1] = next.length;
  }
  return connectedComponents(first, Int32Array.from(next), roots);
}

/**
 * Whether a world lets an episode go on for ever.
 *
 * @module
 */
import { endingOutcomes, type FiniteMdp } from "./mdp.ts";

/**
 * A state in which some policy is paid, or charged, for ever, so that its return has no expectation:
 * the lowest that can be reached; null where there is none, as in every world with a horizon.
 */
export function endlesslyPaid(mdp: FiniteMdp): number | null {
  if (mdp.horizon !== null) return null;
  const stays = stayingPairs(mdp);
  const reached = reachable(mdp);
  const { actionCount, outcomeOffsets, probability, reward } = mdp;
  for (let pair = 0; pair < stays.length; pair++) {
    const state = Math.floor(pair / actionCount);
    if (stays[pair] === 0 || reached[state] === 0) continue;
    for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
      if (probability[i] > 0 && reward[i] !== 0) return state;
    }
  }
  return null;
}

/**
 * [S, A] 1 for the pairs that lead, for certain, to states from which one can go on in the same way:
 * the greatest set of this kind (the maximal end components and what leads into them; Baier and Katoen
 * 2008, "Principles of Model Checking", section 10.6.3).
 */
function stayingPairs(mdp: FiniteMdp): Uint8Array {
  const { stateCount, actionCount, outcomeOffsets } = mdp;
  const { probability, nextState, outcome } = mdp;
  const ends = endingOutcomes(mdp);
  const stays = new Uint8Array(stateCount * actionCount);
  const live = new Uint8Array(stateCount).fill(1);
  let changed = true;
  while (changed) {
    changed = false;
    for (let s = 0; s < stateCount; s++) {
      if (live[s] === 0) continue;
      let some = 0;
      for (let pair = s * actionCount; pair < (s + 1) * actionCount; pair++) {
        const [first, end] = [outcomeOffsets[pair], outcomeOffsets[pair + 1]];
        let all = first < end ? 1 : 0;
        for (let i = first; i < end; i++) {
          if (probability[i] === 0) continue;
          if (ends[outcome[i]] === 1 || live[nextState[i]] === 0) all = 0;
        }
        stays[pair] = all;
        some |= all;
      }
      if (some === 0) {
        live[s] = 0;
        changed = true;
      }
    }
  }
  return stays;
}

/** [S] 1 for the states that an episode can be in when it acts. */
function reachable(mdp: FiniteMdp): Uint8Array {
  const { stateCount, actionCount, outcomeOffsets } = mdp;
  const { probability, nextState, outcome } = mdp;
  const ends = endingOutcomes(mdp);
  const reached = new Uint8Array(stateCount);
  const open: number[] = [];
  const visit = (state: number) => {
    if (reached[state] === 1) return;
    reached[state] = 1;
    open.push(state);
  };
  mdp.start.forEach((p, state) => p > 0 && visit(state));
  for (let s = open.pop(); s !== undefined; s = open.pop()) {
    const end = outcomeOffsets[(s + 1) * actionCount];
    for (let i = outcomeOffsets[s * actionCount]; i < end; i++) {
      if (probability[i] > 0 && ends[outcome[i]] === 0) visit(nextState[i]);
    }
  }
  return reached;
}

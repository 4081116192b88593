/**
 * Episodes that need not end.
 *
 * @module
 */
import { endingOutcomes, type FiniteMdp, startStates } from "./mdp.ts";

/**
 * Whether an episode that nothing truncates can fail to end, with a probability above 0: whether it
 * can come to a state from which the policy never leads to an end.
 *
 * @param mdp The world.
 * @param policy [S, A] action probabilities.
 */
export function canRunForever(
  mdp: FiniteMdp,
  policy: Float64Array,
): boolean {
  const { stateCount, actionCount, outcomeOffsets, probability } = mdp;
  const ends = endingOutcomes(mdp);
  const next: number[][] = [];
  const previous: number[][] = Array.from({ length: stateCount }, () => []);
  const ending: number[] = [];
  for (let s = 0; s < stateCount; s++) {
    const following = new Set<number>();
    for (let row = s * actionCount; row < (s + 1) * actionCount; row++) {
      if (policy[row] === 0) continue;
      for (let i = outcomeOffsets[row]; i < outcomeOffsets[row + 1]; i++) {
        if (probability[i] === 0) continue;
        if (ends[mdp.outcome[i]] === 1) ending.push(s);
        else following.add(mdp.nextState[i]);
      }
    }
    next.push([...following]);
    for (const state of following) previous[state].push(s);
  }
  const canEnd = reached(previous, ending);
  return reached(next, startStates(mdp)).some((isReached, s) =>
    isReached && !canEnd[s]
  );
}

/** [S] whether each state is one of some or can be reached from them. */
function reached(
  edges: readonly (readonly number[])[],
  from: readonly number[],
): boolean[] {
  const isReached = new Array<boolean>(edges.length).fill(false);
  const open = [...from];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (isReached[state]) continue;
    isReached[state] = true;
    for (const other of edges[state]) open.push(other);
  }
  return isReached;
}

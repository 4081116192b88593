/**
 * What happened in the steps of data whose environment is known.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { endingOutcomes, type FiniteMdp, unsafeOutcomes } from "../mdp/mdp.ts";
import type { Dataset } from "./dataset.ts";
import { datasetStates, OTHER_ENVIRONMENT, seenStates } from "./states.ts";

/**
 * Which steps are unsafe; see {@link outcomeReader}.
 *
 * @returns [N] 1 where the environment calls what happened unsafe; null where it calls nothing so.
 * @throws InputError if the data do not fit the environment.
 */
export function unsafeSteps(
  dataset: Dataset,
  mdp: FiniteMdp,
): Uint8Array | null {
  const unsafe = unsafeOutcomes(mdp);
  if (!unsafe.includes(1)) return null;
  const outcomeOf = outcomeReader(dataset, mdp, datasetStates(dataset, mdp));
  const { actions, episodeOffsets } = dataset;
  const steps = new Uint8Array(actions.length);
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      steps[i] = unsafe[outcomeOf(e, i)];
    }
  }
  return steps;
}

/**
 * Finds what happened in a transition: of the outcomes that end the episode as it did, that which
 * fits next state and reward, or else the next state, or else (d3rlpy dumps do not hold the state
 * that an episode ended in) the reward. Of states that look alike, any may have been there.
 *
 * @param states What `datasetStates` finds.
 * @returns Of an episode and one of its transitions, 0 or the number of an outcome.
 */
export function outcomeReader(
  { actions, rewards, terminated }: Dataset,
  mdp: FiniteMdp,
  states: Int32Array,
): (episode: number, transition: number) => number {
  const ends = endingOutcomes(mdp);
  const seen = seenStates(mdp);
  const alike = Map.groupBy(seen.keys(), (s) => seen[s]);
  return (episode, transition) => {
    const next = states[transition + episode + 1];
    let best = 0;
    let bestFit = 0;
    for (const state of alike.get(states[transition + episode])!) {
      const pair = state * mdp.actionCount + actions[transition];
      for (
        let i = mdp.outcomeOffsets[pair];
        i < mdp.outcomeOffsets[pair + 1];
        i++
      ) {
        if (!(mdp.probability[i] > 0)) continue;
        if (ends[mdp.outcome[i]] !== terminated[transition]) continue;
        const fit = (seen[mdp.nextState[i]] === next ? 2 : 0) +
          (Math.fround(mdp.reward[i]) === rewards[transition] ? 1 : 0);
        if (fit > bestFit) [best, bestFit] = [mdp.outcome[i], fit];
      }
    }
    if (terminated[transition] === 1 && bestFit === 0) {
      throw new InputError(
        `episode ${episode} of the data set terminates where nothing ends an episode in this ` +
          `environment: ${OTHER_ENVIRONMENT}`,
      );
    }
    return best;
  };
}

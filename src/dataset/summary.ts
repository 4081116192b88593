/**
 * What a data set holds, in a few numbers.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { type FiniteMdp, stateEndings } from "../mdp/mdp.ts";
import { meanAndStd } from "../numerics/moments.ts";
import type { Dataset } from "./dataset.ts";
import { cutEpisodes } from "./ends.ts";
import { datasetStates, OTHER_ENVIRONMENT } from "./states.ts";

/** The numbers of `metrics.json` about the data. */
export interface DatasetSummary {
  /** E */
  readonly episodes: number;
  /** N */
  readonly transitions: number;
  /** Different observations in which an action was taken; final ones count only if so. */
  readonly distinctObservations: number;
  /** Mean over episodes of the undiscounted return. */
  readonly returnMean: number;
  /** Standard deviation of the return over episodes (divided by E, not E - 1). */
  readonly returnStd: number;
  /** Episodes whose last step is not terminated: a limit or the end of the log cut them. */
  readonly cutEpisodes: number;
  /** Share of the episodes that end at the goal. */
  readonly goalRate: number;
  /** Share of the episodes that end in a hazard. */
  readonly hazardRate: number;
}

/**
 * Sums up a data set of a finite MDP. Goal and hazard are told by the state in which a
 * terminated episode ends, or, for files without final observations, by its last reward.
 *
 * @throws {InputError} If the data do not fit the environment: an observation that is no
 *   state, or an episode that terminated where the environment does not.
 */
export function summariseDataset(
  dataset: Dataset,
  mdp: FiniteMdp,
): DatasetSummary {
  const states = datasetStates(dataset, mdp);
  const endings = stateEndings(mdp);
  const { episodeOffsets: offsets } = dataset;
  const episodes = offsets.length - 1;
  const returns = new Float64Array(episodes);
  const ended = [0, 0, 0];
  const distinct = new Set<number>();
  for (let e = 0; e < episodes; e++) {
    for (let i = offsets[e]; i < offsets[e + 1]; i++) {
      returns[e] += dataset.rewards[i];
      distinct.add(states[i + e]);
    }
    const last = offsets[e + 1] - 1;
    if (dataset.terminated[last] === 0) continue;
    const ending = endings[states[last + e + 1]] ||
      endingByReward(mdp, states[last + e], dataset, last);
    if (ending === 0) {
      throw new InputError(
        `episode ${e} of the data set terminates where this environment has neither goal nor ` +
          `hazard: ${OTHER_ENVIRONMENT}`,
      );
    }
    ended[ending]++;
  }
  const { mean, std } = meanAndStd(returns);
  return {
    episodes,
    transitions: dataset.actions.length,
    distinctObservations: distinct.size,
    returnMean: mean,
    returnStd: std,
    cutEpisodes: cutEpisodes(dataset),
    goalRate: ended[1] / episodes,
    hazardRate: ended[2] / episodes,
  };
}

/**
 * How a terminating transition ended, from its reward: 1 goal, 2 hazard, 0 if the
 * environment has no such outcome. d3rlpy dumps do not hold the state it ended in.
 */
function endingByReward(
  mdp: FiniteMdp,
  state: number,
  { actions, rewards }: Dataset,
  transition: number,
): number {
  const first = (state * mdp.actionCount + actions[transition]) *
    mdp.outcomeCount;
  for (let i = first; i < first + mdp.outcomeCount; i++) {
    const fits = mdp.probability[i] > 0 && mdp.ending[i] > 0 &&
      Math.fround(mdp.reward[i]) === rewards[transition];
    if (fits) return mdp.ending[i];
  }
  return 0;
}

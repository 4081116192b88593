/**
 * What a data set holds, in a few numbers.
 *
 * @module
 */

import type { FiniteMdp } from "../mdp/mdp.ts";
import { meanAndStd } from "../numerics/moments.ts";
import type { Dataset } from "./dataset.ts";
import { cutEpisodes } from "./ends.ts";
import { datasetStates } from "./states.ts";
import { outcomeReader } from "./step_outcomes.ts";

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
  /** What the source calls the numbers of an observation, where that is not observation_0 …. */
  readonly observationNames?: readonly string[];
  /** What the source calls the actions, where that is not 0 … A - 1. */
  readonly actionNames?: readonly string[];
  /** Where the environment is known: share of the episodes in which each named outcome happens. */
  readonly [outcome: OutcomeRate]: number;
}

/** An outcome's name and `Rate`. */
export type OutcomeRate = `${string}Rate`;

/**
 * Sums up a data set of a finite MDP. What happened in a step follows from the state that it led to
 * and its reward; for files without final observations, from an episode's last reward alone.
 *
 * @throws {InputError} If the data do not fit the environment: an observation that is no
 *   state, or an episode that terminated where the environment does not.
 */
export function summariseDataset(
  dataset: Dataset,
  mdp: FiniteMdp,
): DatasetSummary {
  const states = datasetStates(dataset, mdp);
  const outcomeOf = outcomeReader(dataset, mdp, states);
  const { episodeOffsets: offsets } = dataset;
  const episodes = offsets.length - 1;
  const returns = new Float64Array(episodes);
  const counts = new Uint32Array(mdp.outcomes.length + 1);
  const distinct = new Set<number>();
  for (let e = 0; e < episodes; e++) {
    const happened = new Set<number>();
    for (let i = offsets[e]; i < offsets[e + 1]; i++) {
      returns[e] += dataset.rewards[i];
      distinct.add(states[i + e]);
      happened.add(outcomeOf(e, i));
    }
    for (const n of happened) counts[n]++;
  }
  const { mean, std } = meanAndStd(returns);
  const rates = mdp.outcomes.map((
    { name },
    n,
  ): [OutcomeRate, number] => [`${name}Rate`, counts[n + 1] / episodes]);
  return {
    episodes,
    transitions: dataset.actions.length,
    distinctObservations: distinct.size,
    returnMean: mean,
    returnStd: std,
    cutEpisodes: cutEpisodes(dataset),
    ...Object.fromEntries(rates),
  };
}

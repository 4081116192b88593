/**
 * The maximum-likelihood model of a data set: what was counted, as a finite MDP.
 *
 * @module
 */

import type { Dataset } from "../dataset/dataset.ts";
import { datasetStates, seenStates } from "../dataset/states.ts";
import { mdpRows } from "../mdp/build.ts";
import { canTake, type FiniteMdp } from "../mdp/mdp.ts";

/** Counts of a data set and the model they give. */
export interface CountedModel {
  /**
   * [S, A] N(s, a): how often the action was taken in the state. States with the same observation
   * cannot be told apart: each has the counts of all of them, where it can take the action.
   */
  readonly counts: Uint32Array;
  /**
   * Frequencies of next states and mean rewards. A pair that was never seen has no outcome.
   * Every terminated outcome has the name `end`: only
   * the reward shows what ended an episode. Truncated transitions continue.
   */
  readonly model: FiniteMdp;
}

/**
 * Counts the transitions of a data set.
 *
 * @param dataset Data collected in `mdp`.
 * @param mdp Gives the states, the start and the horizon; its dynamics are not used.
 * @throws {InputError} If an observation is not a state of the MDP.
 *
 * @example How often up was taken at the start
 * ```ts
 * import { collectDataset, countModel, makeEnvironment, startStates } from "@holdfast/offline-rl";
 * import { ok } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const { counts } = countModel(collectDataset(mdp, behaviour, 50, 42), mdp);
 * ok(counts[startStates(mdp)[0] * mdp.actionCount] >= 50);
 * ```
 */
export function countModel(dataset: Dataset, mdp: FiniteMdp): CountedModel {
  const { stateCount, actionCount } = mdp;
  const states = datasetStates(dataset, mdp);
  const counts = new Uint32Array(stateCount * actionCount);
  const taken = counts.slice();
  // Per pair: outcome (next state and whether it terminated) -> how often, sum of rewards.
  const seen = Array.from(
    counts,
    () => new Map<number, { n: number; rewards: number }>(),
  );
  const { episodeOffsets: offsets } = dataset;
  for (let e = 0; e + 1 < offsets.length; e++) {
    for (let i = offsets[e]; i < offsets[e + 1]; i++) {
      const pair = states[i + e] * actionCount + dataset.actions[i];
      const outcome = states[i + e + 1] * 2 + dataset.terminated[i];
      const entry = seen[pair].get(outcome) ?? { n: 0, rewards: 0 };
      entry.n++;
      entry.rewards += dataset.rewards[i];
      seen[pair].set(outcome, entry);
      taken[pair]++;
    }
  }
  const rows = mdpRows(stateCount, actionCount);
  const seenAs = seenStates(mdp);
  for (let pair = 0; pair < counts.length; pair++) {
    const state = Math.floor(pair / actionCount);
    const action = pair % actionCount;
    const source = seenAs[state] * actionCount + action;
    if (!canTake(mdp, pair)) continue;
    counts[pair] = taken[source];
    for (
      const [outcome, { n, rewards }] of [...seen[source]].sort((a, b) =>
        a[0] - b[0]
      )
    ) {
      rows.add(state, action, {
        probability: n / counts[pair],
        nextState: Math.floor(outcome / 2),
        reward: rewards / n,
        outcome: outcome % 2,
      });
    }
  }
  return {
    counts,
    model: {
      ...mdp,
      ...rows.finish(),
      outcomes: [{ name: "end", ends: true, unsafe: false }],
    },
  };
}

/**
 * The plots of a run, by file name.
 *
 * @module
 */
import { datasetStates } from "../dataset/states.ts";
import { plotLearningCurves } from "../report/plots/learning_curves.ts";
import { plotPolicyArrows } from "../report/plots/policy_arrows.ts";
import { plotReturnBars, plotSortedReturns } from "../report/plots/returns.ts";
import { plotRewardHistogram } from "../report/plots/reward_histogram.ts";
import { plotStateVisitation } from "../report/plots/state_visitation.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import type { Learnt } from "./learn.ts";
import type { Metrics } from "./metrics.ts";
import type { Problem } from "./problem.ts";

/**
 * Draws every plot that the run has the numbers for.
 *
 * @param learnt By algorithm.
 * @param rolloutReturns Return of each rollout, by algorithm; empty without an environment.
 * @returns [name without ending, SVG] in a fixed order.
 */
export async function plotRun(
  { dataset, environment }: Problem,
  metrics: Metrics,
  learnt: Readonly<Record<string, Learnt>>,
  rolloutReturns: Readonly<Record<string, Float64Array>>,
): Promise<[name: string, svg: string][]> {
  const plots: [string, string][] = [[
    "rewards",
    await plotRewardHistogram(dataset.rewards),
  ]];
  for (const [name, table] of Object.entries(learnt)) {
    plots.push([`training-${name}`, await plotLearningCurves(name, table)]);
  }
  if (environment === null) return plots;
  const visits = stateVisits(dataset, environment.mdp);
  plots.push([
    "visitation",
    await plotStateVisitation(environment.world, visits),
  ]);
  const returns = Object.entries(rolloutReturns).map(([name, returns]) => ({
    name,
    returns,
  }));
  plots.push(["returns", await plotReturnBars(returns)]);
  plots.push(["returns-sorted", await plotSortedReturns(returns)]);
  for (const [name, { greedyActions }] of Object.entries(metrics.policies)) {
    if (greedyActions === undefined) continue;
    const svg = await plotPolicyArrows(
      name,
      environment.world,
      greedyActions.flat(),
      visits,
    );
    plots.push([`policy-${name}`, svg]);
  }
  return plots;
}

/** [S] transitions that begin in each state. */
function stateVisits(dataset: Dataset, mdp: FiniteMdp): Uint32Array {
  const states = datasetStates(dataset, mdp);
  const visits = new Uint32Array(mdp.stateCount);
  const { episodeOffsets } = dataset;
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      visits[states[i + e]]++;
    }
  }
  return visits;
}

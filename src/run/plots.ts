/**
 * The plots of a run, by file name.
 *
 * @module
 */
import type { Dataset } from "../dataset/dataset.ts";
import type { KnownEnvironment } from "../environments/index.ts";
import {
  measureNames,
  unsafeMeasure,
  valueName,
  valueWords,
} from "../evaluation/measures.ts";
import { unsafeName } from "../mdp/mdp.ts";
import {
  type ExactCurve,
  plotExactCurves,
} from "../report/plots/exact_curves.ts";
import type { GridDetails } from "../report/grid_details.ts";
import { plotEpisodes } from "../report/plots/episodes.ts";
import { plotHazardMap } from "../report/plots/hazard_map.ts";
import {
  plotLearningCurves,
  type TrainingTable,
} from "../report/plots/learning_curves.ts";
import { plotPolicyArrows } from "../report/plots/policy_arrows.ts";
import { plotReturnBars, plotSortedReturns } from "../report/plots/returns.ts";
import { plotRewardHistogram } from "../report/plots/reward_histogram.ts";
import { plotStateVisitation } from "../report/plots/state_visitation.ts";
import type { Learnt, LearntPolicy } from "./learn.ts";
import type { Metrics } from "../evaluation/results.ts";
import type { Problem } from "./problem.ts";

/**
 * Draws every plot that the run has the numbers for.
 *
 * @param learnt By algorithm.
 * @param rolloutReturns Return of each rollout, by algorithm; empty without an environment.
 * @param grid From `gridDetails`.
 * @returns [name without ending, SVG] in a fixed order.
 */
export async function plotRun(
  { dataset, environment }: Problem,
  metrics: Metrics,
  learnt: Readonly<Record<string, Learnt<LearntPolicy>>>,
  rolloutReturns: Readonly<Record<string, Float64Array>>,
  grid: GridDetails | null,
): Promise<[name: string, svg: string][]> {
  const plots: [string, string][] = [[
    "rewards",
    await plotRewardHistogram(
      dataset.stored
        ? { [Symbol.iterator]: () => dataset.stored!.rewards() }
        : [dataset.rewards],
    ),
  ]];
  const trained = Object.entries(learnt).filter(([, { rows }]) =>
    rows.length > 0
  );
  for (const [name, table] of trained) {
    const svg = await plotLearningCurves(
      name,
      environment ? lossesOf(table, environment) : table,
    );
    plots.push([`training-${name}`, svg]);
  }
  if (environment === null) return plots;
  const returns = [
    { name: "data", returns: episodeReturns(dataset) },
    ...Object.entries(rolloutReturns).map(([name, returns]) => ({
      name,
      returns,
    })),
  ];
  plots.push(["returns", await plotReturnBars(returns)]);
  plots.push(["returns-sorted", await plotSortedReturns(returns)]);
  if (metrics.environment !== undefined && trained.length > 0) {
    const { optimal } = metrics.environment;
    const { mdp } = environment;
    const value = valueName(mdp);
    const unsafe = unsafeMeasure(mdp);
    const svg = await plotExactCurves(
      "exact-curves",
      trained.map(([name, table]) => exactCurve(name, table, value, unsafe)),
      {
        value: optimal[value] ?? null,
        unsafe: unsafe && (optimal[unsafe] ?? null),
      },
      "Exact values of the greedy policy after each logging interval",
      { value: `expected ${valueWords(value)}`, unsafe: unsafeName(mdp) },
    );
    plots.push(["exact-curves", svg]);
  }
  return grid ? [...plots, ...await plotGrids(grid)] : plots;
}

/** The pictures of the grid: where the data have been, each policy, and some of its rollouts. */
async function plotGrids(
  { grid, visits, policies }: GridDetails,
): Promise<[name: string, svg: string][]> {
  const plots: [string, string][] = [
    ["visitation", await plotStateVisitation(grid, visits)],
  ];
  for (const [name, policy] of Object.entries(policies)) {
    const { actions, hazards, episodes } = policy;
    plots.push(
      [`policy-${name}`, await plotPolicyArrows(name, grid, actions, visits)],
    );
    if (hazards) {
      plots.push([
        `hazard-${name}`,
        await plotHazardMap(name, grid, hazards, actions, visits),
      ]);
    }
    if (episodes.length > 0) {
      plots.push([
        `episodes-${name}`,
        await plotEpisodes(name, grid, episodes),
      ]);
    }
  }
  return plots;
}

/** A training table without the exact values. */
function lossesOf(
  { columns, rows }: TrainingTable,
  { mdp }: KnownEnvironment,
): TrainingTable {
  const exact = measureNames(mdp);
  const kept = columns.flatMap((name, i) => exact.includes(name) ? [] : [i]);
  return {
    columns: kept.map((i) => columns[i]),
    rows: rows.map((row) => kept.map((i) => row[i])),
  };
}

function exactCurve(
  name: string,
  { columns, rows }: TrainingTable,
  valueColumn: string,
  unsafeColumn: string | null,
): ExactCurve {
  const points = rows.map((row) => {
    const at = (column: string) => {
      const value = row[columns.indexOf(column)];
      return { value, low: value, high: value };
    };
    return {
      step: row[0],
      value: at(valueColumn),
      unsafe: unsafeColumn === null ? null : at(unsafeColumn),
    };
  });
  return { name, points };
}

/** [E] undiscounted return of each episode. */
function episodeReturns({ episodeOffsets, rewards }: Dataset): Float64Array {
  const returns = new Float64Array(episodeOffsets.length - 1);
  for (let e = 0; e < returns.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      returns[e] += rewards[i];
    }
  }
  return returns;
}

/**
 * The plots of a run and its report, from what the pipeline has found.
 *
 * @module
 */
import { listFiles } from "../artifacts/manifest.ts";
import { writeArtifact } from "../artifacts/run_directory.ts";
import { canonicalJson } from "../artifacts/json.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { datasetStates } from "../dataset/states.ts";
import { hazardByState } from "../mdp/exact.ts";
import { greedyPolicy } from "../mdp/policy.ts";
import { plotExactCurves } from "../report/plots/exact_curves.ts";
import { plotHazardMap } from "../report/plots/hazard_map.ts";
import { plotLearningCurves } from "../report/plots/learning_curves.ts";
import { plotPolicyArrows } from "../report/plots/policy_arrows.ts";
import { idOf } from "../report/plots/render.ts";
import { plotReturnBars, plotSortedReturns } from "../report/plots/returns.ts";
import { plotRewardHistogram } from "../report/plots/reward_histogram.ts";
import { plotStateVisitation } from "../report/plots/state_visitation.ts";
import { runReportHtml } from "../report/run_report.ts";
import { greedyInStates, type Learnt } from "./learn.ts";
import type { Evaluation } from "./metrics.ts";
import type { KnownEnvironment, Problem } from "./problem.ts";

/** What the pipeline has found. */
export interface RunFindings {
  /** The data and, where it is known, the environment. */
  readonly problem: Problem;
  /** What training left, by algorithm. */
  readonly learnt: Readonly<Record<string, Learnt>>;
  /** The metrics and the returns of the rollouts. */
  readonly evaluation: Evaluation;
}

/** Columns of `training.csv` that are no loss. */
const EXACT_COLUMNS = ["returnMean", "hazardProbability"];

/**
 * Draws every plot of a run.
 *
 * @returns SVG text by file name in `plots/`.
 */
export async function drawRun(
  findings: RunFindings,
): Promise<Record<string, string>> {
  const { problem: { dataset, environment }, learnt, evaluation } = findings;
  const plots: Record<string, string> = {
    "reward-histogram.svg": await plotRewardHistogram(dataset.rewards),
  };
  for (const [name, table] of Object.entries(learnt)) {
    const losses = withoutColumns(table, EXACT_COLUMNS);
    plots[`training-${idOf(name)}.svg`] = await plotLearningCurves(
      name,
      losses,
    );
  }
  if (environment !== null) {
    await drawKnown(plots, findings, environment);
    const returns = [
      { name: "data", returns: episodeReturns(dataset) },
      ...Object.entries(evaluation.rolloutReturns).map(([name, returns]) => ({
        name,
        returns,
      })),
    ];
    plots["returns.svg"] = await plotReturnBars(returns);
    plots["sorted-returns.svg"] = await plotSortedReturns(returns);
  }
  return plots;
}

async function drawKnown(
  plots: Record<string, string>,
  { problem: { dataset }, learnt, evaluation: { metrics } }: RunFindings,
  { mdp, world }: KnownEnvironment,
): Promise<void> {
  const visits = visitsOf(dataset, datasetStates(dataset, mdp), mdp.stateCount);
  plots["state-visitation.svg"] = await plotStateVisitation(world, visits);
  for (const [name, { policy }] of Object.entries(learnt)) {
    const actions = greedyInStates(policy, mdp);
    const hazards = hazardByState(mdp, greedyPolicy(actions, mdp.actionCount));
    plots[`policy-${idOf(name)}.svg`] = await plotPolicyArrows(
      name,
      world,
      actions,
      visits,
    );
    plots[`hazard-${idOf(name)}.svg`] = await plotHazardMap(
      name,
      world,
      hazards,
      actions,
      visits,
    );
  }
  const curves = Object.entries(learnt).map(([name, { columns, rows }]) => ({
    name,
    points: rows.map((row) => {
      const exactly = (column: string) => {
        const value = row[columns.indexOf(column)];
        return { value, low: value, high: value };
      };
      const [returnMean, hazardProbability] = EXACT_COLUMNS.map(exactly);
      return { step: row[0], returnMean, hazardProbability };
    }),
  }));
  if (metrics.environment === undefined) return;
  plots["learning-curves.svg"] = await plotExactCurves(
    curves,
    metrics.environment.optimal,
    "Exact values of the greedy policy after each logging interval",
  );
}

/**
 * Writes `plots/*.svg` and `report.html` into a run's folder, which holds the run's other
 * artifacts already: the report lists their hashes.
 *
 * @throws InputError if they cannot be written.
 */
export async function writePictures(
  out: string,
  findings: RunFindings,
): Promise<void> {
  const plots = await drawRun(findings);
  for (const [file, svg] of Object.entries(plots)) {
    writeArtifact(out, `plots/${file}`, svg);
  }
  const { learnt, evaluation: { metrics } } = findings;
  const hazards = Object.entries(learnt)
    .filter(([, { columns }]) => columns.includes("hazardProbability"))
    .map(([name, { columns, rows }]) => {
      const column = columns.indexOf("hazardProbability");
      return [name, rows.map((row) => row[column])];
    });
  const files = listFiles(out).filter(({ path }) =>
    path !== "timings.json" && path !== "report.html"
  );
  const report = runReportHtml({
    metrics,
    hazardOverTraining: Object.fromEntries(hazards),
    plots,
    configText: canonicalJson(metrics.config),
    files,
  });
  writeArtifact(out, "report.html", report);
}

/** [S] transitions that begin in each state. */
function visitsOf(
  { episodeOffsets }: Dataset,
  states: Int32Array,
  stateCount: number,
): Float64Array {
  const visits = new Float64Array(stateCount);
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      visits[states[i + e]]++;
    }
  }
  return visits;
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

function withoutColumns(
  { columns, rows }: Pick<Learnt, "columns" | "rows">,
  dropped: readonly string[],
): Pick<Learnt, "columns" | "rows"> {
  const kept = columns.flatMap((name, i) => dropped.includes(name) ? [] : [i]);
  return {
    columns: kept.map((i) => columns[i]),
    rows: rows.map((row) => kept.map((i) => row[i])),
  };
}

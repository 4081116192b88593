/**
 * `report.html` of a run: the numbers first, then the plots beside the words that explain them.
 *
 * @module
 */

import type { ManifestFile } from "../artifacts/manifest.ts";
import type { DatasetSummary } from "../dataset/summary.ts";
import type { RolloutResult } from "../evaluation/rollout.ts";
import type { ExactEvaluation } from "../mdp/exact.ts";
import { beside, type Html, html, page, type Section, table } from "./html.ts";
import { idOf } from "./plots/render.ts";
import { decimal, group, oneIn, percent } from "./numbers.ts";

/** Exact values of a policy, from the start state. */
export type ReportedValues = Omit<ExactEvaluation, "returns" | "probabilities">;

/** A learnt policy, as in `metrics.json`. */
export interface ReportedPolicy {
  /** Exact values, where the environment is known. */
  readonly exact?: ReportedValues;
  /** The optimal policy's exact return minus this one's. */
  readonly regret?: number;
  /** Sampled episodes. */
  readonly rollout?: Omit<RolloutResult, "returns">;
  /** Whether the rollouts agree with the exact values. */
  readonly rolloutAgrees?: boolean;
  /** Share of sampled transitions whose action is not the policy's. */
  readonly actionMismatchRate: number;
}

/** What the report is made of: `metrics.json`, the training tables, the plots and the files. */
export interface RunReport {
  /** `metrics.json`, or what of it the report shows. */
  readonly metrics: {
    readonly config: { readonly seed: number };
    readonly environment?: { readonly size: number };
    readonly dataset:
      & Omit<DatasetSummary, "hazardRate" | "goalRate">
      & Partial<DatasetSummary>;
    readonly policies: Readonly<Record<string, ReportedPolicy>>;
    readonly references?: Readonly<Record<string, ReportedValues>>;
  };
  /** Hazard probability at the end of each logging interval, by algorithm. */
  readonly hazardOverTraining: Readonly<Record<string, readonly number[]>>;
  /** SVG text by file name, as in `plots/`. */
  readonly plots: Readonly<Record<string, string>>;
  /** `config.json`. */
  readonly configText: string;
  /** The files of the run whose bytes do not depend on machine and time. */
  readonly files: readonly ManifestFile[];
}

/** What a reference policy is, by its name in `metrics.json`. */
const referenceWords: Readonly<Record<string, string>> = {
  behaviour: "the policy that collected the data",
  mostFrequentAction: "cloning by counting: the commonest action of each cell",
  maximumLikelihood: "value iteration on a model counted from the data",
  spibb: "policy improvement bounded to well-known pairs (SPIBB)",
  optimal: "knows the true environment: nothing can be better",
};

/**
 * Writes the report of a run. It holds nothing of the machine and the time, so that equal
 * runs have equal reports.
 *
 * @returns HTML text.
 */
export function runReportHtml(report: RunReport): string {
  const { metrics } = report;
  const names = Object.keys(metrics.policies);
  const { environment, config } = metrics;
  const where = environment
    ? `a ${environment.size} × ${environment.size} grid`
    : "given data";
  const lead = html`
    <p
      class="muted">Offline learning on ${where}, seed ${config
        .seed}. ${environment
        ? "Values are exact, by dynamic programming, unless they are called rollouts."
        : "The environment is not known, so only what the data tell is shown."}</p>
  `;
  const sections = [
    numbers(report),
    ...names.some((name) => report.plots[`hazard-${idOf(name)}.svg`])
      ? [policies(report)]
      : [],
    training(report),
    ...report.plots["sorted-returns.svg"] ? [episodes(report)] : [],
    data(report),
    provenance(report),
  ];
  return page(`Offline run: ${names.join(", ")}`, lead, sections);
}

function numbers({ metrics }: RunReport): Section {
  const policies = Object.entries(metrics.policies);
  const references = Object.entries(metrics.references ?? {});
  if (references.length === 0) {
    const rows = policies.map(([name, { actionMismatchRate }]) => [
      name,
      percent(actionMismatchRate),
    ]);
    return {
      heading: "Numbers",
      content: [table(["policy", "actions unlike the data's"], rows)],
    };
  }
  const learntRow = ([name, policy]: (typeof policies)[number]) =>
    policy.exact && [
      name,
      ...valueCells(policy.exact),
      decimal(policy.regret ?? NaN),
      percent(policy.actionMismatchRate),
    ];
  const referenceRow = ([name, values]: (typeof references)[number]) => [
    html`${inWords(name)}`,
    ...valueCells(values),
    decimal(metrics.references!.optimal.returnMean - values.returnMean),
    "",
  ];
  const head = [
    "policy",
    "return",
    "± std",
    "CVaR 10 %",
    "CVaR 1 %",
    "hazard",
    "goal",
    "timeout",
    "steps",
    "regret",
    "mismatch",
  ];
  return {
    heading: "Numbers",
    content: [
      cards(metrics),
      table(head, policies.map(learntRow).filter((row) => row !== undefined)),
      html`<h3>From the same data without a network, and the optimum</h3>`,
      table(head, references.map(referenceRow)),
      glossary(references.map(([name]) => name)),
    ],
  };
}

function cards({ policies, references }: RunReport["metrics"]): Html {
  const card = (name: string, values: ReportedValues) =>
    html`<div class="card"><h3>${name}</h3>
<strong>${
      percent(values.hazardProbability)
    }</strong><span>of episodes end in a hazard, ${
      oneIn(values.hazardProbability)
    }</span>
<strong>${
      decimal(values.returnMean)
    }</strong><span>expected return</span></div>`;
  const learnt = Object.entries(policies).flatMap(([name, { exact }]) =>
    exact ? [card(name, exact)] : []
  );
  const optimal = references?.optimal
    ? [card("optimum", references.optimal)]
    : [];
  return html`<div class="cards">${[...learnt, ...optimal]}</div>`;
}

function valueCells(values: ReportedValues): string[] {
  return [
    decimal(values.returnMean),
    decimal(values.returnStd),
    decimal(values.cvar10),
    decimal(values.cvar1),
    percent(values.hazardProbability),
    percent(values.goalProbability),
    percent(values.timeoutProbability),
    decimal(values.lengthMean, 1),
  ];
}

function glossary(references: readonly string[]): Html {
  const terms: [string, string][] = [
    [
      "return, ± std",
      "mean and standard deviation of an episode's sum of rewards, undiscounted",
    ],
    [
      "CVaR 10 %, 1 %",
      "mean return of the worst tenth and hundredth of episodes",
    ],
    ["hazard, goal, timeout", "how often an episode ends in each way"],
    ["steps", "expected length of an episode"],
    ["regret", "expected return that the best policy has more"],
    [
      "mismatch",
      "share of sampled transitions whose action the policy would not take",
    ],
    ...references.flatMap((name): [string, string][] =>
      referenceWords[name] ? [[inWords(name), referenceWords[name]]] : []
    ),
  ];
  return html`<dl>${
    terms.map(([term, words]) =>
      html`
        <dt>${term}</dt>
        <dd>${words}</dd>
      `
    )
  }</dl>`;
}

function policies({ metrics, plots }: RunReport): Section {
  const content = Object.entries(metrics.policies).flatMap(
    ([name, { exact }]) => {
      const svg = plots[`hazard-${idOf(name)}.svg`];
      if (!svg || !exact) return [];
      return [beside(
        svg,
        html`<h3>${name}</h3>`,
        html`<p>Arrows show the greedy action of each cell, pale where the data have never been.
The colour is the exact probability of ending in a hazard for an episode that begins in the cell
and follows the arrows; slips included. The scale is the same for every policy and logarithmic.</p>`,
        html`<p>From the start, ${name} ends in a hazard with probability ${
          percent(exact.hazardProbability)
        }: ${
          oneIn(exact.hazardProbability)
        }. It reaches the goal with probability ${
          percent(exact.goalProbability)
        } and takes ${decimal(exact.lengthMean, 1)} steps on average.</p>`,
      )];
    },
  );
  return { heading: "What the policies do", content };
}

function training({ plots, hazardOverTraining }: RunReport): Section {
  const exact = plots["learning-curves.svg"];
  const ranges = Object.entries(hazardOverTraining).map(([name, hazards]) => {
    const late = hazards.slice(Math.floor(hazards.length / 2));
    const low = late.reduce((a, b) => Math.min(a, b));
    const high = late.reduce((a, b) => Math.max(a, b));
    return html`<p>In the second half of training, the hazard probability of ${name} lies between ${
      percent(low)
    } and ${percent(high)}.</p>`;
  });
  const losses = Object.entries(plots)
    .filter(([file]) => file.startsWith("training-"))
    .map(([file, svg]) =>
      beside(
        svg,
        html`<h3>Loss of ${
          file.slice("training-".length, -".svg".length)
        }</h3>`,
        html`<p>Means over each logging interval, as in <code>training.csv</code>. A loss says how
well the learner fits its targets, not how good or safe its policy is.</p>`,
      )
    );
  return {
    heading: "Training",
    content: [
      ...exact
        ? [beside(
          exact,
          html`<h3>What the policies are worth while they learn</h3>`,
          html`<p>The greedy policy is evaluated exactly after each logging interval. Nothing of this
takes part in training or in choosing a policy. Where a curve still jumps at its end, the final
policy is a matter of luck.</p>`,
          ...ranges,
        )]
        : [],
      ...losses,
    ],
  };
}

function episodes({ metrics, plots }: RunReport): Section {
  const checks = Object.entries(metrics.policies).flatMap(
    ([name, { rollout, exact, rolloutAgrees }]) =>
      rollout && exact
        ? [[
          name,
          group(rollout.episodes),
          `${decimal(rollout.returnMean)} ± ${decimal(rollout.returnStd)}`,
          decimal(exact.returnMean),
          percent(rollout.hazardRate),
          percent(exact.hazardProbability),
          rolloutAgrees ? "yes" : "no",
        ]]
        : [],
  );
  return {
    heading: "Sampled episodes",
    content: [
      table(
        [
          "policy",
          "rollouts",
          "return",
          "exact return",
          "hazard",
          "exact hazard",
          "agree",
        ],
        checks,
      ),
      html`
        <p
          class="muted">They agree if the rollouts' mean return lies within four standard errors
        of the exact one. A few dozen rollouts cannot show a hazard of one percent: that is why the
        exact values come first.</p>
      `,
      beside(
        plots["returns.svg"],
        html`<h3>Mean return</h3>`,
        html`<p>Episodes of the data beside rollouts of the learnt policies. The lines are standard
deviations of single episodes: long ones mean that rare disasters make up the mean.</p>`,
      ),
      beside(
        plots["sorted-returns.svg"],
        html`<h3>Every episode</h3>`,
        html`<p>Returns from the worst to the best. A policy is safe if its line has no drop at the
left.</p>`,
      ),
    ],
  };
}

function data({ metrics, plots }: RunReport): Section {
  const { dataset } = metrics;
  const visits = plots["state-visitation.svg"];
  const ends =
    dataset.hazardRate === undefined || dataset.goalRate === undefined ? [] : [
      html`<p>${
        percent(dataset.hazardRate)
      } of the episodes end in a hazard and ${
        percent(dataset.goalRate)
      } at the goal.</p>`,
    ];
  const counts = html`<p>${group(dataset.episodes)} episodes with ${
    group(dataset.transitions)
  } transitions in ${
    group(dataset.distinctObservations)
  } different states; mean return ${decimal(dataset.returnMean)} ± ${
    decimal(dataset.returnStd)
  }.</p>`;
  return {
    heading: "The data",
    content: [
      ...visits
        ? [beside(
          visits,
          html`<h3>Where the data have been</h3>`,
          counts,
          ...ends,
          html`<p>A policy knows nothing of blank cells, and little of pale ones.</p>`,
        )]
        : [counts],
      beside(
        plots["reward-histogram.svg"],
        html`<h3>Rewards</h3>`,
        html`<p>How often each reward occurs in the data. Rare rewards are what is hard to learn
from.</p>`,
      ),
    ],
  };
}

function provenance({ configText, files }: RunReport): Section {
  return {
    heading: "Configuration and files",
    content: [
      html`<p>The same configuration gives the same bytes of each of these files, and of this
report, on any machine and backend. <code>manifest.json</code> names the versions and the
backend of this run.</p>`,
      html`<pre>${configText}</pre>`,
      table(
        ["file", "bytes", "SHA-256"],
        files.map(({ path, bytes, sha256 }) => [
          path,
          group(bytes),
          html`<span class="hash">${sha256}</span>`,
        ]),
      ),
    ],
  };
}

/** `mostFrequentAction` as "most frequent action"; SPIBB stays capital. */
function inWords(name: string): string {
  if (name === "spibb") return "SPIBB";
  return name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

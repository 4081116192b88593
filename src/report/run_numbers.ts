/**
 * The numbers of a run's report: what comes first.
 *
 * @module
 */

import { unsafeName } from "../mdp/mdp.ts";
import type { ExactMetrics, Metrics } from "../evaluation/results.ts";
import { lastCheckpoints, type TrainingValues } from "./checkpoints.ts";
import { fragment, type Html, type Section, table } from "./html.ts";
import { decimal, percent } from "./numbers.ts";

/** What a reference policy is, by its name in `metrics.json`. */
const policyMeaning: Readonly<Record<string, string>> = {
  behaviour: "the policy that collected the data",
  mostFrequentAction: "cloning by counting: the commonest action of each cell",
  maximumLikelihoodModel: "value iteration on a model counted from the data",
  spibb:
    "SPIBB: the counted model's best where a pair was seen often, elsewhere as the data do",
  optimal: "knows the true environment: nothing can be better",
};

const exactColumns = (outcomes: readonly string[]) => [
  "policy",
  "return",
  "± std",
  "CVaR 10 %",
  "CVaR 1 %",
  ...outcomes,
  "timeout",
  "steps",
  "regret",
  "mismatch",
];

/**
 * The section of a run's numbers.
 *
 * @param training Exact values over the training, by algorithm.
 */
export function runNumbers(
  metrics: Metrics,
  training: Readonly<Record<string, TrainingValues>>,
): Section {
  const policies = Object.entries(metrics.policies);
  if (metrics.references === undefined) {
    const rows = policies.map(([name, { actionMismatchRate }]) => [
      name,
      percent(actionMismatchRate),
    ]);
    return {
      heading: "Numbers",
      content: [table(["policy", "actions unlike the data's"], { rows })],
    };
  }
  const references = Object.entries(metrics.references);
  const best = metrics.references.optimal.returnMean;
  const outcomes = outcomeNames(metrics);
  const cells = (name: string, values: ExactMetrics, mismatch: string) => [
    name,
    decimal(values.returnMean!),
    decimal(values.returnStd!),
    decimal(values.cvar10!),
    decimal(values.cvar1!),
    ...outcomes.map((outcome) => percent(values[`${outcome}Probability`])),
    percent(values.timeoutProbability),
    decimal(values.lengthMean!, 1),
    decimal(best! - values.returnMean!),
    mismatch,
  ];
  const learnt = policies.flatMap(([name, { exact, actionMismatchRate }]) =>
    exact ? [cells(name, exact, percent(actionMismatchRate))] : []
  );
  const counted = references.map(([name, values]) => cells(name, values, ""));
  return {
    heading: "Numbers",
    content: [
      cards(metrics, training),
      table(
        exactColumns(outcomes),
        { title: "learnt", rows: learnt },
        { title: "without a network", rows: counted },
      ),
      glossary(outcomes, references.map(([name]) => name)),
    ],
  };
}

/** Names of what can happen, in the order of the tables. */
export function outcomeNames({ environment }: Metrics): string[] {
  return environment?.outcomes.map(({ name }) => name) ?? [];
}

function cards(
  metrics: Metrics,
  training: Readonly<Record<string, TrainingValues>>,
): Html {
  const { policies, references } = metrics;
  const outcomes = outcomeNames(metrics);
  const unsafe = metrics.environment ? unsafeName(metrics.environment) : "";
  const learnt = Object.entries(policies).flatMap(([name, { exact }]) => {
    if (!exact) return [];
    const range = training[name]
      ? [checkpointLine(unsafe, training[name])]
      : [];
    return [card(name, outcomes, exact, range)];
  });
  const optimal = references?.optimal
    ? [card("optimal", outcomes, references.optimal, [])]
    : [];
  return fragment`<div class="cards">${[...learnt, ...optimal]}</div>`;
}

/** A policy that never arrives meets no hazard either: all that can happen stands together. */
function card(
  name: string,
  outcomes: readonly string[],
  values: ExactMetrics,
  range: readonly Html[],
): Html {
  const lines = outcomes.map((outcome) =>
    fragment`<strong>${
      percent(values[`${outcome}Probability`])
    }</strong><span>${outcome}</span>
`
  );
  return fragment`<div class="card"><h3>${name}</h3>
${lines}<span>time runs out in ${percent(values.timeoutProbability)}</span>
<strong>${decimal(values.returnMean!)}</strong><span>expected return</span>${[
    ...range,
  ]}
</div>`;
}

function checkpointLine(
  unsafe: string,
  { returnMean, unsafeProbability }: TrainingValues,
): Html {
  const risk = lastCheckpoints(unsafeProbability);
  const value = lastCheckpoints(returnMean);
  return fragment`
<span class="range">last ${risk.count} checkpoints:</span>
<span>${unsafe} ${percent(risk.low)} to ${percent(risk.high)}, median ${
    percent(risk.median)
  }</span>
<span>return ${decimal(value.low)} to ${decimal(value.high)}, median ${
    decimal(value.median)
  }</span>`;
}

function glossary(
  outcomes: readonly string[],
  references: readonly string[],
): Html {
  const terms: [string, string][] = [
    [
      "return, ± std",
      "mean and standard deviation of an episode's sum of rewards, undiscounted",
    ],
    [
      "CVaR 10 %, 1 %",
      "mean return of the worst tenth and hundredth of episodes",
    ],
    [
      [...outcomes, "timeout"].join(", "),
      "how often each happens in an episode",
    ],
    ["steps", "expected length of an episode"],
    ["regret", "expected return that the best policy has more"],
    [
      "mismatch",
      "share of sampled transitions whose action the policy would not take",
    ],
    ...references.flatMap((name): [string, string][] =>
      policyMeaning[name] ? [[name, policyMeaning[name]]] : []
    ),
  ];
  const list = terms.map(([term, words]) =>
    fragment`<dt>${term}</dt><dd>${words}</dd>`
  );
  return fragment`<dl>\n${list}\n</dl>`;
}

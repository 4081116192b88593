/**
 * The numbers of a run's report: what comes first.
 *
 * @module
 */

import { unsafeName } from "../mdp/mdp.ts";
import {
  type ExactMetrics,
  type Metrics,
  type OutcomeProbability,
  unendedName,
} from "../evaluation/results.ts";
import {
  type ValueName,
  valueName,
  valueWords,
} from "../evaluation/measures.ts";
import { referenceLabel } from "../evaluation/study_results.ts";
import { lastCheckpoints, type TrainingValues } from "./checkpoints.ts";
import { fragment, type Html, type Section, table } from "./html.ts";
import { decimal, digitsFor, orDash, percent } from "./numbers.ts";

/** What a reference policy is, by its name in `metrics.json`. */
const policyMeaning: Readonly<Record<string, string>> = {
  behaviour: "the policy that collected the data",
  mostFrequentAction: "cloning by counting: the commonest action of each state",
  maximumLikelihoodModel: "value iteration on a model counted from the data",
  spibb:
    "SPIBB: the counted model's best where a pair was seen often, elsewhere as the data do",
  optimal: "knows the true environment: nothing can be better",
};

/** A column of exact values. */
export interface ExactColumn {
  /** Its name. */
  readonly head: string;
  /** What stands in it. */
  readonly of: (values: ExactMetrics) => string;
  /** Whether it is one of the few that a terminal shows. */
  readonly isBrief: boolean;
}

/** The columns of exact values in a run's world: what no policy has a number for is left out. */
export function exactColumns(metrics: Metrics): ExactColumn[] {
  const { environment, references, policies } = metrics;
  if (environment === undefined) return [];
  const all = [
    ...Object.values(references ?? {}),
    ...Object.values(policies).flatMap(({ exact }) => exact ? [exact] : []),
  ];
  const value = valueOf(metrics);
  const number = (
    head: string,
    key: NumberKey,
    digits = valueDigits(metrics),
  ): ExactColumn[] =>
    all.every((values) => (values[key] ?? null) === null) ? [] : [{
      head,
      of: (values) => orDash(values[key], (x) => decimal(x, digits)),
      isBrief: key === value || key === "lengthMean",
    }];
  const share = (head: string, key: OutcomeProbability): ExactColumn => ({
    head,
    of: (values) => percent(values[key]),
    isBrief: true,
  });
  const unended = unendedName(environment);
  const isDiscounted = environment.discount < 1;
  return [
    ...number("discounted return", "discountedReturnMean"),
    ...number("± std", "discountedReturnStd"),
    ...number("return", "returnMean"),
    ...(isDiscounted ? [] : number("± std", "returnStd")),
    ...number("CVaR 10 %", "cvar10"),
    ...number("CVaR 1 %", "cvar1"),
    ...environment.outcomes.map(({ name }) =>
      share(name, `${name}Probability`)
    ),
    share(UNENDED_WORDS[unended], `${unended}Probability`),
    ...number("steps", "lengthMean", 1),
  ];
}

/** A number of {@link ExactMetrics} that may not be there. */
type NumberKey = Extract<
  keyof ExactMetrics,
  `${string}${"Mean" | "Std"}` | "cvar10" | "cvar1"
>;

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
  const value = valueOf(metrics);
  const best = metrics.references.optimal[value] ?? null;
  const columns = exactColumns(metrics);
  const digits = valueDigits(metrics);
  const cells = (name: string, values: ExactMetrics, mismatch: string) => [
    name,
    ...columns.map(({ of }) => of(values)),
    orDash(values[value], (mine) => decimal((best ?? NaN) - mine, digits)),
    mismatch,
  ];
  const learnt = policies.flatMap(([name, { exact, actionMismatchRate }]) =>
    exact ? [cells(name, exact, percent(actionMismatchRate))] : []
  );
  const counted = references.map(([name, values]) =>
    cells(referenceLabel(name, Object.keys(metrics.policies)), values, "")
  );
  return {
    heading: "Numbers",
    content: [
      cards(metrics, training),
      table(
        ["policy", ...columns.map(({ head }) => head), "regret", "mismatch"],
        { title: "learnt", rows: learnt },
        { title: "without a network", rows: counted },
      ),
      glossary(metrics, columns, references.map(([name]) => name)),
    ],
  };
}

/** Names of what can happen, in the order of the tables. */
export function outcomeNames({ environment }: Metrics): string[] {
  return environment?.outcomes.map(({ name }) => name) ?? [];
}

/** By which of its exact values a policy of this run is judged. */
export function valueOf({ environment }: Metrics): ValueName {
  return valueName(environment ?? { discount: 1 });
}

/** Decimals of that value. */
export function valueDigits(metrics: Metrics): number {
  const value = valueOf(metrics);
  return digitsFor(
    Object.values(metrics.references ?? {}).map((values) => values[value]),
  );
}

/** What becomes of episodes that nothing ends, in words. */
export const UNENDED_WORDS = { timeout: "timeout", neverEnds: "never ends" };

function cards(
  metrics: Metrics,
  training: Readonly<Record<string, TrainingValues>>,
): Html {
  const { policies, references } = metrics;
  const learnt = Object.entries(policies).flatMap(([name, { exact }]) => {
    if (!exact) return [];
    const range = training[name]
      ? [checkpointLine(metrics, training[name])]
      : [];
    return [card(name, metrics, exact, range)];
  });
  const optimal = references?.optimal
    ? [card("optimal", metrics, references.optimal, [])]
    : [];
  return fragment`<div class="cards">${[...learnt, ...optimal]}</div>`;
}

/** A policy that never arrives meets no hazard either: all that can happen stands together. */
function card(
  name: string,
  metrics: Metrics,
  values: ExactMetrics,
  range: readonly Html[],
): Html {
  const value = valueOf(metrics);
  const digits = valueDigits(metrics);
  const unended = unendedName(metrics.environment ?? { horizon: 1 });
  const words = unended === "timeout"
    ? "time runs out in"
    : "goes on for ever in";
  const lines = outcomeNames(metrics).map((outcome) =>
    fragment`<strong>${
      percent(values[`${outcome}Probability`])
    }</strong><span>${outcome}</span>
`
  );
  return fragment`<div class="card"><h3>${name}</h3>
${lines}<span>${words} ${percent(values[`${unended}Probability`])}</span>
<strong>${
    orDash(values[value], (mean) => decimal(mean, digits))
  }</strong><span>expected ${valueWords(value)}</span>${[
    ...range,
  ]}
</div>`;
}

function checkpointLine(
  metrics: Metrics,
  { value, unsafe }: TrainingValues,
): Html {
  const words = valueWords(valueOf(metrics));
  const digits = valueDigits(metrics);
  const write = (value: number) => decimal(value, digits);
  const range = lastCheckpoints(value);
  const name = metrics.environment && unsafeName(metrics.environment);
  const risk = unsafe && lastCheckpoints(unsafe);
  const risks = risk && name
    ? [fragment`
<span>${name} ${rangeWords(risk, percent)}</span>`]
    : [];
  return fragment`
<span class="range">last ${range.count} checkpoints:</span>${risks}
<span>${words} ${rangeWords(range, write)}</span>`;
}

function rangeWords(
  { low, high, median }: Record<"low" | "high" | "median", number>,
  write: (value: number) => string,
): string {
  const [from, to] = [write(low), write(high)];
  return from === to ? from : `${from} to ${to}, median ${write(median)}`;
}

function glossary(
  metrics: Metrics,
  columns: readonly ExactColumn[],
  references: readonly string[],
): Html {
  const has = (head: string) => columns.some((column) => column.head === head);
  const discount = metrics.environment?.discount ?? 1;
  const returns: [string, string] = [
    discount < 1 ? "return" : "return, ± std",
    `mean${
      discount < 1 ? "" : " and standard deviation"
    } of an episode's sum of rewards, undiscounted`,
  ];
  const unended = UNENDED_WORDS[
    unendedName(metrics.environment ?? { horizon: 1 })
  ];
  const terms: [string, string][] = [
    ...(discount < 1
      ? [[
        "discounted return, ± std",
        `mean and standard deviation of the sum of rewards, discounted by ${discount} a step`,
      ] as [string, string]]
      : []),
    ...has("return") ? [returns] : [],
    ...has("CVaR 10 %")
      ? [[
        "CVaR 10 %, 1 %",
        "mean return of the worst tenth and hundredth of episodes",
      ] as [string, string]]
      : [],
    [
      [...outcomeNames(metrics), unended].join(", "),
      "how often each happens in an episode",
    ],
    ["steps", "expected length of an episode"],
    [
      "regret",
      `expected ${valueWords(valueOf(metrics))} that the best policy has more`,
    ],
    [
      "mismatch",
      "share of sampled transitions whose action the policy would not take",
    ],
    ...references.flatMap((name): [string, string][] => {
      const meaning = name === "behaviour" && metrics.config.dataset.sha256
        ? "the environment's own; the data came from a file and need not be its"
        : policyMeaning[name];
      const label = referenceLabel(name, Object.keys(metrics.policies));
      return meaning ? [[label, meaning]] : [];
    }),
  ];
  const list = terms.map(([term, words]) =>
    fragment`<dt>${term}</dt><dd>${words}</dd>`
  );
  return fragment`<dl>\n${list}\n</dl>`;
}

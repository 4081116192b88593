/**
 * `report.html` of a study: the numbers first, then the plots beside the words that explain
 * them.
 *
 * @module
 */

import type { ManifestFile } from "../artifacts/manifest.ts";
import {
  beside,
  fragment,
  type Html,
  type HtmlPart,
  page,
  paragraphs,
  type Section,
  table,
} from "./html.ts";
import { decimal, percent } from "./numbers.ts";
import type { Interval } from "./plots/exact_curves.ts";
import { fileTable } from "./run_report.ts";
import { type StudyPlotKind, studyPlotName } from "./study_plots.ts";
import {
  policyLabel,
  type StudyPolicy,
  type StudyPolicyName,
  studyQuantities,
  studyQuantityNames,
  type StudyValues,
} from "./study_values.ts";

/** What the report is made of. */
export interface StudyReport {
  /** `study.json`. */
  readonly values: StudyValues;
  /** SVG text by name, as drawn by `plotStudy`. */
  readonly plots: Readonly<Record<string, string>>;
  /** The study's configuration as JSON text. */
  readonly configText: string;
  /** The files of the study whose bytes do not depend on machine and time. */
  readonly files: readonly ManifestFile[];
}

/**
 * Writes the report of a study. It holds nothing of the machine and the time, so that equal
 * studies have equal reports.
 *
 * @returns HTML text.
 */
export function studyReportHtml(report: StudyReport): string {
  const { values, configText, files } = report;
  const presets = presetsOf(values);
  const { seeds } = values.study;
  const learners = values.policies.filter(({ kind }) => kind === "learner");
  const names = learners.map((policy) => policyLabel(policy, presets));
  const lead = paragraphs(
    `Seeds ${
      seedList(seeds)
    }. Every seed draws its own hazards, data, network and minibatches. ` +
      "Values are exact, by dynamic programming. Brackets are 95 % intervals by the stratified " +
      `bootstrap with ${values.bootstrapReplicates} draws of the seeds.`,
  );
  const provenance: Section = {
    heading: "Configuration and files",
    content: [fragment`<pre>${configText}</pre>`, fileTable(files)],
  };
  return page(`Study: ${names.join(", ")}`, lead, [
    numbers(values, learners, presets),
    ...values.groups.map((_, index) => groupSection(report, index)),
    provenance,
  ]);
}

function presetsOf({ policies }: StudyValues): string[] {
  return [...new Set(policies.map(({ preset }) => preset))];
}

/** `0 to 9`, or all of them. */
function seedList(seeds: readonly number[]): string {
  const [first] = seeds;
  const last = seeds[seeds.length - 1];
  const isRange = seeds.every((seed, i) => seed === first + i);
  return isRange && seeds.length > 2 ? `${first} to ${last}` : seeds.join(", ");
}

function numbers(
  values: StudyValues,
  learners: readonly StudyPolicy[],
  presets: readonly string[],
): Section {
  // References of presets with the same environment and data are equal: told once a group.
  const firsts = values.groups.map(({ presets: [first] }) => first);
  const references = values.policies.filter(({ kind, preset }) =>
    kind === "reference" && firsts.includes(preset)
  );
  const labels = firsts.length > 1 ? presets : [];
  const row = (policy: StudyPolicy): HtmlPart[] => {
    const { returnMean, hazardProbability, cvar10 } = policy.aggregates;
    return [
      policyLabel(policy, policy.kind === "learner" ? presets : labels),
      withInterval(returnMean.interquartileMean, decimal),
      withInterval(returnMean.optimalityGap, decimal),
      decimal(returnMean.worst),
      withInterval(hazardProbability.interquartileMean, percent),
      withInterval(hazardProbability.median, percent),
      percent(hazardProbability.worst),
      withInterval(cvar10.interquartileMean, decimal),
    ];
  };
  const head = [
    "policy",
    "return, IQM",
    "gap to optimum",
    "worst seed",
    "hazard, IQM",
    "median",
    "worst seed",
    "CVaR 10 %, IQM",
  ];
  return {
    heading: "Numbers",
    content: [
      cards(learners, presets),
      table(
        head,
        { title: "learnt", rows: learners.map(row) },
        {
          title: "without a network",
          rows: references.map(row),
        },
      ),
      paragraphs(
        "IQM is the interquartile mean: the mean of the middle half of the seeds, which a single " +
          "lucky or unlucky seed does not move. The gap is the mean shortfall from the best " +
          "expected return of the same seed. The worst seed is what a user of one run may meet.",
      ),
    ],
  };
}

function cards(
  learners: readonly StudyPolicy[],
  presets: readonly string[],
): Html {
  const list = learners.map((policy) => {
    const { hazardProbability, returnMean } = policy.aggregates;
    return fragment`<div class="card"><h3>${policyLabel(policy, presets)}</h3>
<strong>${
      percent(hazardProbability.median.value)
    }</strong><span>hazard probability, median seed</span>
<strong>${
      percent(hazardProbability.worst)
    }</strong><span>hazard probability, worst seed</span>
<strong>${
      decimal(returnMean.interquartileMean.value)
    }</strong><span>expected return, IQM</span>
</div>`;
  });
  return fragment`<div class="cards">${list}</div>`;
}

/** `21.43` above `[21.30, 21.50]`. */
function withInterval(
  { value, low, high }: Interval,
  write: (value: number) => string,
): Html {
  // One percent sign is enough.
  const from = write(low).replace(/ %$/, "");
  return fragment`${write(value)}<small>[${from}, ${write(high)}]</small>`;
}

function groupSection({ values, plots }: StudyReport, index: number): Section {
  const group = values.groups[index];
  const figure = (kind: StudyPlotKind, heading: string, ...texts: string[]) => {
    const svg = plots[studyPlotName(kind, group.presets)];
    return svg ? [beside(svg, heading, ...texts)] : [];
  };
  const higher =
    "A line that is higher everywhere is better; lines that cross say that neither is. ";
  return {
    heading: values.groups.length === 1
      ? "Comparison"
      : `Comparison: ${group.presets.join(", ")}`,
    content: [
      ...figure(
        "intervals",
        "What is known of each policy",
        "A bar spans the values that the seeds leave plausible for the interquartile mean. " +
          "Policies whose bars overlap widely are not told apart by this study.",
      ),
      ...figure(
        "curves",
        "What the learners are worth while they learn",
        "Exact values after each logging interval. Nothing of this takes part in training or " +
          "in choosing a policy.",
      ),
      ...figure("profiles", "Expected return, seed by seed", higher),
      ...figure(
        "profiles-hazard",
        "Hazard probability, seed by seed",
        higher + "The right end of a line shows its worst seeds.",
      ),
      ...figure("profiles-cvar10", "Worst tenth, seed by seed", higher),
      comparisons(values, index),
    ],
  };
}

/** A table of how likely one policy does better than another, learners on either side. */
function comparisons({ policies, groups }: StudyValues, index: number): Html {
  const { comparisons, presets } = groups[index];
  const isLearner = ({ preset, policy }: StudyPolicyName) =>
    policies.some((other) =>
      other.kind === "learner" && other.preset === preset &&
      other.policy === policy
    );
  const labelOf = (name: StudyPolicyName) =>
    policyLabel(name, isLearner(name) ? presets : []);
  const rows = comparisons
    .filter(({ better, than }) => isLearner(better) || isLearner(than))
    .map(({ better, than, probability }) => [
      `${labelOf(better)} over ${labelOf(than)}`,
      ...studyQuantityNames.map((quantity) =>
        withInterval(probability[quantity], percent)
      ),
    ]);
  if (rows.length === 0) return fragment``;
  const head = [
    "better",
    ...studyQuantityNames.map((quantity) => studyQuantities[quantity].title),
  ];
  return fragment`<h3>Probability of improvement</h3>
${
    paragraphs(
      "How likely a seed of the first policy does better than a seed of the second, ties counted " +
        "half: 50 % is no difference.",
    )
  }
${table(head, { rows })}`;
}

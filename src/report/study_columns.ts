/**
 * The columns in which a study's policies are shown.
 *
 * @module
 */
import type {
  Estimate,
  PolicyAggregates,
  StudyResult,
} from "../evaluation/study_results.ts";
import { unsafeName } from "../mdp/mdp.ts";
import { fragment, type Html, type HtmlPart } from "./html.ts";
import { percent, significant } from "./numbers.ts";
import {
  returnWriter,
  studyQuantities,
  supportWords,
  worthWords,
} from "./study_words.ts";

/** A column of a policy's statistics. */
export interface StudyColumn {
  /** Its name. */
  readonly head: string;
  /** What stands in it. */
  readonly of: (policy: PolicyAggregates) => HtmlPart;
}

/** The columns of a study, in their order. */
export function studyColumns(values: StudyResult): StudyColumn[] {
  const unsafe = unsafeName(values);
  const [value] = values.quantities;
  const write = returnWriter(values);
  const isLog = isOfLog(values);
  const others = isLog ? studyQuantities(values).slice(1) : [];
  const column = (
    head: string,
    of: (policy: PolicyAggregates) => HtmlPart,
  ): StudyColumn => ({ head, of });
  const risk = ({ aggregates }: PolicyAggregates) =>
    aggregates[`${unsafe}Probability`];
  return [
    ...isLog
      ? [column("supported", (policy) => supportWords(policy, values))]
      : [],
    column(
      `${worthWords(values)}, IQM`,
      ({ aggregates }) =>
        withInterval(aggregates[value].interquartileMean, write),
    ),
    column(
      // Two words are wide.
      value === "returnMean" ? "worst return" : isLog ? "worst seed" : "worst",
      ({ aggregates }) => write(aggregates[value].worst.value),
    ),
    ...isLog
      ? []
      : [column("gap", ({ aggregates }) =>
        write(aggregates[value].optimalityGap!))],
    ...others.map(({ quantity, title }) =>
      column(title, ({ aggregates }) =>
        withInterval(
          aggregates[quantity].interquartileMean,
          (x) => significant(x, 4),
        ))
    ),
    ...unsafe === null ? [] : [
      column(unsafe, (policy) => withInterval(risk(policy).median, percent)),
      column(`mean ${unsafe}`, (policy) => percent(risk(policy).mean)),
      column(`worst ${unsafe}`, (policy) => percent(risk(policy).worst.value)),
    ],
    ...endNames(values).map((name, i) =>
      column(name, ({ ends }) => percent(Object.values(ends)[i]))
    ),
    ...values.quantities.includes("cvar10")
      ? [
        column("CVaR 10 %, IQM", ({ aggregates }) =>
          withInterval(aggregates.cvar10.interquartileMean, write)),
      ]
      : [],
  ];
}

/** Whether no world is known. */
export function isOfLog({ study: { presets } }: StudyResult): boolean {
  return Object.values(presets).some(({ environment }) => environment === null);
}

/** What can happen that is not unsafe, and what becomes of episodes that nothing ends. */
export function endNames({ policies: [{ ends }] }: StudyResult): string[] {
  return Object.keys(ends).map((key) =>
    key === "neverEndsProbability"
      ? "never ends"
      : key.replace(/Probability$/, "")
  );
}

/** `21.43` above `[21.30, 21.50]`. */
export function withInterval(
  { value, low, high }: Estimate,
  write: (value: number) => string,
): Html {
  if (low === null || high === null) return fragment`${write(value)}`;
  // One percent sign is enough.
  const from = write(low).replace(/ %$/, "");
  return fragment`${write(value)}<small>[${from}, ${write(high)}]</small>`;
}

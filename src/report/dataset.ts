/**
 * A data set's report as text.
 *
 * @module
 */

import type { DatasetReport, Spread } from "../dataset/inspect.ts";
import { visible } from "../visible.ts";
import { group, percent, significant } from "./numbers.ts";
import { formatTable, type Output, style } from "./terminal.ts";

/** How many actions and observation columns are shown. */
const SHOWN = 20;

/**
 * The report in lines for people.
 *
 * @param output Where it will go; decides about styles.
 * @param name Name of the data set.
 * @param report What {@link inspectDataset} returned.
 */
export function formatReport(
  output: Output,
  name: string,
  report: DatasetReport,
): string {
  const { ends, transitions, actionCounts, actionNames, suspicious } = report;
  const { allowedActions } = report;
  const line = (label: string, value: string) =>
    `${label.padEnd(14)} ${value}\n`;
  const spreads: [string, Spread][] = [
    ["episode length", report.length],
    ["return", report.return],
    ["reward", report.reward],
    ...(report.propensity
      ? [["propensity", report.propensity] as [string, Spread]]
      : []),
    ...report.observations.slice(0, SHOWN).map((
      spread,
      d,
    ): [string, Spread] => [
      visible(report.observationNames?.[d] ?? `observation ${d}`, 40),
      spread,
    ]),
  ];
  const rows = spreads.map(([label, { min, mean, std, max }]) => [
    label,
    ...[min, mean, std, max].map((value) => significant(value, 6)),
  ]);
  const actions = actionCounts.slice(0, SHOWN).map((count, action) => [
    `action ${visible(actionNames[action], 40)}`,
    group(count),
    percent(count / transitions),
  ]);
  const more = (count: number) =>
    count > SHOWN ? `… and ${count - SHOWN} more\n` : "";
  return [
    `${style(output, "bold", visible(name))}\n`,
    line("episodes", group(report.episodes)),
    line("transitions", group(transitions)),
    line(
      "ends",
      `${ends.terminated} terminated, ${ends.truncated} truncated, ` +
        `${ends.both} both, ${ends.none} neither`,
    ),
    ...(report.outcomes
      ? [
        line(
          "outcomes",
          report.outcomes.map(({ name, episodes }) =>
            `${group(episodes)} ${visible(name, 40)}`
          ).join(", "),
        ),
      ]
      : []),
    line(
      "observations",
      `${report.observationSize} ${
        report.observationCategories
          ? `of ${report.observationCategories.map(group).join(" × ")} names`
          : "numbers"
      } each, ` +
        `${group(report.distinctObservations)} distinct, ` +
        `${percent(report.duplicateRate)} of the transitions repeat one`,
    ),
    line(
      "coverage",
      `${percent(report.coverage)} of the pairs of a distinct observation and ${
        allowedActions ? "an allowed action" : "an action"
      } tried`,
    ),
    ...(allowedActions
      ? [
        line(
          "allowed",
          `${significant(allowedActions.mean, 3)} of ${
            group(actionCounts.length)
          } actions in the mean, from ${allowedActions.min} to ${allowedActions.max}`,
        ),
      ]
      : []),
    "\n",
    formatTable(output, ["", "min", "mean", "std", "max"], rows),
    more(report.observations.length),
    "\n",
    formatTable(output, ["", "taken", "share"], actions),
    more(actionCounts.length),
    "\n",
    suspicious.length === 0
      ? "nothing suspicious\n"
      : suspicious.map((what) =>
        `${style(output, "yellow", "suspicious")}: ${visible(what)}\n`
      ).join(""),
  ].join("");
}

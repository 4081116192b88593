/**
 * What the episodes that are held out say, in a few lines for a terminal.
 *
 * @module
 */
import type { Metrics } from "../evaluation/results.ts";
import { visible } from "../visible.ts";
import { askedLines, evaluatedOffPolicy } from "./held_out.ts";
import { group, orDash, percent, significant } from "./numbers.ts";
import { formatTable, type Output } from "./terminal.ts";

/** The lines; nothing where no episode is held out. */
export function formatHeldOut(output: Output, metrics: Metrics): string {
  const all = evaluatedOffPolicy(metrics);
  if (metrics.heldOut === undefined || all.length === 0) return "";
  const write = (value: number) => significant(value, 4);
  const [[, { settings }]] = all;
  return [
    `\nOn ${
      group(metrics.heldOut.episodes)
    } episodes that nothing was learnt from:\n`,
    ...all.flatMap(([name, { decision }]) => [
      `${name}: ${decision.support}\n`,
      ...[...decision.reasons, ...askedLines(decision)].map((line) =>
        `- ${visible(line)}\n`
      ),
    ]),
    "\n",
    formatTable(
      output,
      [
        "policy",
        "effective sample size",
        `return, ${percent(settings.confidence)} interval`,
        "estimate",
      ],
      all.map(([name, { effectiveSampleSize, estimates }]) => {
        const { interval, value } = estimates.return.is;
        return [
          name,
          write(effectiveSampleSize),
          interval === null ? "–" : interval.map(write).join(" to "),
          orDash(value, write),
        ];
      }),
    ),
  ].join("");
}

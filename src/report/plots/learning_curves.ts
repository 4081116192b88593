/**
 * How the terms of a loss go down.
 *
 * @module
 */

import { idOf, renderPlot } from "./render.ts";
import { scaleTitle, valueScale } from "./value_scale.ts";
import { palette } from "./theme.ts";

/** A table of numbers over training, as in `training.csv`. */
export interface TrainingTable {
  /** Names; the first is the step. */
  readonly columns: readonly string[];
  /** One row an interval, each with a number for each column; at least one row. */
  readonly rows: readonly (readonly number[])[];
}

/**
 * Draws each column over the step, one panel each; logarithmically where all its
 * values are positive and the largest is more than 30 times the smallest.
 *
 * @param name The algorithm's name.
 * @param table The averages of each interval.
 * @returns SVG text.
 */
export function plotLearningCurves(
  name: string,
  table: TrainingTable,
): Promise<string> {
  const { columns, rows } = table;
  const last = rows[rows.length - 1][0];
  return renderPlot(
    `training-${idOf(name)}`,
    `Loss terms of ${name} over training`,
    {
      title: {
        text: `Training of ${name}`,
        subtitle: "Each point averages one logging interval",
      },
      vconcat: columns.slice(1).map((column, i) => {
        const values = rows.map((row) => ({ step: row[0], value: row[i + 1] }));
        const scale = valueScale(values.map(({ value }) => value));
        const isLast = i === columns.length - 2;
        return {
          width: 460,
          height: 120,
          data: { values },
          mark: { type: "line", color: palette[i % palette.length] },
          encoding: {
            x: {
              field: "step",
              type: "quantitative",
              title: isLast ? "step" : null,
              scale: { domain: [0, last] },
              axis: { format: ",d", tickCount: 5, labels: isLast },
            },
            y: {
              field: "value",
              type: "quantitative",
              title: scaleTitle(inWords(column), scale),
              ...scale,
            },
          },
        } as const;
      }),
      spacing: 12,
    },
  );
}

/** `conservativeLoss` as "conservative loss"; abbreviations stay capital. */
function inWords(column: string): string {
  const words = column.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words.replace(/^td\b/, "TD");
}

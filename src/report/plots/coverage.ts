/**
 * How often intervals hold the truth, by the size of the data.
 *
 * @module
 */
import { renderPlot } from "./render.ts";
import { mutedInk, percentAxis, seriesScale } from "./theme.ts";

/** Intervals of one estimator at one size. */
export interface CoveragePoint {
  /** Of the estimator. */
  readonly name: string;
  /** Of a data set. */
  readonly episodes: number;
  /** Share of intervals that hold the truth. */
  readonly value: number;
}

/** One quantity. */
export interface CoveragePanel {
  /** What is estimated. */
  readonly title: string;
  /** At least one. */
  readonly points: readonly CoveragePoint[];
}

/**
 * Draws a panel a quantity with a line an estimator.
 *
 * @param panels At least one.
 * @param nominal The share that is promised; dashed.
 * @param what What the shares are of, for the subtitle.
 * @returns SVG text.
 */
export function plotCoverage(
  panels: readonly CoveragePanel[],
  nominal: number,
  what: string,
): Promise<string> {
  const names = [
    ...new Set(panels.flatMap(({ points }) => points.map(({ name }) => name))),
  ];
  return renderPlot("coverage", "Coverage of intervals by size of the data", {
    title: { text: "How often intervals hold the truth", subtitle: what },
    vconcat: panels.map(({ title, points }) => ({
      width: 460,
      height: 220,
      layer: [
        {
          data: { values: [{ nominal }] },
          mark: { type: "rule", strokeDash: [5, 4], color: mutedInk },
          encoding: { y: { field: "nominal", type: "quantitative" } },
        },
        {
          data: { values: [...points] },
          mark: { type: "line", point: true },
          encoding: {
            x: {
              field: "episodes",
              type: "quantitative",
              title: "episodes",
              scale: { type: "log" },
              axis: { values: [...new Set(points.map((p) => p.episodes))] },
            },
            y: {
              field: "value",
              type: "quantitative",
              title: `coverage: ${title}`,
              scale: { domain: [0, 1] },
              axis: percentAxis,
            },
            color: {
              field: "name",
              type: "nominal",
              title: null,
              sort: null,
              scale: seriesScale(names),
            },
          },
        },
      ],
    })),
    spacing: 18,
  });
}

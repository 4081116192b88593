/**
 * What episodes earn: the mean of each policy, and every single episode.
 *
 * @module
 */

import { decimal, digitsFor } from "../numbers.ts";
import { renderPlot } from "./render.ts";
import { ink, percentAxis, seriesScale } from "./theme.ts";

/** The episodes of one policy. */
export interface PolicyReturns {
  /** Name of the policy. */
  readonly name: string;
  /** [E] return of each episode; at least one. */
  readonly returns: ArrayLike<number>;
}

function meanAndDeviation(
  returns: ArrayLike<number>,
): { mean: number; deviation: number } {
  let sum = 0;
  for (let i = 0; i < returns.length; i++) sum += returns[i];
  const mean = sum / returns.length;
  let squares = 0;
  for (let i = 0; i < returns.length; i++) squares += (returns[i] - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / returns.length) };
}

/**
 * Draws the mean return of each policy as a bar, with one standard deviation of an episode
 * (not of the mean) to either side.
 *
 * @param policies At least one; drawn in this order.
 * @returns SVG text.
 */
export function plotReturnBars(
  policies: readonly PolicyReturns[],
): Promise<string> {
  const moments = policies.map(({ returns }) => meanAndDeviation(returns));
  const digits = digitsFor(moments.map(({ mean }) => mean)) - 1;
  const values = policies.map(({ name }, i) => {
    const { mean, deviation } = moments[i];
    return {
      name,
      mean,
      low: mean - deviation,
      high: mean + deviation,
      text: `${decimal(mean, digits)} ± ${decimal(deviation, digits)}`,
    };
  });
  const names = policies.map(({ name }) => name);
  const y = {
    field: "name",
    type: "nominal",
    title: null,
    sort: null,
  } as const;
  return renderPlot("returns", `Mean return of ${names.join(", ")}`, {
    title: {
      text: "Mean return of an episode",
      subtitle:
        "Bars: mean; lines: one standard deviation of single episodes to either side",
    },
    width: 460,
    height: { step: 46 },
    data: { values },
    layer: [
      {
        mark: { type: "bar", height: { band: 0.55 } },
        encoding: {
          y: {
            ...y,
            axis: {
              ticks: false,
              labelPadding: 8,
              labelFontSize: 13,
              labelColor: ink,
            },
          },
          x: {
            field: "mean",
            type: "quantitative",
            title: "return",
            axis: { tickCount: 7 },
          },
          color: {
            field: "name",
            type: "nominal",
            sort: null,
            legend: null,
            scale: seriesScale(names),
          },
        },
      },
      {
        mark: { type: "rule", strokeWidth: 2, color: ink },
        encoding: {
          y,
          x: { field: "low", type: "quantitative" },
          x2: { field: "high" },
        },
      },
      ...["low", "high"].map((field) => ({
        mark: {
          type: "tick",
          thickness: 2,
          size: 12,
          color: ink,
          opacity: 1,
        } as const,
        encoding: { y, x: { field, type: "quantitative" } as const },
      })),
      {
        mark: { type: "text", align: "left", fontSize: 12, color: ink },
        encoding: {
          y,
          x: { value: 472 },
          text: { field: "text", type: "nominal" },
        },
      },
    ],
  });
}

/**
 * Draws the returns of each policy's episodes from the worst to the best, over the share of
 * episodes. A mean hides rare disasters; here they are the drop at the left.
 *
 * @param policies At least one; each may have its own number of episodes.
 * @returns SVG text.
 */
export function plotSortedReturns(
  policies: readonly PolicyReturns[],
): Promise<string> {
  const names = policies.map(({ name }) => name);
  const values = policies.flatMap(({ name, returns }) => {
    const sorted = Float64Array.from(returns).sort();
    // Each episode is a step of width 1 / E; steps of equal return are one.
    const rows = [{ name, share: 0, value: sorted[0] }];
    for (let i = 1; i < sorted.length; i++) {
      if (sorted[i] !== sorted[i - 1]) {
        rows.push({ name, share: i / sorted.length, value: sorted[i] });
      }
    }
    return [...rows, { name, share: 1, value: sorted[sorted.length - 1] }];
  });
  return renderPlot(
    "sorted-returns",
    `Sorted returns of the episodes of ${names.join(", ")}`,
    {
      title: {
        text: "Every episode, from the worst to the best",
        subtitle: "Deep drops at the left are rare disasters",
      },
      width: 460,
      height: 300,
      data: { values },
      mark: { type: "line", interpolate: "step-after" },
      encoding: {
        x: {
          field: "share",
          type: "quantitative",
          title: "share of episodes with this return or less",
          axis: percentAxis,
          scale: { domain: [0, 1] },
        },
        y: {
          field: "value",
          type: "quantitative",
          title: "return",
          axis: { tickCount: 6 },
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
  );
}

/**
 * What a study over seeds found: intervals and whole distributions.
 *
 * @module
 */

import { decimal, digitsFor, percent } from "../numbers.ts";
import type { Interval } from "./exact_curves.ts";
import type { Layer } from "./grid.ts";
import { renderPlot } from "./render.ts";
import { ink, mutedInk, namedRows, percentAxis, seriesScale } from "./theme.ts";
import {
  drawnProbability,
  probabilityScale,
  scaleTitle,
  type ValueScale,
} from "./value_scale.ts";

/** One quantity of several algorithms. */
export interface IntervalPanel {
  /** What is measured, e.g. `"return"`. */
  readonly title: string;
  /** Whether it is a probability: shown logarithmically and in percent. */
  readonly isProbability: boolean;
  /** One entry an algorithm. */
  readonly rows: readonly ({ readonly name: string } & Interval)[];
  /** What the best policy reaches, or null for no line. */
  readonly optimum: number | null;
}

/**
 * Draws a panel a quantity with a bar an algorithm from the lower to the upper limit of the
 * confidence interval and a tick at the point estimate (Agarwal et al. 2021, "Deep
 * reinforcement learning at the edge of the statistical precipice", figure 9).
 *
 * @param id Unique among the plots of a page.
 * @param panels At least one, each with at least one row.
 * @param what What tick and bar are, for the subtitle.
 * @returns SVG text.
 */
export function plotIntervals(
  id: string,
  panels: readonly IntervalPanel[],
  what: string,
): Promise<string> {
  const titles = panels.map(({ title }) => title).join(", ");
  return renderPlot(id, `Intervals of ${titles} by algorithm`, {
    title: { text: "What is known of each algorithm", subtitle: what },
    vconcat: panels.map((panel) => ({
      width: 440,
      height: { step: 30 },
      layer: intervalLayers(panel),
    })),
    spacing: 18,
  });
}

function intervalLayers(panel: IntervalPanel): Layer[] {
  const { title, isProbability, rows, optimum } = panel;
  const drawn = (value: number) =>
    isProbability ? drawnProbability(value) : value;
  const digits = digitsFor([optimum, ...rows.map(({ value }) => value)]);
  const values = rows.map(({ name, value, low, high }) => ({
    name,
    value: drawn(value),
    low: drawn(low),
    high: drawn(high),
    text: isProbability ? percent(value) : decimal(value, digits),
  }));
  const y = namedRows;
  const linear: ValueScale = { scale: { zero: false }, axis: { tickCount: 6 } };
  const scale = isProbability ? probabilityScale() : linear;
  const x = {
    type: "quantitative" as const,
    title: scaleTitle(title, scale),
    ...scale,
  };
  const color = {
    field: "name",
    type: "nominal",
    sort: null,
    legend: null,
    scale: seriesScale(rows.map(({ name }) => name)),
  } as const;
  const line: Layer[] = optimum === null ? [] : [{
    data: { values: [{ optimum: drawn(optimum) }] },
    mark: {
      type: "rule",
      color: mutedInk,
      strokeDash: [5, 4],
      strokeWidth: 1.5,
    },
    encoding: { x: { ...x, field: "optimum" } },
  }];
  return [
    ...line,
    {
      data: { values },
      mark: { type: "bar", height: { band: 0.55 }, opacity: 0.55 },
      encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" }, color },
    },
    {
      data: { values },
      mark: { type: "tick", thickness: 3, size: 20, opacity: 1, color: ink },
      encoding: { y, x: { ...x, field: "value" } },
    },
    {
      data: { values },
      mark: { type: "text", align: "left", fontSize: 12, color: ink },
      encoding: {
        y,
        x: { value: 452 },
        text: { field: "text", type: "nominal" },
      },
    },
  ];
}

/** The performance profile of one algorithm. */
export interface Profile {
  /** Name of the algorithm. */
  readonly name: string;
  /** One entry a threshold: the share of runs that do better. */
  readonly shares: readonly Interval[];
}

/** The score of performance profiles. */
export interface ProfileScore {
  /** What is measured, e.g. `"expected return"`. */
  readonly title: string;
  /** Whether it is a probability: shown logarithmically and in percent. */
  readonly isProbability: boolean;
  /** Whether more of it is better. */
  readonly higherIsBetter: boolean;
}

/**
 * Draws performance profiles: the share of runs that do better than each threshold, with a
 * band for its confidence interval. A higher line is better everywhere; lines that cross mean
 * that neither is (Agarwal et al. 2021, section 4.2).
 *
 * @param id Unique among the plots of a page.
 * @param thresholds Ascending: every score of every run, so that the steps are exact.
 * @param profiles At least one.
 * @param score What the thresholds are.
 * @param what What the lines and bands are, for the subtitle.
 * @returns SVG text.
 */
export function plotPerformanceProfiles(
  id: string,
  thresholds: readonly number[],
  profiles: readonly Profile[],
  score: ProfileScore,
  what: string,
): Promise<string> {
  const { title, isProbability, higherIsBetter } = score;
  const names = profiles.map(({ name }) => name);
  const values = profiles.flatMap((profile) =>
    profileRows(thresholds, profile, score)
  );
  const linear: ValueScale = {
    scale: { zero: false, nice: false },
    axis: { tickCount: 6 },
  };
  const scale = isProbability ? probabilityScale() : linear;
  const x = {
    field: "threshold",
    type: "quantitative" as const,
    title: scaleTitle(`${title} τ`, scale),
    ...scale,
  };
  const y = {
    type: "quantitative" as const,
    title: `share of runs ${higherIsBetter ? "above" : "below"} τ`,
    scale: { domain: [0, 1] },
    axis: percentAxis,
  };
  const color = {
    field: "name",
    type: "nominal",
    title: null,
    sort: null,
    scale: seriesScale(names),
  } as const;
  // At a threshold that is a run's score, that run does not count as better.
  const interpolate = higherIsBetter ? "step-after" : "step-before";
  return renderPlot(id, `Performance profiles of ${names.join(", ")}`, {
    title: { text: `Spread over seeds: ${title}`, subtitle: what },
    width: 460,
    height: 260,
    data: { values },
    layer: [
      {
        mark: { type: "area", opacity: 0.15, interpolate },
        encoding: {
          x,
          y: { ...y, field: "low" },
          y2: { field: "high" },
          color,
        },
      },
      {
        mark: { type: "line", interpolate },
        encoding: { x, y: { ...y, field: "value" }, color },
      },
    ],
  });
}

/** The points of a profile, and one beyond the worst score, which every run beats. */
function profileRows(
  thresholds: readonly number[],
  { name, shares }: Profile,
  { isProbability, higherIsBetter }: ProfileScore,
) {
  const drawn = (threshold: number) =>
    isProbability ? drawnProbability(threshold) : threshold;
  const rows = thresholds.map((threshold, i) => ({
    name,
    threshold: drawn(threshold),
    ...shares[i],
  }));
  const [low, high] = [thresholds[0], thresholds[thresholds.length - 1]];
  const margin = Math.max(0.02 * (high - low), 1e-3);
  const all = { name, value: 1, low: 1, high: 1 };
  return higherIsBetter
    ? [{ ...all, threshold: drawn(low - margin) }, ...rows]
    : [...rows, { ...all, threshold: isProbability ? 1 : high + margin }];
}

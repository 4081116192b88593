/**
 * The look of every plot, in one place. Colours are Okabe and Ito's, which people with any
 * common colour blindness can distinguish (Color Universal Design, 2008).
 *
 * @module
 */

import type { TopLevelSpec } from "vega-lite";

/** Text and lines. The report exchanges them, by value, for light ones on a dark page. */
export const ink = "#1f2430";
/** Axis labels and secondary text. */
export const mutedInk = "#5b6472";
/** Grid lines and frames. */
export const gridInk = "#dfe3e8";
/** Arrows, which stand on coloured cells on a dark page too. */
export const arrowInk = "#20242c";
/** Behind everything. */
export const paper = "#ffffff";

/** Colours with a meaning of their own in pictures of the grid. */
export const marks = {
  start: "#0072b2",
  goal: "#007a58",
  hazard: "#d55e00",
} as const;

/** Okabe and Ito's colours in the order in which series take them; no yellow, which paper swallows. */
export const palette = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#8c564b",
  "#332288",
] as const;

/** Colour of the data themselves, beside policies learnt from them. */
const dataColor = "#7a7a7a";

/**
 * The colour of each series, the same from plot to plot: in the palette's order, with a grey
 * of its own for `"data"`.
 */
export function seriesScale(
  names: readonly string[],
): { domain: string[]; range: string[] } {
  const learnt = names.filter((name) => name !== "data");
  const range = names.map((name) =>
    name === "data" ? dataColor : palette[learnt.indexOf(name) % palette.length]
  );
  return { domain: [...names], range };
}

/** The vertical channel of a panel with a named row for each of its data, in their order. */
export const namedRows = {
  field: "name",
  type: "nominal",
  title: null,
  sort: null,
  axis: {
    ticks: false,
    labelPadding: 8,
    labelLimit: 260,
    labelColor: ink,
    labelFontSize: 13,
  },
} as const;

/** An axis of shares, written as in the text: `20 %`. */
export const percentAxis = {
  format: "%",
  labelExpr: "replace(datum.label, '%', ' %')",
  tickCount: 5,
} as const;

const font = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** Vega-Lite's configuration for every plot. */
export const theme: TopLevelSpec["config"] = {
  // One label for the whole picture stands on its root; one for each dot would fill the file.
  aria: false,
  background: paper,
  font,
  padding: 12,
  view: { stroke: gridInk },
  title: {
    anchor: "start",
    color: ink,
    fontSize: 15,
    fontWeight: 600,
    offset: 10,
    subtitleColor: mutedInk,
    subtitleFontSize: 12,
    subtitlePadding: 4,
  },
  axis: {
    domainColor: mutedInk,
    gridColor: gridInk,
    labelColor: mutedInk,
    labelFlush: false,
    labelFontSize: 12,
    labelOverlap: true,
    tickColor: mutedInk,
    titleColor: ink,
    titleFontSize: 13,
    titleFontWeight: "normal",
    titlePadding: 8,
  },
  legend: {
    labelColor: ink,
    labelFontSize: 12,
    titleColor: ink,
    titleFontSize: 12,
    titleFontWeight: "normal",
    rowPadding: 6,
    symbolOpacity: 1,
    symbolSize: 120,
  },
  header: {
    labelColor: ink,
    labelFontSize: 13,
    titleColor: ink,
    titleFontSize: 13,
  },
  range: { category: [...palette] },
  line: { strokeWidth: 2 },
};

/**
 * What each seed of a study gave.
 *
 * @module
 */
import { group } from "../numbers.ts";
import type { Layer } from "./grid.ts";
import { renderPlot } from "./render.ts";
import { ink, namedRows, seriesScale } from "./theme.ts";
import {
  drawnProbability,
  probabilityScale,
  scaleTitle,
  type ValueScale,
} from "./value_scale.ts";

/** One quantity of several policies. */
export interface SeedPanel {
  /** What is measured, e.g. `"return"`. */
  readonly title: string;
  /** Whether it is a probability: shown logarithmically and in percent. */
  readonly isProbability: boolean;
  /** One entry a policy. */
  readonly rows: readonly {
    readonly name: string;
    /** Where the tick stands. */
    readonly mean: number;
    /** One a seed. */
    readonly values: Float64Array;
  }[];
}

/** Dots of a policy: more fill the file and not the picture. */
const MOST_DOTS = 200;

/** The golden ratio's fraction: its multiples spread evenly over a row. */
const SPREAD = 0.6180339887498949;

/**
 * Draws a panel a quantity with a row a policy and a dot a seed; of many seeds, dots evenly chosen from
 * their values in order, the lowest and highest among them.
 *
 * @param id Unique among the plots of a page.
 * @param panels At least one, each with at least one row.
 * @param what What the tick is, for the subtitle.
 * @returns SVG text.
 */
export function plotSeeds(
  id: string,
  panels: readonly SeedPanel[],
  what: string,
): Promise<string> {
  const titles = panels.map(({ title }) => title).join(", ");
  const most = Math.max(
    ...panels.flatMap(({ rows }) => rows.map(({ values }) => values.length)),
  );
  const dots = most > MOST_DOTS
    ? `${MOST_DOTS} dots of ${
      group(most)
    }, evenly from the lowest to the highest`
    : "dots: seeds, or trainings of seeds";
  return renderPlot(id, `${titles} of each seed by policy`, {
    title: { text: "What each seed gave", subtitle: `${what}; ${dots}` },
    vconcat: panels.map((panel) => ({
      width: 440,
      height: { step: 26 },
      layer: seedLayers(panel),
    })),
    spacing: 18,
  });
}

function seedLayers({ title, isProbability, rows }: SeedPanel): Layer[] {
  const drawn = (value: number) =>
    isProbability ? drawnProbability(value) : value;
  const dots = rows.flatMap(({ name, values }) =>
    chosen(values).map((value, i) => ({
      name,
      value: drawn(value),
      across: (i * SPREAD) % 1,
    }))
  );
  const ticks = rows.map(({ name, mean }) => ({ name, value: drawn(mean) }));
  const linear: ValueScale = { scale: { zero: false }, axis: { tickCount: 6 } };
  const scale = isProbability ? probabilityScale() : linear;
  const x = {
    field: "value",
    type: "quantitative" as const,
    title: scaleTitle(title, scale),
    ...scale,
  };
  const y = namedRows;
  return [
    {
      data: { values: ticks },
      mark: { type: "tick", thickness: 3, size: 20, opacity: 1, color: ink },
      encoding: { y, x },
    },
    {
      data: { values: dots },
      mark: { type: "point", filled: true, size: 26, opacity: 0.55 },
      encoding: {
        y,
        yOffset: {
          field: "across",
          type: "quantitative",
          scale: { domain: [-0.4, 1.4] },
        },
        x,
        color: {
          field: "name",
          type: "nominal",
          sort: null,
          legend: null,
          scale: seriesScale(rows.map(({ name }) => name)),
        },
      },
    },
  ];
}

/** All values, or as many as are drawn, from the lowest to the highest. */
function chosen(values: Float64Array): number[] {
  const sorted = values.toSorted();
  const count = Math.min(sorted.length, MOST_DOTS);
  const stride = count > 1 ? (sorted.length - 1) / (count - 1) : 0;
  return Array.from(
    { length: count },
    (_, i) => sorted[Math.round(i * stride)],
  );
}

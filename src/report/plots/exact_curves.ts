/**
 * What policies are worth while they are trained.
 *
 * @module
 */

import type { Layer } from "./grid.ts";
import { renderPlot } from "./render.ts";
import { mutedInk, seriesScale } from "./theme.ts";
import {
  drawnProbability,
  probabilityScale,
  scaleTitle,
  type ValueScale,
} from "./value_scale.ts";

/** A value with its uncertainty; both limits equal the value where there is none. */
export interface Interval {
  /** The value. */
  readonly value: number;
  /** Lower limit. */
  readonly low: number;
  /** Upper limit. */
  readonly high: number;
}

/** Exact values of one algorithm's policy over its training. */
export interface ExactCurve {
  /** Name of the algorithm. */
  readonly name: string;
  /** One entry a logging interval; at least one. */
  readonly points: readonly {
    /** Updates done. */
    readonly step: number;
    /** Expected return. */
    readonly value: Interval;
    /** Probability that anything unsafe happens; null where nothing is unsafe. */
    readonly unsafe: Interval | null;
  }[];
}

/**
 * Draws exact return and the probability of what is unsafe over the steps of training, one line an
 * algorithm, with the optimal policy as a dashed line.
 *
 * @param id Unique among the plots of a page.
 * @param curves At least one; drawn in this order.
 * @param optimal What the best policy reaches; null for no line.
 * @param what What a point and its band are, for the subtitle.
 * @param words What the value is, such as `expected return`, and what the environment calls what is
 *   unsafe; null where nothing is.
 * @returns SVG text.
 */
export function plotExactCurves(
  id: string,
  curves: readonly ExactCurve[],
  optimal: {
    readonly value: number | null;
    readonly unsafe: number | null;
  },
  what: string,
  words: { readonly value: string; readonly unsafe: string | null },
): Promise<string> {
  const names = curves.map(({ name }) => name);
  const returns = panel(
    names,
    words.value,
    curves,
    ({ value }) => value,
    optimal.value,
    { scale: { zero: false }, axis: { tickCount: 6 } },
  );
  const hazards = words.unsafe === null ? [] : [panel(
    names,
    `${words.unsafe} probability`,
    curves,
    ({ unsafe }) => ({
      value: drawnProbability(unsafe!.value),
      low: drawnProbability(unsafe!.low),
      high: drawnProbability(unsafe!.high),
    }),
    optimal.unsafe === null ? null : drawnProbability(optimal.unsafe),
    probabilityScale(),
  )];
  const drawn = words.value.replace("expected", "Exact") +
    (words.unsafe === null ? "" : ` and ${words.unsafe} probability`);
  return renderPlot(
    id,
    `${drawn} of ${names.join(", ")} over training`,
    {
      title: { text: "What the policies are worth", subtitle: what },
      vconcat: [returns, ...hazards],
      spacing: 16,
    },
  );
}

function panel(
  names: readonly string[],
  title: string,
  curves: readonly ExactCurve[],
  pick: (point: ExactCurve["points"][number]) => Interval,
  optimum: number | null,
  scale: ValueScale,
): { width: number; height: number; layer: Layer[] } {
  const values = curves.flatMap(({ name, points }) =>
    points.map((point) => ({ name, step: point.step, ...pick(point) }))
  );
  const x = {
    field: "step",
    type: "quantitative",
    title: "step",
    axis: { format: ",d", tickCount: 5 },
  } as const;
  const y = {
    type: "quantitative",
    title: scaleTitle(title, scale),
    ...scale,
  } as const;
  const color = {
    field: "name",
    type: "nominal",
    title: null,
    sort: null,
    scale: seriesScale(names),
  } as const;
  const optimumLine: Layer = {
    data: { values: [{ optimum, label: "optimal" }] },
    mark: {
      type: "rule",
      color: mutedInk,
      strokeDash: [5, 4],
      strokeWidth: 1.5,
    },
    encoding: { y: { ...y, field: "optimum" } },
  };
  const optimumText: Layer = {
    data: { values: [{ optimum, label: "optimal" }] },
    mark: {
      type: "text",
      align: "left",
      baseline: "middle",
      dx: 6,
      fontSize: 12,
      color: mutedInk,
    },
    encoding: {
      x: { value: "width" },
      y: { ...y, field: "optimum" },
      text: { field: "label", type: "nominal" },
    },
  };
  const band: Layer = {
    data: { values },
    mark: { type: "area", opacity: 0.2 },
    encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
  };
  const line: Layer = {
    data: { values },
    mark: { type: "line" },
    encoding: { x, y: { ...y, field: "value" }, color },
  };
  return {
    width: 460,
    height: 190,
    layer: optimum === null
      ? [band, line]
      : [optimumLine, optimumText, band, line],
  };
}

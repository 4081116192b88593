/**
 * How the exact values of each learner went while it trained, beside what rollouts and the data said.
 *
 * @module
 */
import { decimal, percent } from "../src/report/numbers.ts";
import { html, svg } from "./dom.ts";
import type { DataView, PolicyView, WorldView } from "./messages.ts";

/** A learner at a step. */
export interface Point {
  readonly step: number;
  readonly policy: PolicyView;
  readonly data?: DataView;
}

const WIDTH = 420;
const HEIGHT = 150;
const LEFT = 48;
const BOTTOM = 22;
const TOP = 8;

/** Draws two charts a learner: return and what is unsafe. */
export function drawCharts(
  root: HTMLElement,
  world: WorldView,
  curves: ReadonlyMap<string, readonly Point[]>,
): void {
  const best = world.references.optimal?.worth;
  const figures = [...curves].flatMap(([name, points]) => {
    const returns = figure(
      `${name}: exact return`,
      decimal,
      points,
      ({ policy }) => policy.worth.value,
      ({ policy }) => policy.rollouts?.interval ?? null,
      ({ data }) => data?.estimates[0].value ?? null,
      best?.value ?? null,
    );
    if (world.unsafe === null) return [returns];
    return [
      returns,
      figure(
        `${name}: exact probability of ${world.unsafe}`,
        percent,
        points,
        ({ policy }) => policy.worth.unsafe,
        ({ policy }) => policy.rollouts?.unsafeInterval ?? null,
        ({ data }) => data?.estimates[0].unsafe ?? null,
        best?.unsafe ?? null,
      ),
    ];
  });
  root.replaceChildren(...figures, ...(figures.length > 0 ? [legend()] : []));
}

function figure(
  title: string,
  write: (value: number) => string,
  points: readonly Point[],
  exact: (point: Point) => number | null,
  interval: (point: Point) => readonly [number, number] | null,
  estimate: (point: Point) => number | null,
  best: number | null,
): HTMLElement {
  const values = points.map(exact);
  const all = [
    ...values,
    ...points.map(estimate),
    ...points.flatMap((point) => interval(point) ?? []),
    best,
  ].filter((value) => value !== null);
  const low = Math.min(...all);
  const high = Math.max(...all, low + 1e-9);
  const steps = points[points.length - 1].step;
  const x = (step: number) => LEFT + (WIDTH - LEFT - 6) * step / steps;
  const y = (value: number) =>
    TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low);
  const line = (of: (point: Point) => number | null) =>
    points.flatMap((point) => {
      const value = of(point);
      return value === null ? [] : [`${x(point.step)},${y(value)}`];
    }).join(" ");
  const band = points.flatMap((point) => {
    const ends = interval(point);
    return ends ? [[x(point.step), y(ends[0]), y(ends[1])]] : [];
  });
  const outline = [
    ...band.map(([at, bottom]) => `${at},${bottom}`),
    ...band.map(([at, , top]) => `${at},${top}`).reverse(),
  ].join(" ");
  const last = values[values.length - 1];
  const picture = svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": `${title}, ${
        last === null ? "unknown" : write(last)
      } after step ${steps}${
        best === null ? "" : `; the optimum has ${write(best)}`
      }`,
    },
    svg("polygon", { class: "band", points: outline }),
    svg("line", {
      class: "axis",
      x1: LEFT,
      x2: LEFT,
      y1: TOP,
      y2: HEIGHT - BOTTOM,
    }),
    svg("line", {
      class: "axis",
      x1: LEFT,
      x2: WIDTH - 6,
      y1: HEIGHT - BOTTOM,
      y2: HEIGHT - BOTTOM,
    }),
    ...(best === null ? [] : [
      svg("line", {
        class: "best",
        x1: LEFT,
        x2: WIDTH - 6,
        y1: y(best),
        y2: y(best),
      }),
    ]),
    svg("polyline", { class: "estimate", points: line(estimate) }),
    svg("polyline", { class: "exact", points: line(exact) }),
    svg("text", { x: LEFT - 5, y: TOP + 8, class: "end" }, write(high)),
    svg("text", { x: LEFT - 5, y: HEIGHT - BOTTOM, class: "end" }, write(low)),
    svg("text", { x: WIDTH - 6, y: HEIGHT - 6, class: "end" }, `step ${steps}`),
  );
  return html(
    "figure",
    {},
    html("figcaption", {}, title),
    picture,
  );
}

/** What the lines of all charts are. */
function legend(): HTMLElement {
  return html(
    "p",
    { class: "note key" },
    html("span", { class: "exact" }, "exact"),
    html("span", { class: "best" }, "optimum"),
    html("span", { class: "band" }, "30 rollouts, 95 %"),
    html("span", { class: "estimate" }, "from the data: fitted Q"),
  );
}

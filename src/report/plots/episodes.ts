/**
 * Episodes of a policy, walking. The picture moves by its style sheet alone: no script, and nothing moves
 * for a reader who prefers that, or on paper.
 *
 * @module
 */
import type { Cell } from "../../settings.ts";
import type { ShownEpisode } from "../grid_details.ts";
import { decimal } from "../numbers.ts";
import {
  cellRows,
  cellStep,
  type Grid,
  gridPosition,
  gridSize,
  markLayers,
} from "./grid.ts";
import { idOf, insideSvg, renderPlot } from "./render.ts";
import { gridInk, paper } from "./theme.ts";

/** Seconds of a step, while there are few. */
const STEP_SECONDS = 0.25;
/** Seconds of all steps at most. */
const LONGEST_SECONDS = 30;
/** Steps for which the last one stands. */
const REST = 6;

/** Pixels of a cell's side for which a walker has room for its number. */
const LEAST_STEP = 16;

/** How the first and the worst are told apart: also without colour. */
const looks = {
  first: { colour: "#0072b2", dashes: "" },
  worst: { colour: "#c2408f", dashes: ' stroke-dasharray="5 4"' },
} as const;

/**
 * Draws the ways of some rollouts, and the rollouts going them, a step of all at a time, again and again.
 *
 * @param name The policy's name.
 * @param grid The grid.
 * @param episodes At least one.
 * @returns SVG text.
 */
export async function plotEpisodes(
  name: string,
  grid: Grid,
  episodes: readonly ShownEpisode[],
): Promise<string> {
  const id = `episodes-${idOf(name)}`;
  const hasWorst = episodes.some(({ isWorst }) => isWorst);
  const label = `Rollouts of ${name}: ${
    episodes.map((one) => `${one.episode} (${episodeWords(one)})`).join("; ")
  }`;
  const svg = await renderPlot(id, label, {
    title: {
      text: `Where ${name} goes`,
      subtitle: hasWorst
        ? "Blue: the first rollouts; pink, dashed: those of lowest return"
        : "The first rollouts",
    },
    ...gridSize(grid),
    layer: [
      {
        data: { values: cellRows(grid, grid.cells.map(() => 0)) },
        mark: { type: "rect", filled: false, stroke: gridInk, strokeWidth: 1 },
        encoding: gridPosition(grid),
      },
      ...markLayers(grid),
    ],
  });
  return insideSvg(svg, walks(id, grid, episodes));
}

/** Return, steps and end of a rollout. */
export function episodeWords(
  { return: total, steps, outcomes }: ShownEpisode,
): string {
  return [
    `return ${decimal(total)}`,
    `${steps} step${steps === 1 ? "" : "s"}`,
    ...outcomes,
  ].join(", ");
}

/** Ways, walkers and the style sheet that moves them. */
function walks(
  id: string,
  grid: Grid,
  episodes: readonly ShownEpisode[],
): string {
  const step = cellStep(grid);
  const longest = Math.max(...episodes.map(({ path }) => path.length - 1));
  const total = longest + REST;
  const seconds = Math.min(total * STEP_SECONDS, LONGEST_SECONDS);
  const points = episodes.map(({ path }, k) => {
    // Beside each other where they go the same way.
    const aside = (k - (episodes.length - 1) / 2) * step / 9;
    return path.map((cell) => pointOf(grid, step, cell, aside));
  });
  const frames = points.map((way, k) =>
    `@keyframes ${id}-${k}{${keyframes(way, total)}}`
  );
  const moves = points.map((_, k) =>
    `#${id}-walker-${k}{animation-name:${id}-${k}}`
  );
  const style = `<style>${frames.join("")}` +
    "@media screen and (prefers-reduced-motion:no-preference){" +
    `.${id}{animation:${number(seconds)}s linear infinite}${moves.join("")}}` +
    "</style>";
  const lines = points.map((way, k) => {
    const { colour, dashes } = lookOf(episodes[k]);
    const d = way.map(([x, y]) => `${number(x)},${number(y)}`).join("L");
    return `<path d="M${d}" stroke="${colour}" stroke-width="2" stroke-linejoin="round" opacity="0.6"${dashes}/>`;
  });
  const radius = Math.min(9, Math.max(4, step * 0.3));
  const walkers = points.map((way, k) => {
    const { colour } = lookOf(episodes[k]);
    const [x, y] = way[way.length - 1];
    const text = `${episodes[k].episode}`;
    const size = number(1.9 * radius / Math.max(1.6, 0.62 * text.length));
    return `<g class="${id}" id="${id}-walker-${k}" transform="translate(${
      number(x)
    },${number(y)})">` +
      `<circle r="${
        number(radius)
      }" fill="${colour}" stroke="${paper}" stroke-width="1.2"/>` +
      (step < LEAST_STEP
        ? ""
        : `<text text-anchor="middle" dy="0.35em" font-family="sans-serif" font-size="${size}px" fill="${paper}">${text}</text>`) +
      "</g>";
  });
  return `${style}<g aria-hidden="true" stroke="none" fill="none">${
    lines.join("")
  }${walkers.join("")}</g>`;
}

function lookOf({ isWorst }: ShownEpisode) {
  return isWorst ? looks.worst : looks.first;
}

/** The middle of a cell, a little aside. */
function pointOf(
  { height }: Grid,
  step: number,
  [x, y]: Cell,
  aside: number,
): readonly [number, number] {
  return [
    (x + 0.5) * step + aside,
    (height - 1 - y + 0.5) * step + aside,
  ];
}

/** Where a walker is at each step that is not between its neighbours. */
function keyframes(
  way: readonly (readonly [number, number])[],
  total: number,
): string {
  const last = way.length - 1;
  const differs = (a: number, b: number) => Math.abs(a - b) > 1e-6;
  const turns = way.map((_, k) => k).filter((k) =>
    k === 0 || k === last ||
    [0, 1].some((axis) =>
      differs(
        way[k][axis] - way[k - 1][axis],
        way[k + 1][axis] - way[k][axis],
      )
    )
  );
  return turns.map((k) => {
    const [x, y] = way[k];
    const at = `${number(100 * k / total)}%${k === last ? ",to" : ""}`;
    return `${at}{transform:translate(${number(x)}px,${number(y)}px)}`;
  }).join("");
}

/** With two decimals at most. */
function number(value: number): string {
  return `${Math.round(100 * value) / 100}`;
}

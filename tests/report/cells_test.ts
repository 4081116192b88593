import { deepEqual, equal, match, ok } from "node:assert/strict";
import { figureWithCells } from "../../src/report/cells.ts";
import type { GridDetails } from "../../src/report/grid_details.ts";
import type { Grid } from "../../src/report/plots/grid.ts";
import { plotEpisodes } from "../../src/report/plots/episodes.ts";
import { plotPolicyArrows } from "../../src/report/plots/policy_arrows.ts";
import { placeInSvg } from "../../src/report/plots/render.ts";

/** Three cells by two: state 2 y + x, a hazard at 1, 0 and the goal at 2, 1. */
const grid: Grid = {
  width: 3,
  height: 2,
  cells: [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]],
  starts: [[0, 0]],
  goals: [[2, 1]],
  hazards: [[1, 0]],
  directions: [0, 90],
  unsafe: "hole",
};

const details: GridDetails = {
  grid,
  worth: "return",
  visits: [1234, 0, 0, 7, 0, 0],
  policies: {
    cql: {
      actions: Int32Array.of(0, 0, 0, 1, 1, 0),
      hazards: Float64Array.of(0.25, 1, 0, 0, 0.5, 0),
      cells: {
        value: Float64Array.of(-1.5, 0, NaN, 3, 4, 0),
        kind: "action values",
        scores: [1.23456, -2, 0, 0, NaN, 5, 6, 7, 8, 9, 0, 0],
      },
      episodes: [],
    },
  },
};

const plain = (markup: string) =>
  markup.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ").trim();

Deno.test("each cell says what the data, the truth and the policy say of it, in reading order", async () => {
  const visits = Float64Array.from(details.visits);
  const { actions } = details.policies.cql;
  const svg = await plotPolicyArrows("cql", grid, actions, visits);
  const { markup } = figureWithCells(svg, "cql", details);
  const words = [...markup.matchAll(/<span>(.*?)<\/span>/gs)].map(([, text]) =>
    plain(text)
  );
  deepEqual(words, [
    "Cell 0, 1 right · visits 7 · exact return 3.00 · hole from here 0 % action values: up 6 · right 7",
    "Cell 1, 1 right · visits 0 · exact return 4.00 · hole from here 50 % action values: up 8 · right 9",
    "Cell 2, 1 goal",
    "Cell 0, 0 up · visits 1,234 · exact return −1.50 · hole from here 25 % action values: up 1.235 · right −2",
    "Cell 1, 0 hole",
    "Cell 2, 0 up · visits 0 · exact return not defined · hole from here 0 % action values: up excluded · right 5",
  ]);
  // One stop of the Tab key for all cells of a picture, and each over its place: 32 pixels a cell.
  equal([...markup.matchAll(/type="radio" name="cell-cql"/g)].length, 6);
  ok(markup.includes('style="--x:2;--y:0"><span><b>Cell 2, 1'), markup);
  const { left, top, width, height } = placeInSvg(svg);
  match(svg, new RegExp(`^<svg [^>]*width="${width}" height="${height}"`));
  match(svg, new RegExp(`translate\\(${left},${top}\\)`));
  const percent = (n: number) =>
    `${Number((100 * n).toPrecision(6))}`.replaceAll(".", "\\.");
  match(
    markup,
    new RegExp(
      `width:min\\(100%,${width}px\\);--l:${percent(left / width)}%;--t:${
        percent(top / height)
      }%;--w:${percent(32 / width)}%;--h:${percent(32 / height)}%`,
    ),
  );
});

Deno.test("a picture without numbers is a picture", () => {
  const none = { ...details.policies.cql, cells: null };
  equal(
    figureWithCells("<svg></svg>", "cql", {
      ...details,
      policies: { cql: none },
    }).markup,
    "<figure><svg></svg></figure>",
  );
});

Deno.test("walkers turn where their episodes turn, and stand at the end", async () => {
  const svg = await plotEpisodes("cql", grid, [
    {
      episode: 0,
      isWorst: false,
      return: 2,
      steps: 4,
      outcomes: ["goal"],
      path: [[0, 0], [0, 1], [0, 1], [1, 1], [2, 1]],
    },
    {
      episode: 17,
      isWorst: true,
      return: -9,
      steps: 1,
      outcomes: ["hole"],
      path: [[0, 0], [1, 0]],
    },
  ]);
  // Ten parts of time: four steps and a rest of six. 32 pixels a cell, 1.78 aside, y downwards.
  match(
    svg,
    /@keyframes episodes-cql-0\{0%\{transform:translate\(14\.22px,46\.22px\)\}10%\{transform:translate\(14\.22px,14\.22px\)\}20%\{transform:translate\(14\.22px,14\.22px\)\}40%,to\{transform:translate\(78\.22px,14\.22px\)\}\}/,
  );
  match(
    svg,
    /@keyframes episodes-cql-1\{0%\{transform:translate\(17\.78px,49\.78px\)\}10%,to\{transform:translate\(49\.78px,49\.78px\)\}\}/,
  );
  match(
    svg,
    /@media screen and \(prefers-reduced-motion:no-preference\)\{\.episodes-cql\{animation:2\.5s linear infinite\}/,
  );
  // Where nothing moves, they stand at the end of their ways; the worst is told without colour too.
  match(
    svg,
    /id="episodes-cql-walker-1" transform="translate\(49\.78,49\.78\)/,
  );
  match(svg, /<path d="M17\.78,49\.78L49\.78,49\.78" [^>]*stroke-dasharray/);
  match(
    svg,
    /aria-label="Rollouts of cql: 0 \(return 2\.00, 4 steps, goal\); 17 \(return −9\.00, 1 step, hole\)"/,
  );
});

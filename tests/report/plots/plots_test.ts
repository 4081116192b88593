import { equal, match, ok, rejects } from "node:assert/strict";
import { gridworld } from "../../../src/environments/gridworld.ts";
import { type Cell, defaultsOf } from "../../../src/settings.ts";
import type { Grid } from "../../../src/report/plots/grid.ts";
import { plotLearningCurves } from "../../../src/report/plots/learning_curves.ts";
import { plotPolicyArrows } from "../../../src/report/plots/policy_arrows.ts";
import { renderPlot } from "../../../src/report/plots/render.ts";
import {
  plotReturnBars,
  plotSortedReturns,
} from "../../../src/report/plots/returns.ts";
import { plotRewardHistogram } from "../../../src/report/plots/reward_histogram.ts";
import { plotStateVisitation } from "../../../src/report/plots/state_visitation.ts";
import { sha256Hex } from "../../../src/numerics/hash.ts";

const { draw, resolve, settings } = gridworld;
const gridOf = (size: number, hazards: Cell[]): Grid => ({
  ...draw!(resolve({ ...defaultsOf(settings), size, hazards }, 0)),
  unsafe: "hazard",
});
const grid = gridOf(5, [[2, 1], [3, 2]]);
const visits = Float64Array.from({ length: 25 }, (_, i) => i % 7);

/** Texts of an SVG, in order. */
const texts = (svg: string) =>
  [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
const count = (svg: string, what: RegExp) => [...svg.matchAll(what)].length;

Deno.test("visits: a rectangle for each cell that was visited, a dot for the others", async () => {
  const svg = await plotStateVisitation(grid, visits);
  const cells = /role-mark layer_0_marks.*?<\/g>/.exec(svg)![0];
  equal(count(cells, /<path/g), visits.filter((n) => n > 0).length);
  const dots = /role-mark layer_2_marks.*?<\/g>/.exec(svg)![0];
  equal(count(dots, /<path/g), 4);
  const marks = /role-mark layer_1_marks.*?<\/g>/.exec(svg)![0];
  equal(count(marks, /fill="#d55e00"/g), 2);
  equal(count(marks, /fill="#0072b2"/g), 1);
  equal(count(marks, /fill="#007a58"/g), 1);
  for (
    const text of [
      "start",
      "goal",
      "hazard",
      "visits (log)",
      "Where the data have been",
    ]
  ) {
    ok(texts(svg).includes(text), text);
  }
});

Deno.test("arrows: action a of cell (x, y) points where it leads", async () => {
  const actions = new Int32Array(25).fill(0);
  actions[1 * 5 + 3] = 1; // cell (1, 3): x + 1
  actions[0 * 5 + 4] = 2; // cell (0, 4): y - 1
  actions[4 * 5 + 0] = 3; // cell (4, 0): x - 1
  const svg = await plotPolicyArrows("cql", grid, actions, visits);
  const arrows = /role-mark layer_2_marks.*?<\/g>/.exec(svg)![0];
  const placed = [
    ...arrows.matchAll(/translate\(([\d.]+),([\d.]+)\)(?: rotate\((\d+)\))?/g),
  ].map(
    ([, x, y, angle]) => [Number(x), Number(y), Number(angle)],
  );
  const step = 32;
  const centre = (
    x: number,
    y: number,
  ) => [step * (x + 0.5), step * (4 - y + 0.5)];
  const angleAt = (x: number, y: number) => {
    const [px, py] = centre(x, y);
    return placed.find(([a, b]) => Math.abs(a - px) < 1 && Math.abs(b - py) < 1)
      ?.[2];
  };
  equal(angleAt(1, 3), 90);
  equal(angleAt(0, 4), 180);
  equal(angleAt(4, 0), 270);
  // 25 cells less the goal and two hazards; the others point upwards, without a rotation.
  equal(count(arrows, /<path/g), 22);
  // Pale where the data have never been.
  const unseen = visits.filter((n, i) =>
    n === 0 && ![24, 2 * 5 + 1, 3 * 5 + 2].includes(i)
  );
  equal(count(arrows, /opacity="0.25"/g), unseen.length);
});

Deno.test("walls stand on the edge between their cells; what a grid has not, its legend has not", async () => {
  const walled: Grid = {
    ...grid,
    starts: [[0, 0], [0, 1]],
    hazards: [],
    walls: [[[3, 2], [2, 2]], [[1, 0], [1, 1]]],
  };
  const svg = await plotPolicyArrows("bc", walled, new Int32Array(25), visits);
  // Cells of 32 pixels, strokes of 4: at x = 96 for the height of row 2, at y = 128 below column 1.
  match(svg, /role-mark layer_1_marks[^>]*><path d="M94,62h4v36h-4Z"/);
  match(svg, /role-mark layer_2_marks[^>]*><path d="M30,126h36v4h-36Z"/);
  const placed = /role-mark layer_3_marks.*?<\/g>/.exec(svg)![0];
  equal(count(placed, /fill="#0072b2"/g), 2);
  equal(count(placed, /fill="#d55e00"/g), 0);
  ok(!texts(svg).includes("hazard"));
});

Deno.test("a logarithmic axis says so, a linear one does not", async () => {
  const rows = [[1, 1, 0.001], [2, 2, 9]];
  const columns = ["step", "loss", "tdLoss"];
  const shown = texts(await plotLearningCurves("cql", { columns, rows }));
  ok(shown.includes("loss") && shown.includes("TD loss (log)"), `${shown}`);
});

Deno.test("sorted returns: shares as the text writes them, and no word of one environment", async () => {
  const shown = texts(
    await plotSortedReturns([{ name: "bc", returns: [-9, 1, 2] }]),
  );
  ok(shown.includes("20 %") && shown.includes("100 %"), `${shown}`);
  ok(!`${shown}`.includes("hazard"), `${shown}`);
});

Deno.test("rewards: a bar for each distinct reward with its exact count", async () => {
  const svg = await plotRewardHistogram([[-1, -1, -1], [50, -100, -1, -1, -1]]);
  const shown = texts(svg);
  for (
    const text of [
      "6 (75 %)",
      "1 (12.5 %)",
      "50",
      "−1",
      "−100",
      "8 transitions",
    ]
  ) {
    ok(shown.includes(text), text);
  }
});

Deno.test("rewards: more than twelve distinct ones are binned, none is lost", async () => {
  const rewards = Array.from({ length: 1300 }, (_, i) => i % 13);
  const counts = texts(await plotRewardHistogram([rewards]))
    .map((text) => /^(\d+) \(/.exec(text))
    .filter((found) => found !== null)
    .map((found) => Number(found[1]));
  equal(counts.length, 12);
  equal(counts.reduce((a, b) => a + b), 1300);
});

Deno.test("returns: mean and deviation worked by hand", async () => {
  const svg = await plotReturnBars([
    { name: "bc", returns: [20, 22, 24] }, // variance 8 / 3
    { name: "cql", returns: [-100] },
  ]);
  ok(texts(svg).includes("22.0 ± 1.6"), texts(svg).join("|"));
  ok(texts(svg).includes("−100.0 ± 0.0"));
});

Deno.test("plots of the smallest and of degenerate data are drawn", async () => {
  await plotSortedReturns([{ name: "bc", returns: [1] }]);
  await plotReturnBars([{ name: "bc", returns: [0] }]);
  await plotRewardHistogram([[0]]);
  await plotStateVisitation(gridOf(2, []), [0, 0, 0, 0]);
  await plotLearningCurves("bc", {
    columns: ["step", "loss"],
    rows: [[100, 0]],
  });
  await plotLearningCurves("bc", {
    columns: ["step", "loss"],
    rows: [[1, 2], [2, 2]],
  });
  await plotLearningCurves("bc", {
    columns: ["step", "loss"],
    rows: [[1, 1e-9], [2, 1e9]],
  });
});

Deno.test("the same bytes every time, also when drawn at once, and ids of their own", async () => {
  const draw = () => plotStateVisitation(grid, visits);
  const alone = await draw();
  const [first, , second] = await Promise.all([
    draw(),
    plotRewardHistogram([[1]]),
    draw(),
  ]);
  equal(
    sha256Hex(new TextEncoder().encode(first)),
    sha256Hex(new TextEncoder().encode(alone)),
  );
  equal(second, alone);
  match(alone, /fill="url\(#state-visitation-1\)"/);
  match(alone, / id="state-visitation-1"/);
});

Deno.test("text that came from a user stays text", async () => {
  const svg = await plotReturnBars([{ name: `<script>"&'`, returns: [1, 2] }]);
  ok(!svg.includes("<script"));
  match(
    svg,
    /^<svg role="img" aria-label="Mean return of &lt;script&gt;&quot;&amp;&#39;" /,
  );
});

Deno.test("a faulty specification is an error, not a picture", async () => {
  const spec = {
    data: { values: [{ a: 1 }] },
    mark: "bar",
    encoding: { nowhere: { field: "a" } },
  };
  // deno-lint-ignore no-explicit-any
  await rejects(renderPlot("x", "x", spec as any), /nowhere/);
});

Deno.test("no network address but the namespaces", async () => {
  const svg = await plotStateVisitation(grid, visits);
  const addresses = [...svg.matchAll(/https?:[^"' )]+/g)].map(([address]) =>
    address
  );
  ok(
    addresses.every((address) => address.startsWith("http://www.w3.org/")),
    addresses.join(" "),
  );
});

/**
 * How exact evaluation and planning grow with the states of a world: random worlds of 25 actions with
 * ten outcomes each, one in ten of which ends the episode; -1 a step, +10 or -10 at the end. Prints a
 * table and writes `docs/performance/exact.svg`.
 *
 *     deno run --allow-read --allow-write=docs/performance bench/exact_growth.ts
 *
 * @module
 */
import { evaluateExactly } from "../src/mdp/exact.ts";
import { pointStart, stateIndices } from "../src/mdp/build.ts";
import type { FiniteMdp } from "../src/mdp/mdp.ts";
import { optimalActions } from "../src/mdp/optimal.ts";
import { randomStream } from "../src/numerics/random.ts";
import { type PlotSpec, renderPlot } from "../src/report/plots/render.ts";

const SIZES = [100, 300, 1_000, 3_000, 10_000];
const ACTIONS = 25;
const OUTCOMES = 10;
/** The best of so many counts. */
const TIMES = 3;

function randomWorld(stateCount: number): FiniteMdp {
  const stream = randomStream(stateCount, "exact growth");
  const pairs = stateCount * ACTIONS;
  const count = pairs * OUTCOMES;
  const ended = Uint8Array.from(
    { length: count },
    () => Math.max(0, stream.integer(20) - 17),
  );
  return {
    stateCount,
    actionCount: ACTIONS,
    outcomeOffsets: Uint32Array.from(
      { length: pairs + 1 },
      (_, pair) => pair * OUTCOMES,
    ),
    probability: new Float64Array(count).fill(1 / OUTCOMES),
    nextState: Int32Array.from(
      { length: count },
      () => stream.integer(stateCount),
    ),
    reward: Float64Array.from(ended, (n) => [-1, 10, -10][n]),
    outcome: ended,
    outcomes: [
      { name: "goal", ends: true, unsafe: false },
      { name: "hazard", ends: true, unsafe: true },
    ],
    start: pointStart(stateCount, 0),
    horizon: null,
    discount: 1,
    ...stateIndices(stateCount),
  };
}

function seconds(work: () => void): number {
  let best = Infinity;
  for (let i = 0; i < TIMES; i++) {
    const start = performance.now();
    work();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}

const values: { x: number; what: string; seconds: number }[] = [];
const heads = ["one action a state", "uniform policy", "100 steps", "optimal"];
console.log(`| states x ${ACTIONS} actions | ${heads.join(" | ")} |`);
console.log(`| ---: |${" ---: |".repeat(heads.length)}`);
for (const x of SIZES) {
  const mdp = randomWorld(x);
  const uniform = new Float64Array(x * ACTIONS).fill(1 / ACTIONS);
  const times = [
    seconds(() => evaluateExactly(mdp, new Int32Array(x))),
    seconds(() => evaluateExactly(mdp, uniform)),
    seconds(() => evaluateExactly(mdp, uniform, { horizon: 100 })),
    seconds(() => optimalActions(mdp)),
  ];
  heads.forEach((what, i) => values.push({ x, what, seconds: times[i] }));
  const cells = times.map((time) => `${time.toFixed(3)} s`);
  console.log(`| ${x.toLocaleString("en")} | ${cells.join(" | ")} |`);
}
const spec: PlotSpec = {
  data: { values },
  width: 360,
  height: 260,
  mark: { type: "line", point: true },
  encoding: {
    x: {
      field: "x",
      type: "quantitative",
      title: `states (${ACTIONS} actions, ${OUTCOMES} outcomes each)`,
      scale: { type: "log", nice: false },
      axis: { values: SIZES, format: "d", grid: false },
    },
    y: {
      field: "seconds",
      type: "quantitative",
      title: "seconds",
      scale: { type: "log" },
    },
    color: { field: "what", type: "nominal", title: null, sort: heads },
  },
};
await Deno.mkdir("docs/performance", { recursive: true });
await Deno.writeTextFile(
  "docs/performance/exact.svg",
  await renderPlot("exact", "Seconds of exact evaluation by states", spec),
);

/**
 * How the cost of a step grows with the work: with the batch, the hidden size, the size of a data
 * set whose observations do not repeat, and the number of threads. Prints a table and writes a plot
 * for each, `docs/performance/NAME.svg`.
 *
 *     deno run --allow-read --allow-write=docs/performance bench/growth.ts
 *
 * @module
 */
import { wasmBackend } from "../src/backends/wasm.ts";
import { type PlotSpec, renderPlot } from "../src/report/plots/render.ts";
import { distinctDataset } from "./distinct_dataset.ts";
import { type Algorithm, benchTask, type Variation } from "./seed42.ts";

/** Milliseconds of measuring a point, after as many of warming up; the best of {@link PARTS} counts. */
const MILLISECONDS = 600;
const PARTS = 4;
const LONGEST = 1_000_000;

/** One of the four plots. */
interface Growth {
  readonly name: string;
  readonly title: string;
  readonly points: readonly {
    readonly x: number;
    readonly threads: number;
    readonly variation: () => Variation;
  }[];
}

const cores = navigator.hardwareConcurrency;
const growths: Growth[] = [
  {
    name: "batch",
    title: "batch size (hidden 256-256, tutorial's dump)",
    points: [32, 64, 128, 256, 512, 1024, 2048, 4096].map((x) => ({
      x,
      threads: cores,
      variation: () => ({ batchSize: x }),
    })),
  },
  {
    name: "hidden",
    title: "hidden size (two layers, batch 256, tutorial's dump)",
    points: [64, 128, 256, 512, 1024].map((x) => ({
      x,
      threads: cores,
      variation: () => ({ hidden: [x, x] }),
    })),
  },
  {
    name: "dataset",
    title: "distinct observations of 64 numbers (hidden 256-256, batch 256)",
    points: [10_000, 100_000, 1_000_000].map((x) => ({
      x,
      threads: cores,
      variation: () => ({ dataset: distinctDataset(x, 64, 1) }),
    })),
  },
  {
    name: "threads",
    title:
      `threads on ${cores} cores (hidden 256-256, batch 256, tutorial's dump)`,
    points: [1, 2, 3, 4].map((x) => ({
      x,
      threads: x,
      variation: () => ({}),
    })),
  },
];

/** The least milliseconds a step of several measurements. */
async function stepTime(
  algorithm: Algorithm,
  threads: number,
  variation: Variation,
): Promise<number> {
  const session = await wasmBackend({ threads }).open(
    benchTask(algorithm, LONGEST, variation),
  );
  try {
    let step = 0;
    let size = 8;
    const run = async (): Promise<number> => {
      const start = performance.now();
      await session.run(step += size);
      return performance.now() - start;
    };
    // Warming up: until a run of the size takes the time of a part.
    for (let total = 0; total < MILLISECONDS;) {
      const taken = await run();
      total += taken;
      if (taken < MILLISECONDS / PARTS / 2) size *= 2;
    }
    let best = Infinity;
    for (let i = 0; i < PARTS; i++) best = Math.min(best, await run() / size);
    return best;
  } finally {
    await session.close();
  }
}

for (const { name, title, points } of growths) {
  const values: { x: number; algorithm: string; milliseconds: number }[] = [];
  console.log(`\n| ${title} | BC, ms a step | CQL, ms a step |`);
  console.log("| ---: | ---: | ---: |");
  for (const { x, threads, variation } of points) {
    const made = variation();
    const row: string[] = [];
    for (const algorithm of ["bc", "cql"] as Algorithm[]) {
      const milliseconds = await stepTime(algorithm, threads, made);
      values.push({ x, algorithm: algorithm.toUpperCase(), milliseconds });
      row.push(milliseconds.toFixed(3));
    }
    console.log(`| ${x.toLocaleString("en")} | ${row.join(" | ")} |`);
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
        title,
        scale: { type: "log", nice: false },
        axis: {
          values: points.map(({ x }) => x),
          format: name === "dataset" ? "~s" : "d",
          grid: false,
        },
      },
      y: {
        field: "milliseconds",
        type: "quantitative",
        title: "milliseconds a step",
        scale: { type: name === "threads" ? "linear" : "log" },
      },
      color: { field: "algorithm", type: "nominal", title: null },
    },
  };
  await Deno.mkdir("docs/performance", { recursive: true });
  await Deno.writeTextFile(
    `docs/performance/${name}.svg`,
    await renderPlot(name, `Milliseconds a step by ${title}`, spec),
  );
}

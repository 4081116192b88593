import { deepEqual, equal, ok } from "node:assert/strict";
import type { Interval } from "../../src/report/plots/exact_curves.ts";
import { plotSeeds } from "../../src/report/plots/seeds.ts";
import { plotPerformanceProfiles } from "../../src/report/plots/study.ts";
import { plotStudy } from "../../src/report/study_plots.ts";
import { studyReportHtml } from "../../src/report/study_report.ts";
import type {
  Aggregates,
  ByQuantity,
  PolicyAggregates,
  StudyCurve,
  StudyResult,
} from "../../src/evaluation/study_results.ts";

const around = (value: number, width = 0.1): Interval => ({
  value,
  low: value * (1 - width),
  high: value * (1 + width),
});

function aggregates(value: number): Aggregates {
  return {
    interquartileMean: around(value),
    median: around(value / 2),
    mean: value,
    optimalityGap: 0.25,
    worst: { value: value * 2, seed: 7 },
  };
}

function policy(
  preset: string,
  name: string,
  kind: "learner" | "reference",
  hazard: number,
): PolicyAggregates {
  const aggregated = {
    returnMean: aggregates(20),
    hazardProbability: aggregates(hazard),
    cvar10: aggregates(10),
  };
  const ends = { goalProbability: 0.875, timeoutProbability: 0.0625 };
  return { preset, policy: name, kind, aggregates: aggregated, ends };
}

const policies = [
  policy("tutorial", "bc", "learner", 0.04),
  policy("safe", "cql", "learner", 0.0004),
  policy("tutorial", "mostFrequentAction", "reference", 0.05),
  policy("tutorial", "optimal", "reference", 0.00002),
];

const thresholds = [1, 2, 3];
const shares = [0.75, 0.5, 0].map((share) => around(share));
const profiles = {
  thresholds,
  policies: policies.map(({ preset, policy }) => ({ preset, policy, shares })),
};
const everywhere = <T>(value: T): ByQuantity<T> => ({
  returnMean: value,
  hazardProbability: value,
  cvar10: value,
});

const paired = everywhere({
  betterOn: 3,
  worseOn: 1,
  share: around(0.75),
  difference: {
    interquartileMean: around(-0.5),
    median: around(-0.5),
    mean: -0.5,
  },
});

const values: StudyResult = {
  schema: "holdfast/study/2",
  study: {
    schema: "holdfast/study-config/1",
    seeds: [0, 1, 2, 3],
    suiteVersion: "9.8.7",
    algorithms: ["bc", "cql"],
    presets: {},
  },
  outcomes: [
    { name: "hazard", ends: true, unsafe: true },
    { name: "goal", ends: true, unsafe: false },
  ],
  quantities: ["returnMean", "hazardProbability", "cvar10"],
  bootstrapReplicates: 2000,
  policies,
  groups: [{
    presets: ["tutorial", "safe"],
    comparisons: [
      {
        better: policies[1],
        than: policies[0],
        probability: everywhere(around(0.875)),
        paired,
      },
      {
        better: policies[2],
        than: policies[3],
        probability: everywhere(around(0.125)),
        paired,
      },
    ],
    profiles: everywhere(profiles),
  }],
};

const curves: StudyCurve[] = policies.slice(0, 2).map(({ preset, policy }) => ({
  preset,
  policy,
  quantities: ["returnMean", "hazardProbability"],
  points: [100, 200].map((step) => ({
    step,
    value: around(10),
    unsafe: around(0.1),
  })),
}));

const seeds = (_: unknown, quantity: string) =>
  Float64Array.of(-4, 20, 21, 22).map((value, i) =>
    quantity === "hazardProbability" ? 0.1 ** i : value
  );

/** Text of the page without its tags, on one line. */
const plain = (page: string) =>
  page.replace(/<style>.*?<\/style>/s, "").replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");

Deno.test("the plots of a study, by name and with their policies", async () => {
  const plots = await plotStudy(values, curves, seeds);
  deepEqual(plots.map(([name]) => name), [
    "intervals-tutorial-safe",
    "seeds-tutorial-safe",
    "profiles-tutorial-safe",
    "profiles-unsafe-tutorial-safe",
    "profiles-cvar10-tutorial-safe",
    "curves-tutorial-safe",
  ]);
  const [, intervals] = plots[0];
  for (
    const text of [
      "tutorial bc",
      "safe cql",
      "mostFrequentAction",
      "4 %",
      "0.04 %",
    ]
  ) {
    ok(intervals.includes(`>${text}</text>`), text);
  }
  for (const [name, svg] of plots.slice(2)) {
    ok(
      svg.includes(">safe cql</text>") && !svg.includes("mostFrequent"),
      name,
    );
  }
});

Deno.test("a dot a seed, and of many seeds some from the lowest to the highest", async () => {
  const draw = (values: number[]) =>
    plotSeeds(
      "seeds",
      [{
        title: "return",
        isProbability: false,
        rows: [{ name: "bc", mean: 1, values: Float64Array.from(values) }],
      }],
      "tick",
    );
  const placed = (svg: string) =>
    [
      .../mark-symbol.*?<\/g>/s.exec(svg)![0].matchAll(/translate\(([\d.]+),/g),
    ].map(([, x]) => Number(x));
  deepEqual(placed(await draw([100, 0, 25])), [0, 110, 440]);
  const many = Array.from({ length: 1991 }, (_, i) => 1990 - i);
  const svg = await draw(many);
  const dots = placed(svg);
  equal(dots.length, 200);
  // Every tenth value on an axis from 0 to 2,000.
  deepEqual([dots[0], dots[1], dots.at(-1)], [0, 2.2, 437.8]);
  ok(svg.includes("200 dots of 1,991, evenly from the lowest to the highest"));
});

Deno.test("a study of several groups names their plots and reports each", async () => {
  const [group] = values.groups;
  const two = {
    ...values,
    groups: [{ ...group, presets: ["tutorial"] }, {
      ...group,
      presets: ["safe"],
    }],
  };
  const plots = await plotStudy(two, curves, seeds);
  equal(plots.length, 12);
  ok(plots.some(([name]) => name === "intervals-safe"));
  const text = plain(
    studyReportHtml({
      values: two,
      plots: Object.fromEntries(plots),
      configText: "{}",
      files: [],
    }),
  );
  ok(
    text.includes("Comparison: tutorial ") &&
      text.includes("Comparison: safe "),
  );
});

Deno.test("where there is no interval the report shows none", async () => {
  const bare = { value: 0.5, low: null, high: null };
  const aggregated = {
    ...aggregates(0.5),
    interquartileMean: bare,
    median: bare,
  };
  const [first, ...others] = policies;
  const without = {
    ...values,
    policies: [{ ...first, aggregates: everywhere(aggregated) }, ...others],
  };
  const plots = Object.fromEntries(await plotStudy(without, curves, seeds));
  const text = plain(
    studyReportHtml({ values: without, plots, configText: "{}", files: [] }),
  );
  ok(
    text.includes(
      "tutorial bc 0.50 1.00 0.25 50 % 50 % 100 % 87.5 % 6.25 % 0.50 ",
    ),
    text,
  );
});

Deno.test("the report of a study states the numbers", async () => {
  const plots = Object.fromEntries(await plotStudy(values, curves, seeds));
  const page = studyReportHtml({ values, plots, configText: "<b>", files: [] });
  const text = plain(page);
  for (
    const part of [
      "Study: tutorial bc, safe cql",
      "Seeds 0 to 3.",
      "bootstrap with 2000 draws of the seeds",
      "Version 9.8.7 of the suite.",
      "tutorial bc 2 % hazard, median (goal 87.5 %, timeout 6.25 %) 4 % hazard, mean 8 % hazard, worst seed (7) " +
      "20.00 expected return, IQM 40.00 expected return, worst seed (7) " +
      "deno task pipeline --preset tutorial --seed 7",
      "tutorial bc 20.00 [18.00, 22.00] 40.00 0.25 2 % [1.8, 2.2 %] 4 % 8 % 87.5 % 6.25 % 10.00 [9.00, 11.00]",
      "safe cql minus tutorial bc −0.50 [−0.45, −0.55] better on 3, worse on 1",
      "−50 % [−45, −55 %] better on 3, worse on 1",
      "optimal 20.00 [18.00, 22.00]",
      "safe cql over tutorial bc 87.5 %",
    ]
  ) ok(text.includes(part), part);
  ok(
    !text.includes("mostFrequentAction over"),
    "references are not compared with each other",
  );
  ok(page.includes("<pre>&lt;b&gt;</pre>"));
  equal(studyReportHtml({ values, plots, configText: "<b>", files: [] }), page);
  const large = studyReportHtml({
    values,
    plots,
    configText: "<b>",
    files: [],
    unlisted: 110_000,
  });
  ok(
    plain(large).includes("manifest.json has the 110,000 files of cells too."),
  );
  ok(!text.includes("manifest.json"));
});

/** Points of the lines of a plot, in pixels from the left and from the bottom. */
function linePoints(svg: string): [number, number][] {
  const [, path] = /mark-line[^>]*>.*? d="(M[^"]*)"/.exec(svg)!;
  return [...path.matchAll(/[ML]([-\d.]+),([-\d.]+)/g)].map((
    [, x, y],
  ) => [Number(x), 260 - Number(y)]);
}

Deno.test("a profile falls just where a run's score is passed", async () => {
  const draw = (higherIsBetter: boolean, values: number[]) =>
    plotPerformanceProfiles(
      "p",
      [0, 10],
      [{
        name: "a",
        shares: values.map((value) => ({ value, low: value, high: value })),
      }],
      { title: "score", isProbability: false, higherIsBetter },
      "",
    );
  const has = (points: [number, number][], x: number, y: number) =>
    points.some(([px, py]) =>
      Math.abs(px - x) < 0.01 && Math.abs(py - y) < 0.01
    );
  // Scores 0 and 10, more is better: all above -0.2, half from 0 to below 10, none above 10.
  const above = linePoints(await draw(true, [0.5, 0]));
  const zero = 460 * 0.2 / 10.2;
  deepEqual([above[0], above.at(-1)], [[0, 260], [460, 0]]);
  ok(
    has(above, zero, 260) && has(above, zero, 130) && has(above, 460, 130),
    `${above}`,
  );
  // Less is better: none below 0, half above 0 to 10, all from above 10 on.
  const below = linePoints(await draw(false, [0, 0.5]));
  const ten = 460 * 10 / 10.2;
  deepEqual([below[0], below.at(-1)], [[0, 0], [460, 260]]);
  ok(
    has(below, 0, 130) && has(below, ten, 130) && has(below, ten, 260),
    `${below}`,
  );
});

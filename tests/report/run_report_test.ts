import { resolveConfig } from "../../src/config/resolve.ts";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { fragment, page, table } from "../../src/report/html.ts";
import { plotRewardHistogram } from "../../src/report/plots/reward_histogram.ts";
import { type RunReport, runReportHtml } from "../../src/report/run_report.ts";

const values = {
  returnMean: -12.5,
  returnStd: 1,
  cvar10: -20,
  cvar1: -30,
  hazardProbability: 0.04,
  goalProbability: 0.95,
  timeoutProbability: 0.01,
  lengthMean: 29.31,
};

async function report(name = "cql"): Promise<RunReport> {
  return {
    metrics: {
      schema: "holdfast/metrics/1",
      config: resolveConfig("safe"),
      environment: {
        title: "the safety gridworld",
        outcomes: [
          { name: "hazard", ends: true, unsafe: true },
          { name: "goal", ends: true, unsafe: false },
        ],
        horizon: 80,
        discount: 1,
        optimal: values,
      },
      dataset: {
        episodes: 500,
        transitions: 16753,
        distinctObservations: 212,
        returnMean: -17.6,
        returnStd: 56,
        cutEpisodes: 2,
        hazardRate: 0.234,
        goalRate: 0.766,
      },
      displacementMisfit: null,
      policies: {
        [name]: {
          exact: values,
          regret: 34.19,
          rollout: {
            episodes: 30,
            returnMean: -11,
            returnStd: 2,
            lengthMean: 29,
            hazardRate: 0,
            goalRate: 1,
          },
          rolloutAgrees: true,
          actionMismatchRate: 0.25,
          sha256: "ab",
        },
      },
      references: {
        behaviour: values,
        mostFrequentAction: values,
        maximumLikelihoodModel: values,
        spibb: values,
        optimal: { ...values, returnMean: 21.69, hazardProbability: 2.42e-5 },
      },
    },
    version: "9.8.7",
    training: {
      [name]: {
        value: [-99, -80, -70, -60, -50, -40, -30, -20, -15, 2, -12.5],
        unsafe: [
          ...[1, 0.5, 0.4, 0.3, 0.2, 0.11, 0.1, 0.02, 0.05, 0.03, 0.04],
        ],
      },
    },
    plots: {
      "rewards": await plotRewardHistogram([[-1, 50]]),
      [`hazard-${name}`]: "<svg></svg>",
      "exact-curves": "<svg></svg>",
    },
    grid: null,
    configText: '{"seed": 42, "note": "<script>alert(1)</script>"}',
    files: [{ path: "config.json", sha256: "ab".repeat(32), bytes: 1234 }],
  };
}

/** Text of the page without its tags, on one line. */
const plain = (page: string) =>
  page.replace(/<style>.*?<\/style>/s, "").replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");

Deno.test("a probability that stays is not a range", async () => {
  const values = { value: [-1, -1], unsafe: [0, 0] };
  const run = { ...await report(), training: { cql: values } };
  const text = plain(runReportHtml(run));
  ok(text.includes("the hazard probability of cql is 0 %."), text);
});

Deno.test("the report states the numbers", async () => {
  const text = plain(runReportHtml(await report()));
  for (
    const part of [
      "Offline learning on data of the safety gridworld, seed 42.",
      "cql −12.50 1.00 −20.00 −30.00 4 % 95 % 1 % 29.3 34.19 25 %",
      "optimal 21.69 1.00 −20.00 −30.00 0.00242 % 95 % 1 % 29.3 0.00",
      "Probabilities in an episode of cql: hazard 4 % (once in 25 episodes), goal 95 %, timeout 1 %.",
      "the hazard probability of cql lies between 2 % and 11 %",
      "last 10 checkpoints: hazard 2 % to 50 %, median 10.5 % return −80.00 to 2.00, median −35.00",
      "4 % hazard 95 % goal time runs out in 1 % −12.50 expected return",
      "Offline run: cql, seed 42",
      "Made by Holdfast 9.8.7. deno task verify DIR , with this page",
      "500 episodes with 16,753 transitions in 212 different states",
      "Share of the episodes: hazard 23.4 %, goal 76.6 %.",
      `config.json 1,234 ${"ab".repeat(32)}`,
    ]
  ) ok(text.includes(part), part);
});

Deno.test("on a narrow screen each cell has its column's name", async () => {
  const text = runReportHtml(await report());
  const row = /<th scope="row">cql<\/th>(.*?)<\/tr>/s.exec(text)![1];
  deepEqual(
    [...row.matchAll(/data-head="([^"]*)">([^<]*)</g)].map(([, head, cell]) =>
      `${head} ${cell}`.replaceAll("\u00a0", " ")
    ).slice(4, 7),
    ["hazard 4 %", "goal 95 %", "timeout 1 %"],
  );
});

Deno.test("text of users stays text", async () => {
  const text = runReportHtml(await report(`"><img src=x onerror=alert(1)>`));
  ok(!text.includes("<img"));
  ok(!text.includes("<script"));
  match(text, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
});

Deno.test("the page needs no network and forbids itself one", async () => {
  const text = runReportHtml(await report());
  ok(
    text.includes(
      'content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"',
    ),
  );
  const addresses = [...text.matchAll(/https?:[^"' )<]+/g)].map(([a]) => a);
  ok(
    addresses.every((a) => a.startsWith("http://www.w3.org/")),
    `${addresses}`,
  );
  ok(!/ (src|href)="(?!#)/.test(text));
  equal(runReportHtml(await report()), text);
});

Deno.test("without a known environment the report shows what there is", async () => {
  const { metrics, ...rest } = await report();
  const { environment: _, references: __, ...known } = metrics;
  const text = plain(runReportHtml({
    ...rest,
    plots: { "rewards": rest.plots.rewards },
    metrics: {
      ...known,
      policies: { bc: { actionMismatchRate: 0.5, sha256: "ab" } },
    },
    training: {},
  }));
  ok(text.includes("Offline learning on given data, seed 42."), text);
  ok(text.includes("bc 50 %"));
  ok(!text.includes("NaN") && !text.includes("undefined"));
});

Deno.test("the template escapes what is not markup", () => {
  equal(
    fragment`<p title="${`"'`}">${"<b>"}${fragment`<i>${1}</i>`}</p>`.markup,
    `<p title="&quot;&#39;">&lt;b&gt;<i>1</i></p>`,
  );
  ok(page("<t>", fragment``, []).includes("<title>&lt;t&gt;</title>"));
  ok(!table(["a"], { title: "none", rows: [] }).markup.includes("none"));
});

Deno.test("the data's own names of actions stand in the report, obeyed by nothing", async () => {
  const plainReport = await report();
  ok(!plain(runReportHtml(plainReport)).includes("actions, in the order"));
  const { metrics } = plainReport;
  const page = (actionNames: string[]) =>
    plain(runReportHtml({
      ...plainReport,
      metrics: { ...metrics, dataset: { ...metrics.dataset, actionNames } },
    }));
  const begin = "actions, in the order of the outputs:";
  ok(page(["-3", "10"]).includes(`The 2 ${begin} -3, 10. `));
  ok(page(["<b>", "x\u202e"]).includes(`${begin} &lt;b&gt;, x\\u202e. `));
  const many = Array.from({ length: 1234 }, (_, a) => `${a + 1}`);
  ok(page(many).includes(`The 1,234 ${begin} 1, 2, `));
  ok(page(many).includes("19, 20 … "));
});

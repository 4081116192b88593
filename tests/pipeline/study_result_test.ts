import { deepEqual, equal, ok } from "node:assert/strict";
import type { ExactMetrics } from "../../src/evaluation/results.ts";
import type { CellResult } from "../../src/pipeline/study_cell.ts";
import { resolveStudy } from "../../src/pipeline/study_config.ts";
import {
  aggregatesCsv,
  curvesCsv,
  studyCsv,
  studyFindings,
} from "../../src/pipeline/study_result.ts";

const SEEDS = [3, 5, 8, 13];

function exact(returnMean: number, hazard: number): ExactMetrics {
  return {
    returnMean,
    returnStd: 2,
    cvar10: returnMean - 10,
    cvar1: returnMean - 20,
    hazardProbability: hazard,
    goalProbability: 1 - hazard,
    timeoutProbability: 0,
    lengthMean: 28,
  };
}

/** By seed. The learning curve ends at the exact values and begins 10 lower. */
const learners: Record<string, { returns: number[]; hazards: number[] }> = {
  bc: { returns: [10, 14, 18, 2], hazards: [0.125, 0.5, 0.25, 0.75] },
  cql: { returns: [18, 19, 20, 21], hazards: [0.125, 0, 0, 0.25] },
};

const OPTIMAL = exact(20, 0.0625);

function results(preset: string): CellResult[] {
  return SEEDS.flatMap((seed, i): CellResult[] => [
    ...Object.entries(learners).map(([name, { returns, hazards }]) => ({
      schema: "holdfast/study-learner/2" as const,
      cell: { preset, policy: name as "bc" | "cql", seed },
      task: "",
      exact: exact(returns[i], hazards[i]),
      actions: "",
      policySha256: `${name}${seed}`,
      curve: {
        columns: ["step", "loss", "returnMean", "hazardProbability"],
        rows: [
          [100, 0.5, returns[i] - 10, 1],
          [200, 0.25, returns[i], hazards[i]],
        ],
      },
    })),
    {
      schema: "holdfast/study-references/2",
      cell: { preset, policy: "references", seed },
      task: "",
      exact: {
        optimal: OPTIMAL,
        behaviour: exact(4, 0.5),
        mostFrequentAction: exact(5, 0.5),
        maximumLikelihood: exact(6, 0.5),
        spibb: exact(7, 0.5),
      },
    },
  ]);
}

const study = resolveStudy({ presets: ["smoke"], seeds: SEEDS });
// The order in which cells are finished must not matter.
const findings = studyFindings(study, results("smoke").toReversed());
const { result } = findings;

Deno.test("policies come in a fixed order, the learners first", () => {
  deepEqual(
    result.policies.map(({ policy, kind }) => [policy, kind]),
    [
      ["bc", "learner"],
      ["cql", "learner"],
      ["behaviour", "reference"],
      ["mostFrequentAction", "reference"],
      ["maximumLikelihood", "reference"],
      ["spibb", "reference"],
      ["optimal", "reference"],
    ],
  );
});

Deno.test("aggregates of four seeds are those worked by hand", () => {
  const [bc, cql] = result.policies.map(({ aggregates }) => aggregates);
  const value = (of: typeof bc, quantity: keyof typeof bc) => {
    const { worst, ...estimates } = of[quantity];
    const values = Object.values(estimates).map(({ value }) => value);
    return [...values, worst];
  };
  // interquartile mean (lowest and highest left out), median, mean, optimality gap, worst
  deepEqual(value(bc, "returnMean"), [12, 12, 11, 9, 2]);
  deepEqual(value(bc, "cvar10"), [2, 2, 1, 9, -8]);
  deepEqual(value(bc, "hazardProbability"), [
    0.375,
    0.375,
    0.40625,
    (0.0625 + 0.4375 + 0.1875 + 0.6875) / 4,
    0.75,
  ]);
  // A return above the optimum and a hazard below it are no negative gap.
  deepEqual(value(cql, "returnMean"), [19.5, 19.5, 19.5, (2 + 1) / 4, 18]);
  deepEqual(value(cql, "hazardProbability"), [
    0.0625,
    0.0625,
    0.09375,
    (0.0625 + 0.1875) / 4,
    0.25,
  ]);
});

Deno.test("intervals hold their statistic, within the seeds' range, and are a point without spread", () => {
  for (const { policy, kind, aggregates } of result.policies) {
    for (const quantity of ["returnMean", "hazardProbability"] as const) {
      const { worst: _, ...estimates } = aggregates[quantity];
      for (const { value, low, high } of Object.values(estimates)) {
        ok(low <= value && value <= high, policy);
        equal(kind === "reference", low === high);
      }
    }
  }
  const { low, high } = result.policies[0].aggregates.returnMean
    .interquartileMean;
  // All four draws from the lower and upper half are likely beyond 2.5 %: the ends lie there.
  ok(low >= 2 && low <= 8 && high >= 16 && high <= 18, `${low} ${high}`);
});

Deno.test("each pair is compared, for hazards the lower one does better", () => {
  const [{ presets, comparisons }] = result.groups;
  deepEqual(presets, ["smoke"]);
  equal(comparisons.length, 7 * 6 / 2);
  const [{ better, than, probability }] = comparisons;
  deepEqual([better.policy, than.policy], ["bc", "cql"]);
  // Of 16 pairs bc wins none and ties one, 18 against 18.
  equal(probability.returnMean.value, 0.5 / 16);
  // bc's 0.125 wins against 0.25 and ties 0.125, its 0.25 ties 0.25.
  equal(probability.hazardProbability.value, (1 + 0.5 + 0.5) / 16);
  equal(probability.cvar10.value, 0.5 / 16);
});

Deno.test("profiles step at every value", () => {
  const { returnMean, hazardProbability } = result.groups[0].profiles;
  deepEqual(
    returnMean.thresholds,
    [2, 4, 5, 6, 7, 10, 14, 18, 19, 20, 21],
  );
  const shares = ({ policies }: typeof returnMean, index: number) =>
    policies[index].shares.map(({ value }) => value * 4);
  deepEqual(shares(returnMean, 0), [3, 3, 3, 3, 3, 2, 1, 0, 0, 0, 0]);
  deepEqual(shares(returnMean, 1), [4, 4, 4, 4, 4, 4, 4, 3, 2, 1, 0]);
  // Less is better: shares below.
  deepEqual(
    hazardProbability.thresholds,
    [0, 0.0625, 0.125, 0.25, 0.5, 0.75],
  );
  deepEqual(shares(hazardProbability, 1), [0, 2, 2, 3, 4, 4]);
});

Deno.test("learning curves are interquartile means by step", () => {
  const [bc, cql] = findings.curves;
  deepEqual(
    bc.points.map(({ step, returnMean, hazardProbability }) => [
      step,
      returnMean.value,
      hazardProbability.value,
    ]),
    [[100, 2, 1], [200, 12, 0.375]],
  );
  equal(cql.points[1].returnMean.value, 19.5);
});

Deno.test("tables", () => {
  const rows = studyCsv(findings.series).split("\n");
  equal(
    rows[0],
    "preset,policy,kind,seed,returnMean,returnStd,cvar10,cvar1,hazardProbability," +
      "goalProbability,timeoutProbability,lengthMean,regret,policySha256",
  );
  equal(rows[4], "smoke,bc,learner,13,2,2,-8,-18,0.75,0.25,0,28,18,bc13");
  equal(rows[9], "smoke,behaviour,reference,3,4,2,-6,-16,0.5,0.5,0,28,16,");
  equal(rows.length, 1 + 7 * 4 + 1);
  const aggregates = aggregatesCsv(result).split("\n");
  equal(aggregates[0], "preset,policy,kind,quantity,statistic,value,low,high");
  equal(aggregates.length, 1 + 7 * 3 * 5 + 1);
  equal(aggregates[5], "smoke,bc,learner,returnMean,worst,2,,");
  const curve = curvesCsv(findings.curves).split("\n");
  ok(curve[2].startsWith("smoke,bc,200,12,"), curve[2]);
  equal(curve.length, 1 + 2 * 2 + 1);
});

Deno.test("presets with the same environment and data are one group with the references once", () => {
  const { environment, dataset } = study.presets.smoke;
  const both = {
    ...study,
    presets: {
      smoke: study.presets.smoke,
      tutorial: { ...study.presets.smoke, environment, dataset },
    },
  };
  const all = [...results("smoke"), ...results("tutorial")];
  const { groups, policies } = studyFindings(both, all).result;
  equal(policies.length, 14);
  deepEqual(groups.map(({ presets }) => presets), [["smoke", "tutorial"]]);
  deepEqual(
    groups[0].profiles.returnMean.policies.map(({ preset, policy }) =>
      `${preset}/${policy}`
    ),
    [
      "smoke/bc",
      "smoke/cql",
      "tutorial/bc",
      "tutorial/cql",
      "smoke/behaviour",
      "smoke/mostFrequentAction",
      "smoke/maximumLikelihood",
      "smoke/spibb",
      "smoke/optimal",
    ],
  );
  // Another policy beside it changes no interval.
  deepEqual(policies.slice(0, 7), result.policies);

  const apart = {
    ...both,
    presets: {
      ...both.presets,
      tutorial: {
        ...study.presets.smoke,
        dataset: { ...dataset, episodes: 61 },
      },
    },
  };
  deepEqual(
    studyFindings(apart, all).result.groups.map(({ presets }) => presets),
    [["smoke"], ["tutorial"]],
  );
});

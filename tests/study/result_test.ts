import { deepEqual, equal, ok } from "node:assert/strict";
import type { ExactMetrics } from "../../src/evaluation/results.ts";
import type { CellResult } from "../../src/study/cell.ts";
import { resolveStudy } from "../../src/study/config.ts";
import { aggregatesCsv, curvesCsv } from "../../src/study/result.ts";
import { findingsOf, studyCsv } from "./small_study.ts";

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
      schema: "holdfast/study-learner/3" as const,
      cell: { preset, policy: name as "bc" | "cql", seed },
      task: "",
      exact: exact(returns[i], hazards[i]),
      actions: "",
      policySha256: `${name}${seed}`,
      alarms: returns[i] < 15 ? ["modelValue" as const] : [],
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
        maximumLikelihoodModel: exact(6, 0.5),
        spibb: exact(7, 0.5),
      },
    },
  ]);
}

const study = resolveStudy({ presets: ["smoke"], seeds: SEEDS });
// The order in which cells are finished must not matter.
const findings = findingsOf(study, results("smoke").toReversed());
const { result } = findings;

Deno.test("policies come in a fixed order, the learners first", () => {
  deepEqual(
    result.policies.map(({ policy, kind }) => [policy, kind]),
    [
      ["bc", "learner"],
      ["cql", "learner"],
      ["behaviour", "reference"],
      ["mostFrequentAction", "reference"],
      ["maximumLikelihoodModel", "reference"],
      ["spibb", "reference"],
      ["optimal", "reference"],
    ],
  );
});

Deno.test("alarms are counted, of networks alone", () => {
  deepEqual(
    result.policies.slice(0, 3).map(({ alarms }) => alarms),
    [
      { modelValue: 3, largestActionValue: 0 },
      { modelValue: 0, largestActionValue: 0 },
      undefined,
    ],
  );
});

Deno.test("aggregates of four seeds are those worked by hand", () => {
  const [bc, cql] = result.policies.map(({ aggregates }) => aggregates);
  const value = (of: typeof bc, quantity: keyof typeof bc) => {
    const { interquartileMean, median, mean, optimalityGap, worst } =
      of[quantity];
    return [
      interquartileMean.value,
      median.value,
      mean,
      optimalityGap,
      worst.value,
      worst.seed,
    ];
  };
  // interquartile mean (lowest and highest left out), median, mean, optimality gap, worst, its seed
  deepEqual(value(bc, "returnMean"), [12, 12, 11, 9, 2, 13]);
  deepEqual(value(bc, "cvar10"), [2, 2, 1, 9, -8, 13]);
  deepEqual(value(bc, "hazardProbability"), [
    0.375,
    0.375,
    0.40625,
    (0.0625 + 0.4375 + 0.1875 + 0.6875) / 4,
    0.75,
    13,
  ]);
  // A return above the optimal policy's and a hazard below it are no negative gap.
  deepEqual(value(cql, "returnMean"), [19.5, 19.5, 19.5, (2 + 1) / 4, 18, 3]);
  deepEqual(value(cql, "hazardProbability"), [
    0.0625,
    0.0625,
    0.09375,
    (0.0625 + 0.1875) / 4,
    0.25,
    13,
  ]);
  const [{ ends }] = result.policies;
  deepEqual(ends, { goalProbability: 1 - 0.375, timeoutProbability: 0 });
});

const NONE = { low: null, high: null };

/** A study of some seeds in which bc has these returns and hazards that fall with them. */
function studyOf(returns: readonly number[]) {
  const seeds = returns.map((_, seed) => seed);
  const cells = seeds.flatMap((seed) => {
    const [bc, cql, references] = results("smoke").slice(0, 3);
    const cell = (of: CellResult) => ({ ...of.cell, seed });
    return [
      {
        ...bc,
        cell: cell(bc),
        exact: exact(returns[seed], 0.5 - returns[seed] / 100),
      },
      { ...cql, cell: cell(cql) },
      { ...references, cell: cell(references) },
    ] as CellResult[];
  });
  return findingsOf({ ...study, seeds }, cells).result;
}

Deno.test("an interval is given only where it holds what it claims", () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  for (
    const [returns, bootstrapped, ordered] of [
      [[1], false, false],
      [upTo(5), false, false],
      [upTo(6), false, true],
      [upTo(9), false, true],
      [upTo(10), true, true],
      // All draws of equal seeds are equal; the median of others like them is exact.
      [Array<number>(10).fill(7), false, true],
    ] as const
  ) {
    const { interquartileMean, median, mean, optimalityGap } =
      studyOf(returns).policies[0].aggregates.returnMean;
    equal(interquartileMean.low !== null, bootstrapped, `${returns}`);
    equal(interquartileMean.high !== null, bootstrapped);
    equal(median.low !== null, ordered, `${returns}`);
    equal(typeof mean, "number");
    equal(typeof optimalityGap, "number");
  }
  const { interquartileMean, median } =
    studyOf(upTo(10)).policies[0].aggregates.returnMean;
  deepEqual(median, { value: 5.5, low: 2, high: 9 });
  const { value, low, high } = interquartileMean;
  ok(low! >= 2 && low! < 4 && high! > 7 && high! <= 9, `${low} ${high}`);
  equal(value, 5.5);
});

Deno.test("that all of five seeds do better is no certainty", () => {
  const [{ probability, paired }] =
    studyOf([1, 2, 3, 4, 5]).groups[0].comparisons;
  // cql's 18 is above each of bc's.
  const { betterOn, worseOn, share, difference } = paired.returnMean;
  deepEqual([betterOn, worseOn], [0, 5]);
  for (const { value, low, high } of [probability.returnMean, share]) {
    deepEqual([value, low], [0, 0]);
    ok(Math.abs(high! - 0.5218237501049815) < 1e-12, `${high}`);
  }
  equal(difference.interquartileMean.value, 3 - 18);
  equal(difference.mean, 3 - 18);
  deepEqual(difference.median, { value: 3 - 18, ...NONE });
  for (
    const { policies } of [
      studyOf([1, 2, 3, 4, 5]).groups[0].profiles.returnMean,
    ]
  ) {
    const last = policies[0].shares.at(-1)!;
    deepEqual([last.value, last.low], [0, 0]);
    ok(last.high! > 0.5);
  }
});

Deno.test("paired differences are those of the same seed", () => {
  const [{ better, than, paired }] = result.groups[0].comparisons;
  deepEqual([better.policy, than.policy], ["bc", "cql"]);
  const { betterOn, worseOn, share, difference } = paired.returnMean;
  // -8, -5, -2 and -19.
  deepEqual([betterOn, worseOn, share.value], [0, 4, 0]);
  deepEqual(difference, {
    interquartileMean: { value: -6.5, ...NONE },
    median: { value: -6.5, ...NONE },
    mean: -8.5,
  });
  // Hazards of bc are 0, 0.5, 0.25 and 0.5 higher: a tie and three that are worse.
  const hazards = paired.hazardProbability;
  deepEqual([hazards.betterOn, hazards.worseOn], [0, 3]);
  equal(hazards.difference.median.value, 0.375);
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
    bc.points.map(({ step, value, unsafe }) => [
      step,
      value.value,
      unsafe!.value,
    ]),
    [[100, 2, 1], [200, 12, 0.375]],
  );
  equal(cql.points[1].value.value, 19.5);
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
  equal(aggregates.length, 1 + 7 * 3 * 6 + 1);
  deepEqual(aggregates.slice(1, 7), [
    "smoke,bc,learner,returnMean,interquartileMean,12,,",
    "smoke,bc,learner,returnMean,median,12,,",
    "smoke,bc,learner,returnMean,mean,11,,",
    "smoke,bc,learner,returnMean,optimalityGap,9,,",
    "smoke,bc,learner,returnMean,worst,2,,",
    "smoke,bc,learner,returnMean,worstSeed,13,,",
  ]);
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
  const { groups, policies } = findingsOf(both, all).result;
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
      "smoke/maximumLikelihoodModel",
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
    findingsOf(apart, all).result.groups.map(({ presets }) => presets),
    [["smoke"], ["tutorial"]],
  );
});

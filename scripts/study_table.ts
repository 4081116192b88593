/**
 * What `deno task study` prints at its end.
 *
 * @module
 */
import {
  decimal,
  type Estimate,
  formatTable,
  type Output,
  percent,
  type PolicyAggregates,
  type PolicyName,
  type StudyResult,
} from "../mod.ts";

/** What a column shows of a policy. */
const COLUMNS: readonly {
  readonly name: string;
  readonly of: (aggregates: PolicyAggregates["aggregates"]) => string;
}[] = [
  {
    name: "return",
    of: ({ returnMean }) => interval(returnMean.interquartileMean, decimal),
  },
  {
    name: "CVaR 10 %",
    of: ({ cvar10 }) => decimal(cvar10.interquartileMean.value),
  },
  {
    name: "gap",
    of: ({ returnMean }) => decimal(returnMean.optimalityGap.value),
  },
  {
    name: "hazard",
    of: ({ hazardProbability }) => percent(hazardProbability.median.value),
  },
  {
    name: "worst hazard",
    of: ({ hazardProbability }) => percent(hazardProbability.worst),
  },
];

/** Prints a table with a row a policy and the presets side by side, and how the learners compare. */
export function printStudy(output: Output, result: StudyResult): void {
  const presets = Object.keys(result.study.presets);
  const { seeds } = result.study;
  output.write(
    `\n${seeds.length} seeds. return: interquartile mean [95 % interval], exact; CVaR 10 %: its interquartile mean;\n` +
      "gap: mean shortfall of the return from the optimum; hazard: median and worst seed.\n\n",
  );
  const head = COLUMNS.flatMap(({ name }) =>
    presets.map((preset) => presets.length > 1 ? `${preset} ${name}` : name)
  );
  const policies = new Set(
    ["learner", "reference"].flatMap((kind) =>
      result.policies.filter((entry) => entry.kind === kind)
    ).map(({ policy }) => policy),
  );
  const rows = [...policies].map((policy) => [
    policy,
    ...COLUMNS.flatMap(({ of }) =>
      presets.map((preset) => {
        const found = result.policies.find((entry) =>
          entry.preset === preset && entry.policy === policy
        );
        return found ? of(found.aggregates) : "";
      })
    ),
  ]);
  output.write(formatTable(output, ["policy", ...head], rows));
  const learners = new Set(
    result.policies.filter(({ kind }) => kind === "learner").map(nameOf),
  );
  const comparisons = result.groups.flatMap((group) => group.comparisons)
    .filter(({ better, than }) =>
      learners.has(nameOf(better)) && learners.has(nameOf(than))
    );
  if (comparisons.length === 0) return;
  output.write(
    "\nHow likely a seed of the first does better than one of the second:\n\n",
  );
  const label = ({ preset, policy }: PolicyName) =>
    presets.length > 1 ? `${preset} ${policy}` : policy;
  output.write(formatTable(
    output,
    ["first, second", "return", "hazard", "CVaR 10 %"],
    comparisons.map(({ better, than, probability }) => [
      `${label(better)}, ${label(than)}`,
      ...[
        probability.returnMean,
        probability.hazardProbability,
        probability.cvar10,
      ].map((estimate) => interval(estimate, decimal)),
    ]),
  ));
}

function nameOf({ preset, policy }: PolicyName): string {
  return `${preset}/${policy}`;
}

function interval(
  { value, low, high }: Estimate,
  write: (value: number) => string,
): string {
  return `${write(value)} [${write(low)}, ${write(high)}]`;
}

/**
 * What `deno task study` prints at its end.
 *
 * @module
 */
import {
  type Estimate,
  formatTable,
  type Output,
  type PolicyAggregates,
  type PolicyName,
  type StudyResult,
  style,
} from "../mod.ts";
import { decimal, percent } from "../src/report/numbers.ts";

/** What is shown of a policy. */
const COLUMNS: readonly {
  readonly name: string;
  readonly of: (aggregates: PolicyAggregates["aggregates"]) => string;
}[] = [
  {
    name: "return",
    of: ({ returnMean }) => interval(returnMean.interquartileMean),
  },
  {
    name: "CVaR 10 %",
    of: ({ cvar10 }) => decimal(cvar10.interquartileMean.value),
  },
  {
    name: "hazard, worst",
    of: ({ hazardProbability: { median, worst } }) =>
      `${percent(median.value)}, ${percent(worst)}`,
  },
];

/**
 * Prints what each policy reaches, several presets side by side, and how the learners compare.
 *
 * @param output Where to.
 */
export function printStudy(output: Output, result: StudyResult): void {
  const { seeds, presets } = result.study;
  output.write(`
Exact values over ${seeds.length} seeds. return, CVaR 10 %: interquartile mean over the seeds
[95 % interval]; hazard, worst: median over the seeds and the worst seed's.
`);
  const names = Object.keys(presets);
  if (names.length === 1) {
    output.write("\n");
    printPolicies(
      output,
      result,
      COLUMNS.map((column) => ({
        head: column.name,
        ...column,
        preset: names[0],
      })),
    );
  } else {
    for (const column of COLUMNS) {
      output.write(`\n${style(output, "bold", column.name)}\n`);
      printPolicies(
        output,
        result,
        names.map((preset) => ({ head: preset, ...column, preset })),
      );
    }
  }
  printComparisons(output, result);
}

function printPolicies(
  output: Output,
  { policies }: StudyResult,
  columns:
    readonly (typeof COLUMNS[number] & { head: string; preset: string })[],
): void {
  const learnersFirst = policies.toSorted((a, b) =>
    a.kind === b.kind ? 0 : a.kind === "learner" ? -1 : 1
  );
  const rows = [...new Set(learnersFirst.map(({ policy }) => policy))].map(
    (policy) => [
      policy,
      ...columns.map(({ preset, of }) => {
        const found = policies.find((entry) =>
          entry.preset === preset && entry.policy === policy
        );
        return found ? of(found.aggregates) : "";
      }),
    ],
  );
  const head = columns.map(({ head }) => head);
  output.write(formatTable(output, ["policy", ...head], rows));
}

function printComparisons(output: Output, result: StudyResult): void {
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
    Object.keys(result.study.presets).length > 1
      ? `${preset} ${policy}`
      : policy;
  output.write(formatTable(
    output,
    ["first, second", "return", "hazard", "CVaR 10 %"],
    comparisons.map(({ better, than, probability }) => [
      `${label(better)}, ${label(than)}`,
      ...[
        probability.returnMean,
        probability.hazardProbability,
        probability.cvar10,
      ].map(interval),
    ]),
  ));
}

function nameOf({ preset, policy }: PolicyName): string {
  return `${preset}/${policy}`;
}

function interval({ value, low, high }: Estimate): string {
  return `${decimal(value)} [${decimal(low)}, ${decimal(high)}]`;
}

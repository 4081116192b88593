/**
 * What `deno task study` prints at its end.
 *
 * @module
 */
import {
  type Comparison,
  type Estimate,
  formatTable,
  type Output,
  type PolicyAggregates,
  type PolicyName,
  type StudyResult,
  style,
} from "../mod.ts";
import { decimal, percent, percentDifference } from "../src/report/numbers.ts";

/** What is shown of a policy. */
const COLUMNS: readonly {
  /** As a heading. */
  readonly name: string;
  /** As the head of a column, beside the others. */
  readonly head: string;
  readonly of: (policy: PolicyAggregates) => string;
}[] = [
  {
    name: "return, IQM",
    head: "return, IQM",
    of: ({ aggregates: { returnMean } }) =>
      interval(returnMean.interquartileMean, decimal),
  },
  {
    name: "return, worst",
    head: "worst",
    of: ({ aggregates: { returnMean } }) => decimal(returnMean.worst.value),
  },
  {
    name: "hazard",
    head: "hazard",
    of: ({ aggregates: { hazardProbability } }) =>
      percent(hazardProbability.median.value),
  },
  {
    name: "hazard, worst",
    head: "worst",
    of: ({ aggregates: { hazardProbability } }) =>
      percent(hazardProbability.worst.value),
  },
  {
    name: "goal",
    head: "goal",
    of: ({ ends }) => percent(ends.goalProbability),
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
Exact values over ${seeds.length} seeds. IQM: interquartile mean [95 % interval, where one can
be given]; worst: the worst seed's; hazard, goal: medians.
`);
  const names = Object.keys(presets);
  if (names.length === 1) {
    output.write("\n");
    printPolicies(
      output,
      result,
      COLUMNS.map((column) => ({ ...column, preset: names[0] })),
    );
  } else {
    for (const column of COLUMNS) {
      output.write(`\n${style(output, "bold", column.name)}\n`);
      printPolicies(
        output,
        result,
        names.map((preset) => ({ ...column, head: preset, preset })),
      );
    }
  }
  printComparisons(output, result);
}

function printPolicies(
  output: Output,
  { policies }: StudyResult,
  columns: readonly (typeof COLUMNS[number] & { preset: string })[],
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
        return found ? of(found) : "";
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
    "\nThe first minus the second on the same seeds: IQM [95 % interval], and the seeds on which the\n" +
      "first does better : worse\n\n",
  );
  const label = ({ preset, policy }: PolicyName) =>
    Object.keys(result.study.presets).length > 1
      ? `${preset} ${policy}`
      : policy;
  const cell = (
    { difference, betterOn, worseOn }: Comparison["paired"]["returnMean"],
    write: (value: number) => string,
  ) =>
    `${interval(difference.interquartileMean, write)} ${betterOn} : ${worseOn}`;
  output.write(formatTable(
    output,
    ["first, second", "return", "hazard"],
    comparisons.map(({ better, than, paired }) => [
      `${label(better)}, ${label(than)}`,
      cell(paired.returnMean, decimal),
      cell(paired.hazardProbability, percentDifference),
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
  if (low === null || high === null) return write(value);
  return `${write(value)} [${write(low)}, ${write(high)}]`;
}

/**
 * What `deno task study` prints at the end.
 *
 * @module
 */
import type { OutcomeProbability, StudyResult } from "../mod.ts";
import {
  deviationWords,
  returnWriter,
  seedCount,
  supportWords,
  unsafeName,
  worthWords,
} from "../runs.ts";
import type {
  Comparison,
  Estimate,
  PolicyAggregates,
  PolicyName,
  SeedValue,
} from "../statistics.ts";
import {
  formatTable,
  type Output,
  percent,
  percentDifference,
  style,
} from "../tools.ts";

/** Something that is shown of a policy. */
interface Column {
  /** As a heading. */
  readonly name: string;
  /** As the head of a column, beside the others. */
  readonly head: string;
  readonly of: (policy: PolicyAggregates) => string;
}

/** What is shown of a study's policies. */
function columnsOf(result: StudyResult): Column[] {
  const { quantities: [value], policies: [{ ends, supportedOn }] } = result;
  const words = worthWords(result);
  const write = returnWriter(result);
  const unsafe = unsafeName(result);
  const risk = (name: string): Column[] => [
    {
      name,
      head: name,
      of: ({ aggregates }) =>
        percent(aggregates[`${name}Probability`].median.value),
    },
    {
      name: `${name}, mean`,
      head: "mean",
      of: ({ aggregates }) => percent(aggregates[`${name}Probability`].mean),
    },
    {
      name: `${name}, worst`,
      head: "worst",
      of: ({ aggregates }) => {
        const { worst } = aggregates[`${name}Probability`];
        return `${percent(worst.value)} ${nameOfSeed(worst)}`;
      },
    },
  ];
  return [
    ...supportedOn === undefined ? [] : [{
      name: "supported",
      head: "supported",
      of: (policy: PolicyAggregates) => supportWords(policy, result),
    }],
    {
      name: `${words}, IQM`,
      head: `${words}, IQM`,
      of: ({ aggregates }) =>
        interval(aggregates[value].interquartileMean, write),
    },
    {
      name: `${words}, worst`,
      head: "worst",
      of: ({ aggregates: { [value]: { worst } } }) =>
        `${write(worst.value)} ${nameOfSeed(worst)}`,
    },
    ...unsafe === null ? [] : risk(unsafe),
    ...Object.keys(ends).filter((key) => key !== "timeoutProbability").map((
      key,
    ): Column => {
      const name = key === "neverEndsProbability"
        ? "never ends"
        : key.replace(/Probability$/, "");
      return {
        name,
        head: name,
        of: ({ ends }) => percent(ends[key as OutcomeProbability]),
      };
    }),
  ];
}

/** `(3)`, or with a training seed `(3, 1)`. */
function nameOfSeed({ seed, trainingSeed }: SeedValue): string {
  return trainingSeed === undefined
    ? `(${seed})`
    : `(${seed}, ${trainingSeed})`;
}

/**
 * Prints what each policy reaches, several presets side by side, and how the learners compare.
 *
 * @param output Where to.
 */
export function printStudy(output: Output, result: StudyResult): void {
  const { presets, trainingSeeds } = result.study;
  const over = seedCount(result.study);
  const worst = trainingSeeds
    ? "the worst (seed, training seed)"
    : "the worst (seed)";
  const shown = columnsOf(result);
  const isOfLog = result.policies[0].supportedOn !== undefined;
  const medians = shown.map(({ head }) => head).slice(2)
    .filter((head) => head !== "worst" && head !== "mean");
  output.write(
    isOfLog
      ? `
Estimates from episodes that nothing was learnt from, over ${over}. Supported: for how many
the data support the policy. IQM: interquartile mean [95 % interval over the seeds, where
one can be given]; worst: ${worst}.
`
      : `
Exact values over ${over}. IQM: interquartile mean [95 % interval, where one can
be given]; worst: ${worst}; ${medians.join(", ")}: medians.
`,
  );
  const names = Object.keys(presets);
  if (names.length === 1) {
    output.write("\n");
    printPolicies(
      output,
      result,
      shown.map((column) => ({ ...column, preset: names[0] })),
    );
  } else {
    for (const column of shown) {
      output.write(`\n${style(output, "bold", column.name)}\n`);
      printPolicies(
        output,
        result,
        names.map((preset) => ({ ...column, head: preset, preset })),
      );
    }
  }
  printSpread(output, result);
  printComparisons(output, result);
}

/** How much of the spread is between seeds, and how much between trainings on the same data. */
function printSpread(output: Output, result: StudyResult): void {
  const { quantities: [value], policies, study: { presets } } = result;
  const unsafe = unsafeName(result);
  const trained = policies.filter(({ aggregates }) =>
    aggregates[value].variances
  );
  if (trained.length === 0) return;
  output.write(
    "\nStandard deviation between seeds, and between trainings on the same data\n\n",
  );
  const several = Object.keys(presets).length > 1;
  output.write(formatTable(
    output,
    ["policy", worthWords(result), ...unsafe === null ? [] : [unsafe]],
    trained.map(({ preset, policy, aggregates }) => [
      several ? `${preset} ${policy}` : policy,
      deviationWords(aggregates[value], returnWriter(result)),
      ...unsafe === null
        ? []
        : [deviationWords(aggregates[`${unsafe}Probability`], percent)],
    ]),
  ));
}

function printPolicies(
  output: Output,
  { policies }: StudyResult,
  columns: readonly (Column & { preset: string })[],
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
  const unsafe = unsafeName(result);
  const [value] = result.quantities;
  const write = returnWriter(result);
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
    ["first, second", worthWords(result), ...unsafe === null ? [] : [unsafe]],
    comparisons.map(({ better, than, paired }) => [
      `${label(better)}, ${label(than)}`,
      cell(paired[value], write),
      ...unsafe === null
        ? []
        : [cell(paired[`${unsafe}Probability`], percentDifference)],
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

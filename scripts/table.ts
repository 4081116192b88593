/**
 * `deno task table`: all learners and references in five worlds, and docs/table.md.
 *
 * @module
 */
import { join, resolve } from "node:path";
import {
  InputError,
  parseSeeds,
  readJsonFile,
  runStudy,
  type StudyResult,
  StudyStoppedError,
} from "../mod.ts";
import { deviationWords, seedList, unsafeMeasure } from "../runs.ts";
import type { Estimate, PolicyAggregates, SeedValue } from "../statistics.ts";
import {
  decimal,
  percent,
  processOutput,
  type Progress,
  showProgress,
  suggest,
  writeFileAtomic,
} from "../tools.ts";
import { artifactsFolder, integerFlag, runScript, type Usage } from "./cli.ts";
import { listenForInterrupt } from "./interrupt.ts";
import {
  GROUPS,
  standsIn,
  type TableGroup,
  tableStudy,
  type TableWorld,
  WORLDS,
} from "./table_studies.ts";

const SUITE = resolve(import.meta.dirname ?? ".", "..");

const usage: Usage = {
  command: "deno task table",
  about:
    "Trains all learners in five worlds, a study for each world and group of learners, and writes\n" +
    "docs/table.md from the studies that are finished in its folder. The same command goes on where\n" +
    "it was stopped; worlds and groups can be made one after the other, each with its own sizes.",
  flags: {
    worlds: {
      value: "W,…",
      help: `${WORLDS.map(({ name }) => name).join(", ")} (default: all)`,
    },
    learners: {
      value: "G,…",
      help: `${GROUPS.map(({ name }) => name).join(", ")} (default: all)`,
    },
    seeds: { value: "LIST", help: "of layouts and data (default: 0..9)" },
    "training-seeds": {
      value: "LIST",
      help: "of networks and minibatches, on each seed's data (default: 0..2)",
    },
    steps: {
      value: "N",
      help: "of each training but those of the preset safe (default: 5000)",
    },
    icu: {
      value: "FILE",
      help:
        "ICU-Sepsis' dynamics.npz (default: that of ../shared/truth beside the suite)",
    },
    jobs: {
      value: "N",
      help: "trainings at the same time (default: the machine's cores)",
    },
    folder: {
      value: "DIR",
      help: "where the studies are (default: artifacts/table)",
    },
    out: { value: "FILE", help: "the page (default: docs/table.md)" },
  },
  leavesFiles: true,
};

await runScript(usage, async (args) => {
  const { values } = args;
  const worlds = chosen("--worlds", WORLDS, values.worlds);
  const groups = chosen("--learners", GROUPS, values.learners);
  const folder = values.folder ?? join(artifactsFolder(), "table");
  const page = values.out ?? join(SUITE, "docs/table.md");
  const sizes = {
    seeds: parseSeeds(values.seeds ?? "0..9"),
    trainingSeeds: parseSeeds(
      values["training-seeds"] ?? "0..2",
      "--training-seeds",
    ),
    steps: integerFlag(args, "steps", 1, 10_000_000) ?? 5_000,
    icu: values.icu ??
      join(SUITE, "../shared/truth/mdp/icu-sepsis/dynamics.npz"),
  };
  const jobs = integerFlag(args, "jobs", 1, 256);
  const screen = processOutput("stderr");
  const interrupt = await listenForInterrupt(
    "stopping; Ctrl-C again stops at once",
  );
  try {
    for (const group of groups) {
      for (const world of worlds.filter((world) => standsIn(group, world))) {
        const { study, world: file } = await tableStudy(world, group, sizes);
        let progress: Progress | undefined;
        await runStudy({
          study,
          world: file,
          out: join(folder, world.name, group.name),
          jobs,
          signal: interrupt.signal,
          onProgress({ cells, allCells, steps, allSteps }) {
            if (cells === allCells) return progress?.finish();
            progress ??= showProgress(
              screen,
              `${world.name}, ${group.name}`,
              allSteps,
              "steps",
              steps,
            );
            progress.update(steps);
          },
        });
        writeFileAtomic(page, pageOf(folder));
      }
    }
  } catch (error) {
    if (!(error instanceof StudyStoppedError)) throw error;
    screen.write("\nwhat is finished is kept; the same command continues\n");
    return 130;
  }
  writeFileAtomic(page, pageOf(folder));
  processOutput("stdout").write(`${page}: the table\n`);
  return 0;
});

/** Those of a list that a flag names; all without it. */
function chosen<T extends { readonly name: string }>(
  flag: string,
  all: readonly T[],
  text: string | undefined,
): readonly T[] {
  if (text === undefined) return all;
  const names = text.split(",");
  const known = all.map(({ name }) => name);
  for (const name of names) {
    if (!known.includes(name)) {
      throw new InputError(
        `${flag}: ${JSON.stringify(name)} is unknown; ${suggest(name, known)}`,
      );
    }
  }
  return all.filter(({ name }) => names.includes(name));
}

/** A finished study of the folder. */
interface Finished {
  readonly group: TableGroup;
  readonly result: StudyResult;
}

/** A policy's numbers in a world. */
interface Row {
  readonly label: string;
  readonly isReference: boolean;
  readonly policy: PolicyAggregates;
}

function pageOf(folder: string): string {
  const found = WORLDS.map((world) => ({
    world,
    studies: GROUPS.flatMap((group): Finished[] => {
      const result = resultIn(join(folder, world.name, group.name));
      return result ? [{ group, result }] : [];
    }),
  })).filter(({ studies }) => studies.length > 0);
  const missing = WORLDS.flatMap((world) =>
    GROUPS.filter((group) =>
      standsIn(group, world) &&
      resultIn(join(folder, world.name, group.name)) === null
    ).map((group) => `${group.name} in ${world.name}`)
  );
  const groups = GROUPS.map(({ name, rows, about }) =>
    `- \`${name}\`: ${Object.values(rows).join("; ")} (${about})\n`
  ).join("");
  return `# All learners in five worlds

\`deno task table\` makes this page from studies that it trains, or goes on with.
Values are exact, of the policies that were learnt. A learner has the same
settings in all worlds, but for \`gamma\` (the world's discount where that is
below 1, else 0.99) and for \`ramdp.kappa\` and \`budgetedCql.budget\`, which are
in units of a world. They are not tuned to these worlds and seeds: those of the
tables, of cql and of the preset \`safe\` were chosen on the gridworld's layouts
100 to 119, the others before anything was run. Networks are small (two layers
of 32) and trained for few steps where nothing else is said, so that all could
be run; rows say what such settings do, and not what a learner can do at best.

Seeds draw data (and layouts), training seeds networks and minibatches: what
needs no training is there once a seed. IQM is the interquartile mean with its
95 % interval over seeds, each drawn with all its trainings; there is none of
fewer than ten seeds. The worst has its seed and training seed. The last two
columns are standard deviations of the value between seeds and between trainings
on the same data. [Studies](studies.md) says how each is computed.

${groups}${
    missing.length === 0
      ? ""
      : `\nNot made, or not finished: ${missing.join("; ")}.\n`
  }
## In short

The value's IQM, and in brackets the mean probability of what is unsafe or, where
nothing is, the mean return of the worst tenth of episodes. A policy that arrives
nowhere may meet nothing unsafe either, as those of dqn in the gridworld.

${shortTable(found)}
${found.map(({ world, studies }) => section(world, studies)).join("\n")}`;
}

function resultIn(folder: string): StudyResult | null {
  try {
    Deno.lstatSync(join(folder, "manifest.json"));
  } catch {
    return null;
  }
  return readJsonFile(join(folder, "study.json")) as StudyResult;
}

/** Learners by group, then the references once. */
function rowsOf(studies: readonly Finished[]): Row[] {
  const learners = studies.flatMap(({ group, result }) =>
    result.policies.filter(({ kind }) => kind === "learner").map((policy) => ({
      label: group.rows[policy.policy],
      isReference: false,
      policy,
    }))
  );
  const [{ result }] = studies;
  const references = result.policies.filter(({ kind }) => kind === "reference");
  return [
    ...learners,
    ...references.map((policy) => ({
      label: policy.policy,
      isReference: true,
      policy,
    })),
  ];
}

function shortTable(
  found: readonly { world: TableWorld; studies: readonly Finished[] }[],
): string {
  const all = found.map(({ studies }) => rowsOf(studies));
  const labels = [...new Set(all.flat().map(({ label }) => label))];
  const rows = labels.map((label) => [
    label,
    ...found.map(({ studies: [{ result }] }, i) => {
      const row = all[i].find((row) => row.label === label);
      if (!row) return "";
      const { aggregates } = row.policy;
      const unsafe = unsafeMeasure(result);
      const returned = writerOf(result);
      const value = aggregates[result.quantities[0]];
      const risk = unsafe
        ? percent(aggregates[unsafe].mean)
        : aggregates.cvar10
        ? returned(aggregates.cvar10.mean)
        : "–";
      return `${returned(value.interquartileMean.value)} (${risk})`;
    }),
  ]);
  return markdown(["policy", ...found.map(({ world }) => world.title)], rows);
}

function section(world: TableWorld, studies: readonly Finished[]): string {
  const [{ result }] = studies;
  const [value] = result.quantities;
  const unsafe = unsafeMeasure(result);
  const returned = writerOf(result);
  const hasCvar = studies.every(({ result: { quantities } }) =>
    quantities.includes("cvar10")
  );
  const name = unsafe?.replace(/Probability$/, "");
  const head = [
    "policy",
    "IQM",
    "mean",
    "worst",
    ...unsafe ? [`${name}, IQM`, `${name}, mean`, `${name}, worst`] : [],
    ...hasCvar ? ["worst tenth, IQM"] : [],
    "between seeds, trainings",
  ];
  const rows = rowsOf(studies).map(({ label, isReference, policy }) => {
    const { aggregates } = policy;
    const { interquartileMean, mean, worst } = aggregates[value];
    return [
      isReference ? `*${label}*` : label,
      interval(interquartileMean, returned),
      returned(mean),
      at(worst, returned),
      ...unsafe
        ? [
          interval(aggregates[unsafe].interquartileMean, percent),
          percent(aggregates[unsafe].mean),
          at(aggregates[unsafe].worst, percent),
        ]
        : [],
      ...hasCvar
        ? [interval(aggregates.cvar10.interquartileMean, returned)]
        : [],
      aggregates[value].variances
        ? deviationWords(aggregates[value], returned)
        : "",
    ];
  });
  return `## ${world.title}

Data: ${world.data}. ${sizesOf(studies)}

${markdown(head, rows)}`;
}

/** How many seeds and steps the studies have; those that differ are named. */
function sizesOf(studies: readonly Finished[]): string {
  const bySize = Map.groupBy(studies, ({ result: { study } }) => {
    const { seeds, trainingSeeds = [], presets, algorithms } = study;
    const [{ algorithms: settings }] = Object.values(presets);
    const steps = new Set(
      algorithms.flatMap((name) => {
        const of = settings[name] as { steps?: number } | undefined;
        return of?.steps ? [of.steps.toLocaleString("en")] : [];
      }),
    );
    return `seeds ${seedList(seeds)}${
      steps.size === 0
        ? ""
        : `, training seeds ${seedList(trainingSeeds)}, ${
          [...steps].join(" and ")
        } steps`
    }`;
  });
  return [...bySize].map(([size, of]) =>
    `${of.map(({ group }) => `\`${group.name}\``).join(", ")}: ${size}.`
  ).join(" ");
}

/** How a world's returns are written: with four decimals where the best one is small. */
function writerOf({ policies, quantities: [value] }: StudyResult) {
  const best = Math.max(
    ...policies.map(({ aggregates }) => Math.abs(aggregates[value].mean)),
  );
  return (number: number) => decimal(number, best < 2 ? 4 : 2);
}

function interval(
  { value, low, high }: Estimate,
  write: (value: number) => string,
): string {
  return low === null || high === null
    ? write(value)
    : `${write(value)} [${write(low)}, ${write(high)}]`;
}

function at(
  { value, seed, trainingSeed }: SeedValue,
  write: (value: number) => string,
): string {
  const seeds = trainingSeed === undefined
    ? `${seed}`
    : `${seed}, ${trainingSeed}`;
  return `${write(value)} (${seeds})`;
}

function markdown(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map((_, i) => (i === 0 ? "---" : "--:"))) +
    rows.map(line).join("");
}

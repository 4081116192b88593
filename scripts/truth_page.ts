/**
 * `deno task truth`: writes docs/truth.md, published figures beside exact values beside ours.
 *
 * Needs the reference material, see `--truth`, which is not part of the suite.
 *
 * @module
 */
import { join, resolve } from "node:path";
import {
  chooseWorld,
  evaluateExactly,
  type ExactEvaluation,
  greedyPolicy,
  InputError,
  mixedWithUniform,
  openWorld,
  optimalActions,
  parseSeeds,
  type Policy,
  readJsonFile,
  resolveStudy,
  runStudy,
  type StudyResult,
  uniformPolicy,
  type WorldFile,
} from "../mod.ts";
import { unsafeMeasure } from "../runs.ts";
import {
  decimal,
  openNpz,
  percent,
  processOutput,
  readFile,
  showProgress,
  writeFileAtomic,
} from "../tools.ts";
import { runScript, type Usage } from "./cli.ts";

const usage: Usage = {
  command: "deno task truth",
  about:
    "Evaluates every case of the reference material and writes docs/truth.md. With --learners it also\n" +
    "makes two studies on ICU-Sepsis, or goes on with them; without, their part of the page stays.",
  flags: {
    truth: {
      value: "DIR",
      help:
        "the reference material (default: ../shared/truth beside the suite)",
    },
    learners: { help: "make the studies of the second part" },
    out: { value: "FILE", help: "the page (default: docs/truth.md)" },
  },
  leavesFiles: true,
};

const SUITE = resolve(import.meta.dirname ?? ".", "..");
const SECOND_PART = "## What learners reach on ICU-Sepsis\n";

/** Episodes of expert data in the two studies. */
const EPISODES = [1_000, 10_000];

/** A case of truth.json. */
interface Case {
  readonly mdp: string;
  readonly file: string;
  readonly case: string;
  readonly policy: string;
  readonly policy_table?: string;
  readonly horizon: number | null;
  readonly gamma: number;
  readonly start: string;
  readonly values: Readonly<Record<string, number | null>> & {
    readonly outcomes?: Readonly<Record<string, number>>;
  };
  readonly published?: Readonly<Record<string, unknown>>;
}

await runScript(usage, async ({ values, switches }) => {
  const truth = values.truth ?? join(SUITE, "../shared/truth");
  const page = values.out ?? join(SUITE, "docs/truth.md");
  const { cases } = readJsonFile(join(truth, "truth.json")) as {
    cases: Case[];
  };
  const first = await firstPart(truth, cases);
  const second = switches.has("learners")
    ? await secondPart(truth)
    : secondPartOf(page);
  writeFileAtomic(page, first + second);
  processOutput("stdout").write(`${page}: ${cases.length} cases\n`);
  return 0;
});

/** What an earlier page says of the learners. */
function secondPartOf(page: string): string {
  try {
    const text = Deno.readTextFileSync(page);
    const at = text.indexOf(SECOND_PART);
    return at < 0 ? "" : text.slice(at);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw new InputError(`${page}: cannot be read`);
  }
}

async function firstPart(truth: string, cases: Case[]): Promise<string> {
  const tables = openNpz(
    readFile(join(truth, "policies.npz")),
    join(truth, "policies.npz"),
  );
  const worlds = new Map<string, WorldFile>();
  const worldOf = async (file: string, allowed?: "all" | "mask") => {
    const key = `${file} ${allowed}`;
    const known = worlds.get(key);
    if (known) return known;
    const isIcu = file.endsWith("dynamics.npz");
    const world = await openWorld(join(truth, file), {
      allowed,
      outcomes: isIcu ? "death=713,survival=714" : undefined,
    });
    worlds.set(key, world);
    return world;
  };
  const sections: string[] = [];
  const largest: number[] = [];
  for (const [mdp, of] of Map.groupBy(cases, ({ mdp }) => mdp)) {
    const rows: string[][] = [];
    const sources = new Set<string>();
    for (const one of of) {
      const allowed = one.case.endsWith("masked")
        ? "mask"
        : one.case.includes("admissible")
        ? undefined
        : "all";
      const world = await worldOf(one.file, allowed);
      const table = one.policy_table === undefined
        ? null
        : tableOf(tables.numbers(one.policy_table).data, world, () =>
          projectionOf(truth));
      const { exact, optimum } = evaluated(one, world, table);
      const difference = largestDifference(one, exact);
      largest.push(difference);
      const { published } = one;
      if (typeof published?.source === "string") sources.add(published.source);
      if (typeof published?.none === "string") sources.add(published.none);
      const isDiscounted = one.gamma < 1;
      rows.push([
        one.case,
        one.horizon === null ? "–" : `${one.horizon}`,
        `${one.gamma}`,
        publishedText(published),
        number(
          isDiscounted ? one.values.discounted_mean : one.values.return_mean,
        ),
        number(
          isDiscounted ? exact.discountedReturnMean : exact.returnMean,
        ),
        exponential(difference, 0),
        optimum === null ? "" : optimum,
      ]);
    }
    const head = [
      "case",
      "T",
      "γ",
      "published",
      "exact",
      "ours",
      "largest difference",
      "our optimum",
    ];
    sections.push(
      `## ${mdp}\n\n${markdownTable(head, rows)}\n` +
        [...sources].map((source) => `Published: ${source}.\n`).join("\n"),
    );
  }
  const worst = Math.max(...largest);
  return `# Published, exact, ours

Every case of the reference material (worlds that others published, policies on
them, values to 12 digits by another program with 80-bit floats), evaluated by
this suite: ${cases.length} cases, the largest difference of any value ${
    exponential(worst, 1)
  }.
\`deno task truth\` writes this page.

The columns **exact** and **ours** show the expected return, discounted where
γ < 1; **largest difference** is over all values of a case: mean and standard
deviation of the return and of the discounted return, length and the probability
of each outcome, relative to the value where that is above 1. **T** is the
horizon, – none. **Our optimum** is what the suite's own optimal policy reaches
where the case is one of an optimal policy, minus the reference's: ties may be
broken otherwise, the value may not differ.

Why exact values: a published study of ICU-Sepsis reports 84 % survival for
cloning and 81.7 % for random actions, from 100 rollouts, where the exact values
are 78.5 % and 78.0 %; the standard error of 100 rollouts is 4 points.

${sections.join("\n")}
`;
}

function exponential(value: number, digits: number): string {
  return value === 0 ? "0" : value.toExponential(digits).replace("-", "−");
}

/** The projection of the sepsis simulator's states onto those without glucose. */
function projectionOf(truth: string): ArrayLike<number> {
  const path = join(truth, "mdp/gumbel-sepsis.npz");
  return openNpz(readFile(path), path).numbers("projection").data;
}

/** [S] or [T, S] actions; a table over projected states is the same for both components. */
function tableOf(
  data: ArrayLike<number>,
  { mdp: { stateCount } }: WorldFile,
  projection: () => ArrayLike<number>,
): Int32Array {
  if (data.length % stateCount === 0) return Int32Array.from(data);
  const of = projection();
  return Int32Array.from(
    { length: stateCount },
    (_, s) => data[of[s % of.length]],
  );
}

function evaluated(
  one: Case,
  world: WorldFile,
  table: Int32Array | null,
): { exact: ExactEvaluation; optimum: string | null } {
  const { horizon, gamma: discount } = one;
  const { mdp } = world;
  const start = /^state (\d+)$/.exec(one.start);
  const options = {
    horizon,
    discount,
    ...(start && { start: pointAt(mdp.stateCount, Number(start[1])) }),
  };
  const exact = evaluateExactly(mdp, policyOf(one, world, table), options);
  // A stationary optimum that is cut at a horizon, or evaluated with another discount, is none.
  const isOptimum = [
    /^optimal for gamma ([\d.]+)( among admissible actions)?$/,
    /^optimal for gamma ([\d.]+), no horizon$/,
    /^best time-dependent policy for \d+ steps(?:, full state)?, gamma ([\d.]+)$/,
  ].some((pattern) => {
    const match = pattern.exec(one.policy);
    return match !== null && Number(match[1]) === discount;
  });
  if (!isOptimum) return { exact, optimum: null };
  const own = evaluateExactly(mdp, optimalActions(mdp, options), options);
  const key = discount < 1 ? "discountedReturnMean" : "returnMean";
  const wanted = discount < 1
    ? one.values.discounted_mean
    : one.values.return_mean;
  const difference = Math.abs(own[key]! - wanted!);
  return { exact, optimum: exponential(difference, 0) };
}

function pointAt(stateCount: number, state: number): Float64Array {
  const start = new Float64Array(stateCount);
  start[state] = 1;
  return start;
}

/** The policy that a case's words mean. */
function policyOf(
  { case: name }: Case,
  { mdp, policies }: WorldFile,
  table: Int32Array | null,
): Policy {
  if (name.startsWith("uniform")) return uniformPolicy(mdp);
  if (name.startsWith("expert")) return policies.expert;
  if (name.startsWith("baseline")) return policies.pi_b;
  const heuristic = /^heuristic-eps-([\d.]+)/.exec(name);
  if (heuristic) return policies[`pi_b_${heuristic[1]}`];
  if (table === null) throw new InputError(`${name}: is no known case`);
  const greedy = greedyPolicy(table, mdp.actionCount);
  if (name === "half-expert-half-optimal") {
    return policies.expert.map((p, i) => 0.5 * p + 0.5 * greedy[i]);
  }
  // A share for the others alone is a larger one for all.
  const ofOthers = name.includes("notebook-behaviour") ||
      name === "optimal-eps-0.05-of-others"
    ? 0.05
    : name.endsWith("soft")
    ? 0.01
    : 0;
  const { actionCount } = mdp;
  if (ofOthers > 0) {
    const epsilon = ofOthers * actionCount / (actionCount - 1);
    return mixedWithUniform(mdp, greedy, epsilon);
  }
  return name === "optimal-eps-0.1"
    ? mixedWithUniform(mdp, greedy, 0.1)
    : table;
}

/** Over all values of a case; of the value where that is above 1. */
function largestDifference(
  { values }: Case,
  exact: ExactEvaluation,
): number {
  const pairs: [ours: number | null, theirs: number | null | undefined][] = [
    [exact.returnMean, values.return_mean],
    [exact.returnStd, values.return_std],
    [exact.lengthMean, values.length_mean],
    [exact.discountedReturnMean, values.discounted_mean],
    [exact.discountedReturnStd, values.discounted_std],
    ...Object.entries(values.outcomes ?? {}).map(([name, theirs]): [
      number | null,
      number,
    ] => [
      name === "still_running_at_horizon"
        ? exact.timeoutProbability
        : name === "never_ends"
        ? exact.neverEndsProbability
        : exact.outcomes[name],
      theirs,
    ]),
  ];
  return Math.max(...pairs.map(([ours, theirs]) => {
    if (theirs === undefined) return 0;
    if (ours === null || theirs === null) return ours === theirs ? 0 : Infinity;
    return Math.abs(ours - theirs) / Math.max(1, Math.abs(theirs));
  }));
}

function publishedText(
  published: Readonly<Record<string, unknown>> | undefined,
): string {
  if (published === undefined) return "";
  const interval = (value: unknown) => {
    const [mean, low, high] = value as number[];
    return `${mean} [${low}, ${high}]`;
  };
  if (published.return_mean !== undefined) {
    const length = published.length_mean;
    return `${published.return_mean}` +
      (length === undefined ? "" : `, ${length} steps`);
  }
  if (published.observed_reward) return interval(published.observed_reward);
  if (published.true_rl_reward) return interval(published.true_rl_reward);
  if (published.reward_threshold !== undefined) {
    return `threshold ${published.reward_threshold}`;
  }
  return "no numbers";
}

function number(value: number | null | undefined): string {
  return value === null || value === undefined
    ? "not defined"
    : decimal(value, 12);
}

function markdownTable(head: string[], rows: string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map((_, i) => (i === 0 ? "---" : "--:"))) +
    rows.map((row) => line(row)).join("");
}

async function secondPart(truth: string): Promise<string> {
  const file = join(truth, "mdp/icu-sepsis/dynamics.npz");
  const { environment, world } = await chooseWorld(file, {
    outcomes: "death=713,survival=714",
  });
  const results: StudyResult[] = [];
  for (const episodes of EPISODES) {
    const out = join(SUITE, "artifacts", `truth-icu-sepsis-${episodes}`);
    const study = resolveStudy({
      presets: ["safe"],
      seeds: parseSeeds("0..2"),
      environment,
      isCategorical: true,
      overrides: { dataset: { episodes, behaviour: "expert" } },
    });
    const screen = processOutput("stderr");
    let progress: ReturnType<typeof showProgress> | undefined;
    results.push(
      await runStudy({
        study,
        world,
        out,
        onProgress({ cells, allCells, steps, allSteps }) {
          if (cells === allCells) return progress?.finish();
          progress ??= showProgress(
            screen,
            `${episodes} episodes`,
            allSteps,
            "steps",
            steps,
          );
          progress.update(steps);
        },
      }),
    );
  }
  const names = results[0].policies.map(({ policy }) => policy);
  const rows = names.map((name) => [
    name,
    ...results.flatMap((result) => {
      const { aggregates } = result.policies.find(({ policy }) =>
        policy === name
      )!;
      const { returnMean } = aggregates;
      const risk = aggregates[unsafeMeasure(result)!];
      return [
        decimal(returnMean.mean, 4),
        decimal(returnMean.worst.value, 4),
        percent(risk.mean),
      ];
    }),
  ]);
  const head = [
    "policy",
    ...EPISODES.flatMap((episodes) => [
      `${episodes.toLocaleString("en")} episodes, mean`,
      "worst seed",
      "death, mean",
    ]),
  ];
  return `${SECOND_PART}
Exact values of what is learnt from 1,000 and 10,000 episodes of the clinicians'
policy (\`expert\`), three data seeds, preset \`safe\`, allowed actions only;
survival is the return. \`deno task truth --learners\` makes the two studies.

${markdownTable(head, rows)}`;
}

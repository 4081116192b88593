/**
 * `deno task tabular`: what the learners from counts reach on the two worlds of their papers, over many
 * data sets: the mean and the worst 1 %.
 *
 * Needs the reference material, see `--truth`, which is not part of the suite.
 *
 * @module
 */
import { join, resolve } from "node:path";
import {
  collectDataset,
  countModel,
  evaluateExactly,
  type FiniteMdp,
  openWorld,
  optimalActions,
  planTable,
  type Policy,
  type TableAlgorithm,
} from "../mod.ts";
import { decimal, processOutput, showProgress } from "../tools.ts";
import { integerFlag, runScript, type Usage } from "./cli.ts";

const usage: Usage = {
  command: "deno task tabular",
  about:
    "Prints two tables for each of the SPIBB gridworld and Wet Chicken, of the discounted return over data\n" +
    "sets of several sizes: its mean and the mean of the worst 1 %. The baseline is the papers', and known.",
  flags: {
    truth: {
      value: "DIR",
      help:
        "the reference material (default: ../shared/truth beside the suite)",
    },
    seeds: {
      value: "N",
      help: "data sets of each size (default: 200 and 50, as in the papers)",
    },
    repeats: {
      value: "N",
      help:
        "how often all is done with other seeds (default: 1); each figure then has the lowest and the highest",
    },
  },
};

const SUITE = resolve(import.meta.dirname ?? ".", "..");
const GAMMA = 0.95;

/** A world, the sizes of its data sets, and how bold the learners are: as in the papers' code. */
interface Setting {
  readonly title: string;
  readonly file: string;
  readonly baseline: string;
  readonly seeds: number;
  readonly sizes: readonly number[];
  readonly unit: string;
  /** Episodes and steps of an episode of a data set of a size. */
  readonly shape: (size: number) => readonly [episodes: number, steps: number];
  readonly learners: Readonly<Record<string, TableAlgorithm>>;
  readonly digits: number;
}

/** MBIE's own width for 25 states and a confidence of 1 - delta = 0. */
const widthOf = (actions: number) =>
  Math.sqrt(2 * Math.log(2 * 25 * actions * (2 ** 25 - 2)));

const SETTINGS: readonly Setting[] = [
  {
    title: "SPIBB gridworld",
    file: "spibb-gridworld.npz",
    baseline: "pi_b",
    seeds: 200,
    sizes: [10, 50, 200, 1000],
    unit: "episodes",
    shape: (size) => [size, 50],
    learners: learners({
      threshold: 11,
      epsilon: 2,
      xi: 0.1,
      kappas: [0.003, 0.03],
      width: widthOf(4),
    }),
    digits: 4,
  },
  {
    title: "Wet Chicken",
    file: "wet-chicken.npz",
    baseline: "pi_b_0.1",
    seeds: 50,
    sizes: [200, 1000, 5000, 20_000],
    unit: "steps",
    shape: (size) => [1, size],
    learners: learners({
      threshold: 8,
      epsilon: 1,
      xi: 0.5,
      kappas: [2],
      width: widthOf(5),
    }),
    digits: 2,
  },
];

function learners(
  { threshold, epsilon, xi, kappas, width }: Readonly<{
    threshold: number;
    epsilon: number;
    xi: number;
    kappas: readonly number[];
    width: number;
  }>,
): Record<string, TableAlgorithm> {
  const gamma = GAMMA;
  const soft = (
    variant: "approximate" | "advantageous" | "lower",
  ): TableAlgorithm => ({
    name: "softSpibb",
    settings: { gamma, epsilon, delta: 1, variant },
  });
  return {
    maximumLikelihood: { name: "maximumLikelihood", settings: { gamma } },
    spibb: { name: "spibb", settings: { gamma, threshold } },
    spibbAtMost: { name: "spibbAtMost", settings: { gamma, threshold } },
    "softSpibb, approximate": soft("approximate"),
    "softSpibb, advantageous": soft("advantageous"),
    "softSpibb, lower": soft("lower"),
    duipi: { name: "duipi", settings: { gamma, xi, priorCount: 2.5 } },
    ...Object.fromEntries(kappas.map((kappa): [string, TableAlgorithm] => [
      `ramdp, kappa ${kappa}`,
      { name: "ramdp", settings: { gamma, kappa } },
    ])),
    rmin: { name: "rmin", settings: { gamma, threshold: 4 } },
    lowerBound: { name: "lowerBound", settings: { gamma, width } },
  };
}

await runScript(usage, async (args) => {
  const { values } = args;
  const truth = values.truth ?? join(SUITE, "../shared/truth");
  const repeats = integerFlag(args, "repeats", 1, 1000) ?? 1;
  const seeds = integerFlag(args, "seeds", 1, 100_000);
  for (const papers of SETTINGS) {
    const setting = { ...papers, seeds: seeds ?? papers.seeds };
    const { mdp, policies } = await openWorld(
      join(truth, "mdp", setting.file),
    );
    const returns = collectReturns(
      setting,
      mdp,
      policies[setting.baseline],
      repeats,
    );
    processOutput("stdout").write(text(setting, mdp, policies, returns));
  }
  return 0;
});

/** Per learner and size, one number a data set, repeat by repeat. */
type Returns = ReadonlyMap<string, readonly Float64Array[]>;

function collectReturns(
  { title, learners, sizes, seeds, shape }: Setting,
  mdp: FiniteMdp,
  behaviour: Float64Array,
  repeats: number,
): Returns {
  const count = seeds * repeats;
  const returns = new Map(
    Object.keys(learners).map((
      name,
    ) => [name, sizes.map(() => new Float64Array(count))]),
  );
  const progress = showProgress(
    processOutput("stderr"),
    title,
    count,
    "seeds",
    0,
  );
  for (let seed = 0; seed < count; seed++) {
    sizes.forEach((size, i) => {
      const [episodes, horizon] = shape(size);
      const world = { ...mdp, horizon };
      const data = collectDataset(world, behaviour, episodes, seed);
      const counted = countModel(data, mdp, { behaviour });
      for (const [name, learner] of Object.entries(learners)) {
        returns.get(name)![i][seed] = worth(mdp, planTable(learner, counted));
      }
    });
    progress.update(seed + 1);
  }
  progress.finish();
  return returns;
}

function worth(mdp: FiniteMdp, policy: Policy): number {
  const options = { horizon: null, discount: GAMMA, mostWork: 0 };
  return evaluateExactly(mdp, policy, options).discountedReturnMean!;
}

function text(
  { title, baseline, seeds, sizes, unit, digits }: Setting,
  mdp: FiniteMdp,
  policies: Readonly<Record<string, Float64Array>>,
  returns: Returns,
): string {
  const optimum = optimalActions(mdp, { horizon: null, discount: GAMMA });
  const known = [policies[baseline], optimum].map((policy) =>
    decimal(worth(mdp, policy), digits)
  );
  const table = (about: string, statistic: (values: Float64Array) => number) =>
    `\n${about}\n\n| learner | ${
      sizes.map((size) => `${size} ${unit}`).join(" | ")
    } |\n| --- |${sizes.map(() => " --: |").join("")}\n` +
    [...returns].map(([name, ofSizes]) =>
      `| ${name} | ${
        ofSizes.map((all) => cell(all, seeds, statistic, digits)).join(" | ")
      } |\n`
    ).join("");
  return `## ${title}\n\nBaseline ${known[0]}, optimum ${known[1]}.\n` +
    table(`Mean of ${seeds} data sets:`, mean) +
    table(`Mean of the worst 1 %:`, worstPercent) + "\n";
}

function cell(
  all: Float64Array,
  seeds: number,
  statistic: (values: Float64Array) => number,
  digits: number,
): string {
  const figures: number[] = [];
  for (let first = 0; first < all.length; first += seeds) {
    figures.push(statistic(all.slice(first, first + seeds)));
  }
  const [own, low, high] = [
    figures[0],
    Math.min(...figures),
    Math.max(...figures),
  ].map((figure) => decimal(figure, digits));
  return figures.length === 1 ? own : `${own} [${low}, ${high}]`;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of fewer than 100 the worst one. */
function worstPercent(values: Float64Array): number {
  const count = Math.max(1, Math.round(values.length / 100));
  return mean(values.toSorted().subarray(0, count));
}

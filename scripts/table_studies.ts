/**
 * What stands in the table of everything: worlds, and the studies of learners in each.
 *
 * @module
 */
import {
  ALGORITHM_NAMES,
  chooseWorld,
  type ChosenWorld,
  type ConfigOverrides,
  resolveStudy,
  type StudyConfig,
} from "../mod.ts";

/** A world of the table. */
export interface TableWorld {
  /** Names its folder and, with `--worlds`, chooses it. */
  readonly name: string;
  /** As a heading. */
  readonly title: string;
  /** What the data are, in words. */
  readonly data: string;
  /** As `--environment` has it; of a file, null. */
  readonly environment: string | null;
  /** How data are collected. */
  readonly dataset: NonNullable<ConfigOverrides["dataset"]>;
  /** Of all learners that have one: the world's where that is below 1. */
  readonly gamma: number;
  /** Of RaMDP, in units of the world's rewards. */
  readonly kappa: number;
  /** How often what is unsafe may happen, discounted; without it nothing is. */
  readonly budget?: number;
}

/** In the order of the page. */
export const WORLDS: readonly TableWorld[] = [
  {
    name: "gridworld",
    title: "Gridworld",
    data:
      "a layout of its own for each seed; 500 episodes of `cautious` with 22 % uniform actions",
    environment: "gridworld",
    dataset: { episodes: 500, epsilon: 0.22 },
    gamma: 0.99,
    kappa: 3,
    budget: 0.01,
  },
  {
    name: "frozenLake",
    title: "FrozenLake",
    data:
      "the map 4x4, slippery; 500 episodes of `shortest` with 30 % uniform actions",
    environment: "frozenLake",
    dataset: { episodes: 500, epsilon: 0.3 },
    gamma: 0.99,
    kappa: 0.1,
    budget: 0.15,
  },
  {
    name: "wetChicken",
    title: "Wet Chicken",
    data:
      "50 episodes of 40 steps of `heuristic` with an epsilon of 0.1; returns are discounted by 0.95",
    environment: "wetChicken",
    dataset: { episodes: 50, epsilon: 0.1 },
    gamma: 0.95,
    kappa: 2,
    budget: 0.4,
  },
  {
    name: "spibbGridworld",
    title: "SPIBB's gridworld",
    data: "100 episodes of `baseline`; returns are discounted by 0.95",
    environment: "spibbGridworld",
    dataset: { episodes: 100, epsilon: 0 },
    gamma: 0.95,
    kappa: 0.1,
  },
  {
    name: "icuSepsis",
    title: "ICU-Sepsis",
    data:
      "10,000 episodes of the clinicians' policy (`expert`); the return is survival; allowed actions only",
    environment: null,
    dataset: { episodes: 10_000, behaviour: "expert" },
    gamma: 0.99,
    kappa: 0.1,
    budget: 0.15,
  },
];

/** Learners that are trained together in a study of one world. */
export interface TableGroup {
  /** Names its folder and, with `--learners`, chooses it. */
  readonly name: string;
  /** What its rows have in common, in words. */
  readonly about: string;
  /** By algorithm, what its row is called. */
  readonly rows: Readonly<Record<string, string>>;
  /** Names of the worlds in which it makes sense; without them, all. */
  readonly worlds?: readonly string[];
  /** False where nothing is trained. */
  readonly isTrained?: false;
  /** The preset that it lays its keys over. */
  readonly preset: "tutorial" | "safe";
  /** Its keys. */
  readonly overrides: (steps: number, world: TableWorld) => ConfigOverrides;
}

type Settings = Record<string, Record<string, unknown>>;

/** Small networks and short trainings, so that all of them can be run: the preset `safe` has its own sizes. */
function small(steps: number, learners: Settings): ConfigOverrides {
  const sizes = {
    steps,
    batchSize: 64,
    learningRate: 2e-3,
    learningRateSchedule: "linear",
    logInterval: steps,
  };
  return {
    network: { hidden: [32, 32], encoder: "minmax" },
    algorithms: Object.fromEntries(
      Object.entries(learners).map(([name, settings]) => [
        name,
        { ...sizes, ...settings },
      ]),
    ),
  } as ConfigOverrides;
}

const named = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, name]));

/** Of learners of values. */
const values = (gamma: number) => ({
  gamma,
  rewardScale: null,
  targetUpdateInterval: 100,
});

/** As the preset `safe` has it, in a single network. */
const conservative = (gamma: number) => ({
  ...values(gamma),
  alpha: 0.1,
  temperature: 0.02,
});

/** A variant of Soft-SPIBB. */
const soft = (variant: string): TableGroup => ({
  name: `soft${variant}`,
  about: "counted, without training",
  isTrained: false,
  rows: { softSpibb: `softSpibb, ${variant}` },
  preset: "tutorial",
  overrides: (_, { gamma }) =>
    ({
      algorithms: { softSpibb: { gamma, variant, epsilon: 5 } },
    }) as ConfigOverrides,
});

/** Cheap ones first. */
export const GROUPS: readonly TableGroup[] = [
  {
    name: "tables",
    about: "counted, without training",
    isTrained: false,
    rows: named(
      "maximumLikelihood",
      "spibb",
      "spibbAtMost",
      "duipi",
      "ramdp",
      "rmin",
      "lowerBound",
    ),
    preset: "tutorial",
    overrides: (_, { gamma, kappa }) => ({
      algorithms: {
        maximumLikelihood: { gamma },
        spibb: { gamma, threshold: 7 },
        spibbAtMost: { gamma, threshold: 7 },
        duipi: { gamma, xi: 1 },
        ramdp: { gamma, kappa },
        rmin: { gamma, threshold: 4 },
        lowerBound: { gamma, width: 0.1 },
      },
    }),
  },
  ...["approximate", "advantageous", "lower"].map(soft),
  {
    name: "networks",
    about: "one network each",
    rows: named("bc", "cql", "dqn", "doubleDqn"),
    preset: "tutorial",
    overrides: (steps, { gamma }) =>
      small(steps, {
        bc: {},
        cql: conservative(gamma),
        dqn: values(gamma),
        doubleDqn: values(gamma),
      }),
  },
  {
    name: "tutorial",
    about: "the tutorial's weight, temperature and rewards as they are",
    rows: { cql: "cql, as the tutorial" },
    preset: "tutorial",
    overrides: (steps, { gamma }) =>
      small(steps, {
        cql: { gamma, targetUpdateInterval: Math.ceil(steps / 10) },
      }),
  },
  {
    name: "actors",
    about:
      "a second network that knows what the data do, or a policy of its own",
    rows: named("bcq", "sac"),
    preset: "tutorial",
    overrides: (steps, { gamma }) =>
      small(steps, {
        bcq: values(gamma),
        sac: {
          ...values(gamma),
          criticLearningRate: 2e-3,
          temperatureLearningRate: 2e-3,
        },
      }),
  },
  {
    name: "implicit",
    about: "no action that the data lack is ever asked for",
    rows: named("iql"),
    preset: "tutorial",
    overrides: (steps, { gamma }) => small(steps, { iql: values(gamma) }),
  },
  {
    name: "budget",
    about:
      "a budget for what is unsafe, of 1 % in the gridworld, 15 % in FrozenLake and ICU-Sepsis, 0.4 falls in Wet Chicken",
    worlds: WORLDS.flatMap(({ name, budget }) =>
      budget === undefined ? [] : [name]
    ),
    rows: named("budgetedCql"),
    preset: "tutorial",
    overrides: (steps, { gamma, budget }) =>
      small(steps, { budgetedCql: { ...conservative(gamma), budget } }),
  },
  {
    name: "model",
    about:
      "model-based, cloned into a network; it refuses the other worlds, whose observations are names",
    worlds: ["gridworld"],
    rows: named("displacementPlanning"),
    preset: "tutorial",
    overrides: (steps, { gamma }) =>
      small(steps, { displacementPlanning: { gamma } }),
  },
  {
    name: "quantiles",
    about: "16 quantiles, the worst fifth of which chooses",
    rows: {
      cql: "cql, worst fifth of quantiles",
      dqn: "dqn, worst fifth of quantiles",
      doubleDqn: "doubleDqn, worst fifth of quantiles",
    },
    preset: "tutorial",
    overrides: (steps, { gamma }) => {
      const risk = { quantiles: 16, risk: 0.2 };
      return small(steps, {
        // A head of N quantiles has N / 2 times the loss of a mean.
        cql: { ...conservative(gamma), ...risk, alpha: 0.8 },
        dqn: { ...values(gamma), ...risk },
        doubleDqn: { ...values(gamma), ...risk },
      });
    },
  },
  {
    name: "safe",
    about:
      "the preset `safe` as it is; [its own page](safe-preset.md) has more of the gridworld",
    rows: { bc: "bc, preset safe", cql: "cql, preset safe" },
    preset: "safe",
    overrides: () => ({}),
  },
];

/** Whether a group has rows in a world. */
export function standsIn(
  { worlds }: TableGroup,
  { name }: TableWorld,
): boolean {
  return worlds === undefined || worlds.includes(name);
}

/** What a study of the table is made of. */
export async function tableStudy(
  world: TableWorld,
  group: TableGroup,
  sizes: {
    readonly seeds: readonly number[];
    readonly trainingSeeds: readonly number[];
    readonly steps: number;
    /** Of ICU-Sepsis. */
    readonly icu: string;
  },
): Promise<{ study: StudyConfig; world: ChosenWorld["world"] }> {
  const { environment, world: file } = world.environment === null
    ? await chooseWorld(sizes.icu, { outcomes: "death=713,survival=714" })
    : await chooseWorld(world.environment);
  const overrides = group.overrides(sizes.steps, world);
  const isCategorical = file?.mdp.observationCategories !== undefined;
  const { encoder: _, ...network } = overrides.network ?? {};
  const study = resolveStudy({
    presets: [group.preset],
    algorithms: ALGORITHM_NAMES.filter((name) => group.rows[name]),
    seeds: sizes.seeds,
    ...(group.isTrained !== false && {
      trainingSeeds: sizes.trainingSeeds,
    }),
    environment,
    isCategorical,
    overrides: {
      ...overrides,
      // Where observations are names, they stay such.
      network: world.name === "gridworld" ? overrides.network ?? {} : network,
      dataset: { ...world.dataset, bootstrapOnTruncation: true },
    },
  });
  return { study, world: file };
}

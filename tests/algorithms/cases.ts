/** What the oracle is asked: each preset's settings, and random ones, on small networks and batches. */
import {
  type Algorithm,
  ALGORITHMS,
  configureAlgorithm,
  type NetworkName,
} from "../../src/algorithms/index.ts";
import { learnerSettings } from "../../src/algorithms/define.ts";
import type { PresetName } from "../../src/config/presets.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { type RandomStream, randomStream } from "../../src/numerics/random.ts";
import type { TaskRun } from "../../src/training/task.ts";
import { randomDataset } from "../../src/backends/random_task.ts";
import type { Training } from "./updates.ts";

/** Ranges of random settings of a loss. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  beta: [0, 2],
  gamma: [0.5, 1],
  alpha: [0, 8],
  temperature: [0.02, 2],
  rewardScale: [0.01, 1.5],
  targetActionNoise: [0, 1],
  expectile: [0.5, 0.95],
  advantageTemperature: [0.5, 20],
  advantageCap: [1, 5],
  actionFlexibility: [0.1, 0.9],
  unsafeReward: [-14, -6],
  budget: [0.05, 0.5],
};

/** Settings that say what a value network is: see {@link headTraining}. */
export const HEADS = ["criticCount", "quantiles", "risk"];

/** Settings on which no loss depends: those of the training loop, of what it begins with, of its networks and of what loss terms only show. */
const LOOP = [
  ...Object.keys(learnerSettings),
  "targetUpdateInterval",
  "checkpointChoice",
  "criticLearningRate",
  "temperatureLearningRate",
  "initialTemperature",
  "sharedLayers",
  "multiplierRate",
  "largestMultiplier",
];

/** Settings that an algorithm's loss depends on. @throws Error if the oracle does not know one. */
export function lossSettings(name: NetworkName): string[] {
  const definition = ALGORITHMS.find((each) => each.name === name)!;
  // A discount of what is planned before any training.
  const planned = "relabel" in definition ? ["gamma"] : [];
  const keys = Object.keys(definition.settings).filter((key) =>
    ![...LOOP, ...HEADS, ...planned].includes(key)
  );
  for (const key of keys) {
    if (Object.hasOwn(RANGES, key)) continue;
    throw new Error(
      `no oracle for ${name}.${key}: let the loss in tests/algorithms/losses.ts heed it, and ` +
        "give it a range in tests/algorithms/cases.ts",
    );
  }
  return keys;
}

/** An algorithm as a preset sets it: two members on one data set, and a run on another. */
export function presetTraining(
  preset: PresetName,
  name: NetworkName,
): Training {
  const config = resolveConfig(preset, { algorithms: { [name]: {} } });
  const configured = config.algorithms[name]!;
  const settings = {
    ...configured,
    batchSize: 13,
    // No environment says what is unsafe.
    ...("unsafeReward" in configured && { unsafeReward: -9 }),
  };
  const [dataset, other] = [1, 2].map((seed) =>
    data({ inputs: 3, actions: 5, episodes: 9 }, randomStream(seed, "oracle"))
  );
  return {
    algorithm: { name, settings } as Algorithm,
    network: { ...config.network, hidden: [7, 5] },
    runs: [
      { seed: 1, member: 0, dataset },
      { seed: 1, member: 1, dataset },
      { seed: 2, member: 0, dataset: other },
    ],
    bootstrapOnTruncation: config.dataset.bootstrapOnTruncation,
  };
}

/** An algorithm with settings and sizes of which each is drawn: a run with two members. */
export function randomTraining(
  seed: number,
  name: NetworkName,
  masked = false,
): Training {
  const random = randomStream(seed, "oracle");
  const integer = (least: number, most: number) =>
    least + random.integer(most - least + 1);
  const drawn = lossSettings(name).map((key) => {
    const [least, most] = RANGES[key];
    return [key, least + (most - least) * random.uniform()];
  });
  const algorithm = configureAlgorithm(name, {
    ...Object.fromEntries(drawn),
    batchSize: integer(1, 13),
  });
  // Often shorter than the training, so that a target update comes in between.
  if ("targetUpdateInterval" in algorithm.settings) {
    Object.assign(algorithm.settings, { targetUpdateInterval: integer(1, 3) });
  }
  if ("sharedLayers" in algorithm.settings) {
    Object.assign(algorithm.settings, { sharedLayers: seed % 2 === 0 });
  }
  const areNames = seed % 3 === 0;
  const dataset = data(
    {
      inputs: integer(1, 5),
      actions: integer(2, 6),
      episodes: integer(3, 9),
      masked,
    },
    random,
    areNames,
  );
  return {
    algorithm,
    network: {
      hidden: Array.from({ length: integer(1, 3) }, () => integer(2, 9)),
      encoder: areNames ? "oneHot" : random.integer(2) ? "minmax" : "none",
    },
    runs: [0, 1].map((member): TaskRun => ({ seed, member, dataset })),
    bootstrapOnTruncation: random.integer(2) === 1,
  };
}

/** Several critics, quantile heads or both, small enough that the oracle is quick; some with masks. */
export function headTraining(seed: number, name: NetworkName): Training {
  const training = randomTraining(seed, name, seed % 2 === 0);
  const random = randomStream(seed, "heads");
  const integer = (least: number, most: number) =>
    least + random.integer(most - least + 1);
  const quantiles = seed % 3 === 0 ? 0 : integer(2, 4);
  const settings = {
    ...training.algorithm.settings,
    batchSize: integer(1, 6),
    criticCount: quantiles === 0 ? integer(2, 3) : integer(1, 2),
    quantiles,
    risk: quantiles === 0 ? 1 : random.uniform(),
  };
  return {
    ...training,
    algorithm: { name, settings } as Algorithm,
    network: { ...training.network, hidden: [integer(2, 5), integer(2, 4)] },
  };
}

/** A random data set whose columns have ranges of their own, or are names. */
function data(
  shape: Parameters<typeof randomDataset>[0],
  random: RandomStream,
  areNames = false,
): Dataset {
  const dataset = randomDataset(shape, random);
  const observations = dataset.observations.map((x, i) => {
    const column = i % shape.inputs;
    return areNames ? Math.floor(Math.abs(2 * x)) + column % 2 : 2 * x + column;
  });
  // All data have the same largest reward, by which some presets scale.
  const rewards = dataset.rewards.slice();
  rewards[0] = 20;
  return { ...dataset, observations, rewards };
}

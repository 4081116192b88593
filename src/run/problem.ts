/**
 * From a configuration to the learning problem: the environment and the data.
 *
 * @module
 */
import type { Config } from "../config/config.ts";
import { resolveConfig } from "../config/resolve.ts";
import { withActionCount } from "../dataset/action_codes.ts";
import { withAllowedActions } from "../dataset/allowed.ts";
import { collectDataset } from "../dataset/collect.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { datasetToSafetensors } from "../dataset/formats/safetensors.ts";
import { MOST_BYTES } from "../files/most_bytes.ts";
import {
  episodesWhere,
  heldOutEpisodes,
  resampledEpisodes,
  someEpisodes,
} from "../dataset/part.ts";
import { summariseDataset } from "../dataset/summary.ts";
import { InputError } from "../errors.ts";
import { algorithmNamed, isTableName } from "../algorithms/index.ts";
import {
  type EnvironmentName,
  environmentNamed,
  type EnvironmentSettings,
  type EnvironmentVariant,
  FILE_WORLD,
  type KnownEnvironment,
  openKnownEnvironment,
} from "../environments/index.ts";
import type { WorldFile } from "../environments/world_file.ts";
import { worldToSafetensors } from "../environments/world_safetensors.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { paidForever } from "../mdp/paid_forever.ts";
import { categoriesOf } from "../network/encoder.ts";
import {
  askedNames,
  parseRequirements,
} from "../evaluation/off_policy/decision.ts";
import { outcomesOf } from "../evaluation/off_policy/outcomes.ts";
import { sha256Hex } from "../numerics/hash.ts";

/** What learning sees of a {@link Problem}. */
export type LearningProblem = Pick<Problem, "dataset" | "environment">;

/** What is learnt from, and what it can be evaluated in. */
export interface Problem {
  /** What is learnt from, with all actions of the environment where that is known. */
  readonly dataset: Dataset;
  /** The episodes that are kept from learning; absent where none are. */
  readonly heldOut?: Dataset;
  /** All data as they were collected or given: a log need not have every action. */
  readonly all: Dataset;
  /** null for data from elsewhere whose environment is not known. */
  readonly environment: KnownEnvironment | null;
  /** The world as it was given, where it is from a file. */
  readonly world?: WorldFile;
}

/** What a configuration only names by a hash. */
export interface Given {
  /** Data from a file. */
  readonly dataset?: Dataset;
  /** A world from a file. */
  readonly world?: WorldFile;
}

/**
 * The configured environment; null where none is configured.
 *
 * @param world From the file, where it is from one.
 * @throws InputError if the configuration makes no sense or is of another world.
 */
export function knownEnvironment(
  config: Config,
  world?: WorldFile,
): KnownEnvironment | null {
  if (config.environment === null) return null;
  const { behaviour, epsilon } = config.dataset;
  return openKnownEnvironment(
    config.environment,
    config.seed,
    behaviour,
    epsilon,
    world,
  );
}

/**
 * Makes sure that a world is the one that a configuration names by its hash.
 *
 * @throws InputError if it is another, or there is one where the configuration names none.
 */
export function requireWorld(
  { environment }: Pick<Config, "environment">,
  world: WorldFile | undefined,
): void {
  if (world === undefined) return;
  if (environment?.name !== FILE_WORLD) {
    throw new InputError("the configuration is of no world from a file");
  }
  if (worldSha256(world) !== environment.sha256) {
    throw new InputError(
      "the world is not the one that environment.sha256 names",
    );
  }
}

/**
 * Makes sure that every policy has an expected return in a world, so that what is learnt can be
 * measured.
 *
 * @throws InputError if one can be paid for ever.
 */
export function requireFiniteReturns(mdp: FiniteMdp): void {
  const state = mdp.discount < 1 ? null : paidForever(mdp);
  if (state === null) return;
  throw new InputError(
    `the world has neither horizon nor discount, and a policy can be paid for ever in state ${state}: ` +
      "its return has no expectation; give environment.maxSteps",
  );
}

/** SHA-256 of a world's file. */
export function worldSha256(world: WorldFile): string {
  return sha256Hex(worldToSafetensors(world));
}

/** How an environment is made, beside its own settings. */
export interface EnvironmentOptions {
  /** Draws what the settings leave open; by default 0. */
  readonly seed?: number;
  /** Name of the behaviour policy; by default the environment's first. */
  readonly behaviour?: string;
  /** Share of uniform actions of the behaviour policy; by default the tutorial's. */
  readonly epsilon?: number;
}

/**
 * Makes an environment.
 *
 * @param name One of `ENVIRONMENT_NAMES`, or of their variants.
 * @param settings Its own; those not given have their defaults.
 * @returns Its tables and a policy to collect data by.
 * @throws InputError if a setting is unknown, out of range or in conflict with another.
 *
 * @example Slippery ground
 * ```ts
 * import { makeEnvironment } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp } = makeEnvironment("gridworld", { size: 7, slipProbability: 0.1 });
 * equal(mdp.stateCount, 49);
 * equal(mdp.outcomes[0].name, "hazard");
 * ```
 */
export function makeEnvironment<Name extends EnvironmentName>(
  name: Name | EnvironmentVariant,
  settings: Partial<EnvironmentSettings[Name]> = {},
  { seed = 0, behaviour, epsilon }: EnvironmentOptions = {},
): KnownEnvironment {
  environmentNamed(name);
  const environment = { name, ...settings };
  const dataset = { behaviour, epsilon };
  return knownEnvironment(
    resolveConfig("tutorial", { seed, environment, dataset }),
  )!;
}

/**
 * The data, collected in the configured environment or given, and the environment.
 *
 * @param given Data and world from files; each is needed exactly if the configuration has its hash.
 * @param heed Called before each episode that is collected; what it throws goes through.
 * @throws InputError if the configuration makes no sense, is of other data, or names an
 *   environment that given data were not collected in.
 */
export function openProblem(
  config: Config,
  { dataset: given, world }: Given = {},
  heed?: () => void,
): Problem {
  requireResolved(config);
  requireWorld(config, world);
  const environment = knownEnvironment(config, world);
  if (environment) requireFiniteReturns(environment.mdp);
  const { sha256, episodes } = config.dataset;
  if (sha256 !== null) {
    if (given === undefined) {
      throw new InputError(
        "the configuration is of data from a file (dataset.sha256); give it with --dataset FILE",
      );
    }
    if (datasetSha256(given) !== sha256) {
      throw new InputError(
        "the data set is not the one that dataset.sha256 names",
      );
    }
    if (given.stored) requireStorable(config, given);
    if (environment === null) {
      return { ...partsOf(given, config), all: given, environment };
    }
    const { mdp } = environment;
    const dataset = withAllowedActions(
      withActionCount(given, mdp.actionCount),
      mdp,
    );
    // Refused here, not by the evaluation after hours of training.
    summariseDataset(dataset, mdp);
    return { ...partsOf(dataset, config), all: given, environment, world };
  }
  if (environment === null || given !== undefined) {
    throw new Error("data from a file need their hash in the configuration");
  }
  const { mdp, behaviour } = environment;
  const all = collectDataset(mdp, behaviour, episodes, config.seed, heed);
  return { ...partsOf(all, config), all, environment, world };
}

/** What is learnt from and what is held out. */
function partsOf(
  dataset: Dataset,
  { seed, network: { encoder }, dataset: config, evaluation }: Config,
): Pick<Problem, "dataset" | "heldOut"> {
  const { heldOut, splitSeed, resample } = config;
  const episodes = dataset.episodeOffsets.length - 1;
  const isHeldOut = heldOutEpisodes(episodes, heldOut, splitSeed);
  const isSplit = isHeldOut.includes(1);
  if (!isSplit && evaluation.require !== undefined) {
    throw new InputError(
      "--require (evaluation.require): is asked on episodes that are held out, and none are: give a larger dataset.heldOut",
    );
  }
  // Refused here, not by the evaluation after hours of training.
  const requireAnswerable = (held: Dataset | undefined) => {
    if (held === undefined) return;
    const outcomes = outcomesOf(held);
    if (evaluation.require !== undefined) {
      parseRequirements(evaluation.require, askedNames(outcomes));
    }
  };
  if (!isSplit && !resample) return { dataset };
  if (dataset.stored) {
    const indices = (flag: number) =>
      Uint32Array.from(isHeldOut.keys()).filter((e) => isHeldOut[e] === flag);
    const evaluated = evaluatedEpisodes(dataset, indices(1), splitSeed);
    const held = isSplit ? dataset.stored.take(evaluated) : undefined;
    requireAnswerable(held);
    const others = isSplit ? dataset.stored.part(indices(0)) : dataset;
    return {
      dataset: resample ? resampledEpisodes(others, seed) : others,
      ...(held && { heldOut: held }),
    };
  }
  // Names are counted in all data: a policy knows those of the episodes that it does not learn from.
  const named = encoder === "oneHot"
    ? { ...dataset, observationCategories: categoriesOf(dataset) }
    : dataset;
  const held = isSplit ? episodesWhere(named, isHeldOut) : undefined;
  requireAnswerable(held);
  const others = isSplit
    ? episodesWhere(named, isHeldOut.map((flag) => 1 - flag))
    : named;
  return {
    dataset: resample ? resampledEpisodes(others, seed) : others,
    ...(held && { heldOut: held }),
  };
}

/** SHA-256 of a data set's own file. */
export function datasetSha256(dataset: Dataset): string {
  return dataset.stored?.sha256 ?? sha256Hex(datasetToSafetensors(dataset));
}

/** Transitions of the episodes that are held out of data too large for memory, and evaluated on. */
const EVALUATED_TRANSITIONS = 2 ** 17;

/**
 * The held-out episodes that policies are evaluated on: all where the whole data would fit into memory,
 * so that nothing depends on whether they are there; of larger data a few, drawn.
 */
function evaluatedEpisodes(
  { stored, episodeOffsets }: Dataset,
  heldOut: Uint32Array,
  seed: number,
): Uint32Array {
  return stored!.bytes > MOST_BYTES
    ? someEpisodes(episodeOffsets, heldOut, EVALUATED_TRANSITIONS, seed)
    : heldOut;
}

/** What needs all data in memory is refused before anything is read for it. */
function requireStorable(
  { environment, network: { encoder }, algorithms }: Config,
  { observationCategories }: Dataset,
): void {
  const fail = (what: string) => {
    throw new InputError(`${what}; see docs/large-data.md`);
  };
  if (environment !== null) {
    fail(
      "environment: data that stay on disk are learnt from where no world is known: give null",
    );
  }
  if (encoder === "oneHot" && observationCategories === undefined) {
    fail(
      "network.encoder: oneHot of data that stay on disk needs observation_categories in their file: use none or minmax",
    );
  }
  for (const [name, settings] of Object.entries(algorithms)) {
    if (isTableName(name)) {
      fail(
        `algorithms.${name}: a table is made of all data, and these stay on disk: take a learner with a network`,
      );
    }
    if (algorithmNamed(name).relabel) {
      fail(
        `algorithms.${name}: it looks at all data at once, and these stay on disk: take another learner with a network`,
      );
    }
    if (!("checkpointChoice" in settings)) continue;
    if (settings.checkpointChoice !== "model") continue;
    fail(
      `algorithms.${name}.checkpointChoice: "model" needs all data in memory, and these stay on disk: give "last"`,
    );
  }
}

/** A program may have put its configuration together by hand. */
function requireResolved(config: Config): void {
  const resolved = resolveConfig("tutorial", config);
  if (JSON.stringify(resolved) !== JSON.stringify(config)) {
    throw new InputError(
      "config: a key is missing or in another place; give what resolveConfig returns",
    );
  }
}

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
import { summariseDataset } from "../dataset/summary.ts";
import { InputError } from "../errors.ts";
import {
  type EnvironmentName,
  environmentNamed,
  type EnvironmentSettings,
  type EnvironmentVariant,
  type KnownEnvironment,
  openKnownEnvironment,
} from "../environments/index.ts";
import { sha256Hex } from "../numerics/hash.ts";

/** What is learnt from, and what it can be evaluated in. */
export interface Problem {
  /** The offline data, with all actions of the environment where that is known. */
  readonly dataset: Dataset;
  /** Data from a file as they were given: a log need not have every action. */
  readonly given?: Dataset;
  /** null for data from elsewhere whose environment is not known. */
  readonly environment: KnownEnvironment | null;
}

/**
 * The configured environment; null where none is configured.
 *
 * @throws InputError if the configuration makes no sense.
 */
export function knownEnvironment(config: Config): KnownEnvironment | null {
  if (config.environment === null) return null;
  const { behaviour, epsilon } = config.dataset;
  return openKnownEnvironment(
    config.environment,
    config.seed,
    behaviour,
    epsilon,
  );
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
 * The data, collected in the configured gridworld or given, and the environment.
 *
 * @param given Data from a file; needed exactly if the configuration has their hash.
 * @param heed Called before each episode that is collected; what it throws goes through.
 * @throws InputError if the configuration makes no sense, is of other data, or names an
 *   environment that given data were not collected in.
 */
export function openProblem(
  config: Config,
  given?: Dataset,
  heed?: () => void,
): Problem {
  requireResolved(config);
  const environment = knownEnvironment(config);
  const { sha256, episodes } = config.dataset;
  if (sha256 !== null) {
    if (given === undefined) {
      throw new InputError(
        "the configuration is of data from a file (dataset.sha256); give it with --dataset FILE",
      );
    }
    if (sha256Hex(datasetToSafetensors(given)) !== sha256) {
      throw new InputError(
        "the data set is not the one that dataset.sha256 names",
      );
    }
    if (environment === null) return { dataset: given, given, environment };
    const { mdp } = environment;
    const dataset = withAllowedActions(
      withActionCount(given, mdp.actionCount),
      mdp,
    );
    // Refused here, not by the evaluation after hours of training.
    summariseDataset(dataset, mdp);
    return { dataset, given, environment };
  }
  if (environment === null || given !== undefined) {
    throw new Error("data from a file need their hash in the configuration");
  }
  const { mdp, behaviour } = environment;
  return {
    dataset: collectDataset(mdp, behaviour, episodes, config.seed, heed),
    environment,
  };
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

/**
 * From a configuration to the learning problem: the environment and the data.
 *
 * @module
 */
import type { Config } from "../config/config.ts";
import { collectDataset } from "../dataset/collect.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { behaviourPolicy } from "../mdp/behaviour.ts";
import {
  type Gridworld,
  gridworldMdp,
  resolveGridworld,
} from "../mdp/gridworld.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";

/** The true environment, for evaluation. */
export interface KnownEnvironment {
  readonly world: Gridworld;
  readonly mdp: FiniteMdp;
  /** [S, A] the behaviour policy's probabilities. */
  readonly behaviour: Float64Array;
}

/** What is learnt from, and what it can be evaluated in. */
export interface Problem {
  readonly dataset: Dataset;
  /** null for data from elsewhere whose environment is not known. */
  readonly environment: KnownEnvironment | null;
}

/**
 * The configured gridworld: hazards given or drawn from the seed.
 *
 * @throws InputError if the configuration makes no sense.
 */
export function knownEnvironment(config: Config): KnownEnvironment {
  const world = resolveGridworld(config.environment, config.seed);
  return {
    world,
    mdp: gridworldMdp(world),
    behaviour: behaviourPolicy(world, config.dataset.epsilon),
  };
}

/**
 * The configured gridworld and the data collected in it.
 *
 * @throws InputError if the configuration makes no sense.
 */
export function collectProblem(config: Config): Problem {
  const environment = knownEnvironment(config);
  const { mdp, behaviour } = environment;
  const dataset = collectDataset(
    mdp,
    behaviour,
    config.dataset.episodes,
    config.seed,
  );
  return { dataset, environment };
}

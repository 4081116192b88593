/**
 * The algorithms: the only list of them.
 *
 * @module
 */
import { suggest } from "../nearest.ts";
import { InputError } from "../errors.ts";
import { type AnySettings, defaultsOf } from "../settings.ts";
import { batchConstrainedQLearning } from "./bcq.ts";
import { behaviourCloning } from "./behaviour_cloning.ts";
import type {
  AlgorithmDefinition,
  CheckpointChoice,
  LearnerSettings,
  LearningShape,
} from "./define.ts";
import { implicitQLearning } from "./implicit_q_learning.ts";
import type { Program } from "./program.ts";
import {
  conservativeQLearning,
  deepQLearning,
  doubleDeepQLearning,
} from "./q_learning.ts";
import { softActorCritic } from "./sac.ts";

export * from "./bcq.ts";
export * from "./behaviour_cloning.ts";
export * from "./implicit_q_learning.ts";
export * from "./q_learning.ts";
export * from "./sac.ts";

/** In the order in which a run trains them. */
export const ALGORITHMS: readonly [
  typeof behaviourCloning,
  typeof conservativeQLearning,
  typeof deepQLearning,
  typeof doubleDeepQLearning,
  typeof implicitQLearning,
  typeof batchConstrainedQLearning,
  typeof softActorCritic,
] = [
  behaviourCloning,
  conservativeQLearning,
  deepQLearning,
  doubleDeepQLearning,
  implicitQLearning,
  batchConstrainedQLearning,
  softActorCritic,
];

/** One of the definitions. */
export type Definition = typeof ALGORITHMS[number];

/** Name of an algorithm. */
export type AlgorithmName = Definition["name"];

/** Settings of each algorithm, by name. */
export type AlgorithmSettings = {
  readonly [D in Definition as D["name"]]: Parameters<D["build"]>[0];
};

/** An algorithm and its settings. */
export interface Algorithm<Name extends AlgorithmName = AlgorithmName> {
  /** Name of one of {@link ALGORITHMS}. */
  readonly name: Name;
  /** Its settings. */
  readonly settings:
    & LearnerSettings
    & CheckpointChoice
    & AlgorithmSettings[Name];
}

/** The names, in their order. */
export const ALGORITHM_NAMES: readonly AlgorithmName[] = ALGORITHMS.map((
  { name },
) => name);

/** A definition where it does not matter whose. */
export interface AnyDefinition
  extends Omit<AlgorithmDefinition<AlgorithmName, never>, "settings"> {
  /** Its hyper-parameters. */
  readonly settings: AnySettings;
}

/**
 * Looks an algorithm up.
 *
 * @throws InputError if there is none of that name.
 */
export function algorithmNamed(name: string): AnyDefinition {
  const found = ALGORITHMS.find((definition) => definition.name === name);
  if (found) return found;
  throw new InputError(
    `unknown algorithm ${JSON.stringify(name)}; ${
      suggest(name, ALGORITHM_NAMES)
    }`,
  );
}

/**
 * An algorithm with some settings; the others have their defaults.
 *
 * @throws InputError if there is no algorithm of that name.
 */
export function configureAlgorithm<Name extends AlgorithmName>(
  name: Name,
  settings: Partial<AlgorithmSettings[Name]> = {},
): Algorithm<Name> {
  const defaults: object = defaultsOf(algorithmNamed(name).settings);
  return {
    name,
    settings: { ...defaults, ...settings } as Algorithm<Name>["settings"],
  };
}

/**
 * The algorithm's Program.
 *
 * @throws InputError if there is no algorithm of that name.
 */
export function buildProgram(
  { name, settings }: Algorithm,
  shape: LearningShape,
): Program {
  return algorithmNamed(name).build(settings as never, shape);
}

/**
 * The environments: the only list of them.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { suggest } from "../nearest.ts";
import type { AnySettings } from "../settings.ts";
import { cliffWalking } from "./cliff_walking.ts";
import type {
  Behaviour,
  EnvironmentDefinition,
  EnvironmentShape,
  GridDrawing,
} from "./define.ts";
import { gridworld } from "./gridworld.ts";

export * from "./cliff_walking.ts";
export * from "./gridworld.ts";

/** The first is meant where a configuration names none. */
export const ENVIRONMENTS: readonly [
  typeof gridworld,
  typeof cliffWalking,
] = [gridworld, cliffWalking];

/** One of the definitions. */
export type EnvironmentDefinitions = typeof ENVIRONMENTS[number];

/** Name of an environment. */
export type EnvironmentName = EnvironmentDefinitions["name"];

/** Settings of each environment, by name. */
export type EnvironmentSettings = {
  readonly [D in EnvironmentDefinitions as D["name"]]: Parameters<
    D["complete"]
  >[0];
};

/** An environment of a configuration: its settings, and its name unless it is the first. */
export type EnvironmentConfig = {
  readonly [Name in EnvironmentName]:
    & (Name extends "gridworld" ? { readonly name?: Name }
      : { readonly name: Name })
    & EnvironmentSettings[Name];
}[EnvironmentName];

/** A definition where it does not matter whose; worlds are its own. */
export interface AnyEnvironment extends
  Omit<
    EnvironmentDefinition<EnvironmentName, never, never>,
    "settings" | "complete" | "resolve"
  > {
  /** What a configuration says of it. */
  readonly settings: AnySettings;
  /** See {@link EnvironmentDefinition}. */
  complete(settings: never): object;
  /** See {@link EnvironmentDefinition}. */
  resolve(settings: never, seed: number): unknown;
}

/** Names of all environments. */
export const ENVIRONMENT_NAMES: readonly EnvironmentName[] = ENVIRONMENTS.map((
  { name },
) => name);

/**
 * Looks an environment up.
 *
 * @param name Without one, the first is meant.
 * @throws InputError if there is none of that name.
 */
export function environmentNamed(
  name: string = ENVIRONMENTS[0].name,
): AnyEnvironment {
  const found = ENVIRONMENTS.find((definition) => definition.name === name);
  if (found) return found;
  throw new InputError(
    `unknown environment ${JSON.stringify(name)}; ${
      suggest(name, ENVIRONMENT_NAMES)
    }`,
  );
}

/**
 * Resolves a configured environment.
 *
 * @param config Its settings and, unless it is the first, its name.
 * @param seed The run's seed.
 * @returns Its world.
 * @throws InputError if it makes no sense, such as a start on a hazard that the seed draws.
 */
export function resolveEnvironment(
  { name, ...settings }: EnvironmentConfig,
  seed: number,
): unknown {
  return environmentNamed(name).resolve(settings as never, seed);
}

/** The sizes of a configured environment's tables. */
export function environmentShape(
  { name, ...settings }: EnvironmentConfig,
): EnvironmentShape {
  return environmentNamed(name).shape(settings as never);
}

/** The true environment, for collecting and evaluation. */
export interface KnownEnvironment {
  /** In words. */
  readonly title: string;
  /** The world in tables. */
  readonly mdp: FiniteMdp;
  /** [S, A] the behaviour policy's probabilities. */
  readonly behaviour: Float64Array;
  /** What `metrics.json` says of the world. */
  readonly description: Readonly<Record<string, unknown>>;
  /** How it is drawn; null where it cannot be. */
  readonly drawing: GridDrawing | null;
}

/**
 * Looks a behaviour policy of an environment up.
 *
 * @param name Without one, the first is meant.
 * @throws InputError if there is none of that name.
 */
export function behaviourNamed(
  { behaviours }: AnyEnvironment,
  name: string | undefined,
): Behaviour<never> {
  const names = Object.keys(behaviours);
  if (name === undefined || names.includes(name)) {
    return behaviours[name ?? names[0]];
  }
  throw new InputError(
    `dataset.behaviour: unknown ${JSON.stringify(name)}; ${
      suggest(name, names)
    }`,
  );
}

/**
 * Opens a configured environment.
 *
 * @param config Its settings and, unless it is the first, its name.
 * @param seed The run's seed.
 * @param behaviour Name of the behaviour policy; without one, the environment's first is meant.
 * @param epsilon Share of uniform actions of the behaviour policy.
 * @throws InputError if something of it makes no sense.
 */
export function openKnownEnvironment(
  config: EnvironmentConfig,
  seed: number,
  behaviour: string | undefined,
  epsilon: number,
): KnownEnvironment {
  if (!(epsilon >= 0 && epsilon <= 1)) {
    throw new InputError(
      `dataset.epsilon is ${epsilon}: give a probability from 0 to 1`,
    );
  }
  const definition = environmentNamed(config.name);
  const behaves = behaviourNamed(definition, behaviour);
  const world = resolveEnvironment(config, seed) as never;
  return {
    title: definition.title,
    mdp: definition.mdp(world),
    behaviour: behaves(world, epsilon),
    description: definition.describe(world),
    drawing: definition.draw?.(world) ?? null,
  };
}

/**
 * Looking environments up.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { suggest } from "../nearest.ts";
import { type AnySettings, defaultsOf } from "../settings.ts";
import { COMMON_BEHAVIOURS, type CommonBehaviour } from "./behaviour.ts";
import * as builtIn from "./built_in.ts";
import type {
  EnvironmentDefinition,
  EnvironmentShape,
  GridDrawing,
} from "./define.ts";
import {
  FILE_WORLD,
  fileWorld,
  type FileWorldConfig,
} from "./file_environment.ts";
import type { WorldFile } from "./world_file.ts";

export * from "./file_environment.ts";

/** Exact evaluation goes through every state at every step, after each logging interval. */
const MOST_STATE_STEPS = 10_000_000;

/** One of the definitions. */
export type EnvironmentDefinitions = typeof builtIn[keyof typeof builtIn];

/** The first is meant where a configuration names none. */
export const ENVIRONMENTS: readonly [
  EnvironmentDefinitions,
  ...EnvironmentDefinitions[],
] = [
  builtIn.gridworld,
  ...Object.values(builtIn).filter(({ name }) => name !== "gridworld"),
];

/** Name of an environment. */
export type EnvironmentName = EnvironmentDefinitions["name"];

/** Name of a variant of an environment. */
export type EnvironmentVariant = {
  readonly [D in EnvironmentDefinitions as D["name"]]: keyof NonNullable<
    D["variants"]
  >;
}[EnvironmentName];

/** Settings of each environment, by name. */
export type EnvironmentSettings = {
  readonly [D in EnvironmentDefinitions as D["name"]]: Parameters<
    D["complete"]
  >[0];
};

/**
 * An environment of a configuration: its settings, and its name unless it is the first; or a world
 * from a file.
 */
export type EnvironmentConfig =
  | {
    readonly [Name in EnvironmentName]:
      & (Name extends "gridworld" ? { readonly name?: Name }
        : { readonly name: Name })
      & EnvironmentSettings[Name];
  }[EnvironmentName]
  | FileWorldConfig;

/** A definition where it does not matter whose; worlds are its own. */
export interface AnyEnvironment extends
  Omit<
    EnvironmentDefinition<EnvironmentConfigName, never, never>,
    "settings" | "variants" | "complete" | "resolve"
  > {
  /** What a configuration says of it. */
  readonly settings: AnySettings;
  /** See {@link EnvironmentDefinition}. */
  readonly variants?: Readonly<Record<string, object>>;
  /** See {@link EnvironmentDefinition}. */
  complete(settings: never): object;
  /** See {@link EnvironmentDefinition}. */
  resolve(settings: never, seed: number): unknown;
}

/** Name of an environment in a configuration. */
export type EnvironmentConfigName = EnvironmentName | typeof FILE_WORLD;

/** Names of all environments. */
export const ENVIRONMENT_NAMES: readonly EnvironmentName[] = ENVIRONMENTS.map((
  { name },
) => name);

/** All names that a configuration may use: of environments, each followed by its variants. */
export const ENVIRONMENT_WORDS: readonly string[] = ENVIRONMENTS.flatMap((
  { name, variants }: AnyEnvironment,
) => [name, ...Object.keys(variants ?? {})]);

/**
 * Looks an environment up.
 *
 * @param name Its own or that of a variant; without one, the first is meant.
 * @param world What a world from a file is; without it, only its settings are known.
 * @throws InputError if there is none of that name.
 */
export function environmentNamed(
  name: string = ENVIRONMENTS[0].name,
  world?: WorldFile,
): AnyEnvironment {
  if (name === FILE_WORLD) return fileWorld(world);
  const found = ENVIRONMENTS.find((definition: AnyEnvironment) =>
    definition.name === name ||
    Object.hasOwn(definition.variants ?? {}, name)
  );
  if (found) return found;
  throw new InputError(
    `unknown environment ${JSON.stringify(name)}; ${
      suggest(name, ENVIRONMENT_WORDS)
    }`,
  );
}

/**
 * The settings that a name stands for: the defaults, and what its variant says.
 *
 * @param name As for {@link environmentNamed}.
 * @throws InputError if there is none of that name.
 */
export function initialSettings(name: string | undefined): object {
  const { settings, variants } = environmentNamed(name);
  return { ...defaultsOf<object>(settings), ...variants?.[name ?? ""] };
}

/**
 * Resolves a configured environment.
 *
 * @param config Its settings and, unless it is the first, its name.
 * @param seed The run's seed.
 * @param world From the file, where it is from one.
 * @returns Its world.
 * @throws InputError if it makes no sense, such as a start on a hazard that the seed draws.
 */
export function resolveEnvironment(
  { name, ...settings }: EnvironmentConfig,
  seed: number,
  world?: WorldFile,
): unknown {
  const definition = environmentNamed(name, world);
  const { horizon, stateCount } = definition.shape(settings as never);
  if (horizon !== null && stateCount * horizon > MOST_STATE_STEPS) {
    throw new InputError(
      `environment.maxSteps is ${horizon}, too many for ${stateCount} states: keep their product to ${MOST_STATE_STEPS}`,
    );
  }
  return definition.resolve(settings as never, seed);
}

/**
 * The sizes of a configured environment's tables.
 *
 * @param world From the file, where it is from one.
 */
export function environmentShape(
  { name, ...settings }: EnvironmentConfig,
  world?: WorldFile,
): EnvironmentShape {
  return environmentNamed(name, world).shape(settings as never);
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
 * Names of an environment's behaviour policies: its own, the first being the default, and those that
 * all have.
 *
 * @param world The world, where it is from a file.
 */
export function behaviourNames(
  name: string | undefined,
  world?: WorldFile,
): string[] {
  const { behaviours } = environmentNamed(name, world);
  return [...Object.keys(behaviours), ...Object.keys(COMMON_BEHAVIOURS)];
}

/**
 * Checks that an environment has a behaviour policy: one of its own or of those that all have.
 *
 * @throws InputError if there is none of that name.
 */
export function requireBehaviour(
  { behaviours }: AnyEnvironment,
  name: string | undefined,
): void {
  const names = [...Object.keys(behaviours), ...Object.keys(COMMON_BEHAVIOURS)];
  if (name === undefined || names.includes(name)) return;
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
 * @param file The world, where it is from a file.
 * @throws InputError if something of it makes no sense.
 */
export function openKnownEnvironment(
  config: EnvironmentConfig,
  seed: number,
  behaviour: string | undefined,
  epsilon: number,
  file?: WorldFile,
): KnownEnvironment {
  if (!(epsilon >= 0 && epsilon <= 1)) {
    throw new InputError(
      `dataset.epsilon is ${epsilon}: give a probability from 0 to 1`,
    );
  }
  const definition = environmentNamed(config.name, file);
  requireBehaviour(definition, behaviour);
  const world = resolveEnvironment(config, seed, file) as never;
  const mdp = definition.mdp(world);
  const { behaviours } = definition;
  const name = behaviour ?? Object.keys(behaviours)[0] ?? "uniform";
  let policy: Float64Array | undefined;
  return {
    title: definition.title,
    mdp,
    // One that is planned takes its time, and not everybody asks for it.
    get behaviour() {
      return policy ??= Object.hasOwn(behaviours, name)
        ? behaviours[name](world, epsilon)
        : COMMON_BEHAVIOURS[name as CommonBehaviour](mdp, epsilon);
    },
    description: definition.describe(world),
    drawing: definition.draw?.(world) ?? null,
  };
}

/**
 * From a preset, a file and flags to one resolved configuration.
 *
 * @module
 */

import {
  ALGORITHM_NAMES,
  type AlgorithmName,
  algorithmNamed,
  ALGORITHMS,
  type AnyDefinition,
} from "../algorithms/index.ts";
import { blaming, InputError } from "../errors.ts";
import {
  type EnvironmentConfig,
  environmentNamed,
  environmentShape,
  FILE_WORLD,
  initialSettings,
  requireBehaviour,
} from "../environments/index.ts";
import { defaultsOf } from "../settings.ts";
import type {
  Config,
  ConfigOverrides,
  EnvironmentOverrides,
  NetworkConfig,
} from "./config.ts";
import { suggest } from "../nearest.ts";
import { withNewKeys } from "./old_keys.ts";
import { type Preset, type PresetName, presets } from "./presets.ts";
import { checkConfig } from "./schema.ts";

/** Flags that win over preset and file. */
export interface ConfigFlags {
  /** Called for each key that has a new name, with one line. */
  readonly onNote?: (note: string) => void;
  /** The run's seed. */
  readonly seed?: number;
  /** Names the streams of the initial networks and of the minibatches. */
  readonly trainingSeed?: number;
  /** What is asked of policies; see `evaluation.require`. */
  readonly require?: string;
  /** Names of the learners: those of the preset and the configuration that are none of them are left out. */
  readonly algorithms?: readonly string[];
  /** SHA-256 of the data from a file; their environment is known only if flags or overrides name it. */
  readonly datasetSha256?: string;
  /** Whether observations of the data or the world from a file are names; see `network.encoder`. */
  readonly isCategorical?: boolean;
  /** The environment: its name and some of its settings. */
  readonly environment?: EnvironmentOverrides;
}

/**
 * Looks a preset up.
 *
 * @throws InputError if there is none of that name.
 */
export function presetNamed(name: string): PresetName {
  if (Object.hasOwn(presets, name)) return name as PresetName;
  throw new InputError(
    `unknown preset ${JSON.stringify(name)}; ${
      suggest(name, Object.keys(presets))
    }`,
  );
}

/**
 * Lays a configuration and flags over a preset. A resolved configuration, given back as
 * `overrides`, resolves to itself.
 *
 * @param preset Name of a preset.
 * @param overrides The shape of {@link Config} with every key optional, and null for a goal
 *   in the far corner or for hazards drawn from the seed.
 * @param flags Win over both.
 * @param source What to call the overrides in an error, e.g. the file's name.
 * @returns Deeply frozen plain JSON whose keys stand in one fixed order.
 * @throws InputError naming the key that is unknown, out of range or in conflict with another.
 *
 * @example The tutorial with another seed and weight
 * ```ts
 * import { resolveConfig } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const config = resolveConfig("tutorial", { algorithms: { cql: { alpha: 1 } } }, { seed: 7 });
 * equal(config.seed, 7);
 * equal(config.algorithms.cql?.alpha, 1);
 * ```
 */
export function resolveConfig(
  preset: string,
  overrides: unknown = {},
  flags: ConfigFlags = {},
  source = "config",
): Config {
  const base = presets[presetNamed(preset)];
  const over = withEnvironment(
    checkConfig(withNewKeys(overrides, source, flags.onNote), source),
    flags.environment,
  );
  const { seed, trainingSeed } = flags;
  const flagged = checkConfig({
    ...(seed !== undefined && { seed }),
    ...(trainingSeed !== undefined && { trainingSeed }),
    ...(flags.require !== undefined && {
      evaluation: { require: flags.require },
    }),
  }, "flags");
  const training = flagged.trainingSeed ?? over.trainingSeed ?? null;
  const require = flagged.evaluation?.require ?? over.evaluation?.require;
  const named = over.dataset?.sha256 ?? null;
  const sha256 = flags.datasetSha256 ?? named;
  if (named !== null && sha256 !== named) {
    throw new InputError(
      `${source}: dataset.sha256: is of other data than --dataset gives; give those, or leave the key out`,
    );
  }
  const unknown = over.environment === null ||
    (flags.datasetSha256 !== undefined && over.environment === undefined);
  if (unknown && sha256 === null) {
    throw new InputError(
      `${source}: environment: null needs data from a file; give --dataset FILE`,
    );
  }
  const collecting = {
    ...base.dataset,
    // A limit may count as a real end in our gridworld, not in anyone's data.
    ...(sha256 !== null && { bootstrapOnTruncation: true }),
    // Where no world tells what a policy is worth, the data have to.
    ...(unknown && { heldOut: 0.2 }),
    // The policies of a file are those that people have, without a share of chance.
    ...(over.environment?.name === FILE_WORLD && { epsilon: 0 }),
  };
  const environment = unknown ? null : resolveEnvironment(base, over, source);
  // The index of a state is no quantity.
  const network: NetworkConfig = flags.isCategorical ||
      (environment && environment.name !== FILE_WORLD &&
        environmentShape(environment).observationCategories)
    ? { ...base.network, encoder: "oneHot" }
    : base.network;
  const config: Config = {
    seed: flagged.seed ?? over.seed ?? base.seed,
    ...(training !== null && { trainingSeed: training }),
    environment,
    dataset: {
      ...laidOver(collecting, over.dataset),
      sha256,
      ...resolveBehaviour(over, source),
    },
    network: laidOver(network, over.network),
    ...resolveAlgorithms(base, over, flags.algorithms, source),
    evaluation: {
      ...laidOver(base.evaluation, over.evaluation),
      ...(require !== undefined && { require }),
    },
  };
  return deepFreeze(config);
}

/**
 * Lays the environment of a flag over that of a configuration; of another one nothing is kept.
 *
 * @throws InputError if it is not as a configuration may say it.
 */
export function withEnvironment(
  over: ConfigOverrides,
  flag: EnvironmentOverrides | undefined,
): ConfigOverrides {
  if (flag === undefined) return over;
  const { environment } = checkConfig({ environment: flag }, "--environment");
  const name = (of: ConfigOverrides["environment"]) =>
    environmentNamed(of?.name).name;
  const kept = over.environment && name(over.environment) === name(environment)
    ? over.environment
    : {};
  const sha256 = (of: object) => (of as { sha256?: string | null }).sha256;
  if (sha256(kept) != null && sha256(kept) !== sha256(environment!)) {
    throw new InputError(
      "--environment: is not the world of the configuration (environment.sha256): give that one, or leave the key environment out",
    );
  }
  return {
    ...over,
    environment: { ...kept, ...environment } as ConfigOverrides["environment"],
  };
}

/** `base` with the keys of `over` that are there; base's key order. */
function laidOver<T extends object>(base: T, over: Partial<T> | undefined): T {
  const result = structuredClone(base);
  for (const key of Object.keys(base) as (keyof T)[]) {
    const value = over?.[key];
    if (value !== undefined) result[key] = value as T[typeof key];
  }
  return result;
}

/** The preset's environment, or the defaults of another one, with what the overrides say. */
function resolveEnvironment(
  base: Preset,
  over: ConfigOverrides,
  source: string,
): EnvironmentConfig {
  const { name, ...settings } = over.environment ?? {};
  const definition = environmentNamed(name);
  const isPresets = definition === environmentNamed();
  const initial: object = isPresets ? base.environment : initialSettings(name);
  const environment = blaming(
    `${source}: environment.`,
    () => definition.complete(laidOver(initial, settings) as never),
  );
  return (isPresets
    ? environment
    : { name: definition.name, ...environment }) as EnvironmentConfig;
}

/** The preset's data, collected by the environment's first behaviour policy unless one is named. */
function resolveBehaviour(
  { environment, dataset }: ConfigOverrides,
  source: string,
): Pick<Config["dataset"], "behaviour"> {
  const behaviour = dataset?.behaviour;
  if (behaviour === undefined) return {};
  // Which ones a file has shows when it is opened.
  if (environment?.name === FILE_WORLD) return { behaviour };
  blaming(
    `${source}: `,
    () => requireBehaviour(environmentNamed(environment?.name), behaviour),
  );
  return { behaviour };
}

/** Those of the preset and those that the overrides name, in the order of the list, but for those left out. */
function resolveAlgorithms(
  { algorithms: own }: Preset,
  { algorithms: over = {}, without = [] }: ConfigOverrides,
  flag: readonly string[] | undefined,
  source: string,
): Pick<Config, "algorithms" | "without"> {
  const asked = flag?.map((name) => algorithmNamed(name).name);
  const twice = asked?.find((name, i) => asked.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new InputError(`algorithm ${twice} is given twice`);
  }
  const leftOut = ALGORITHM_NAMES.filter((name) =>
    asked ? own[name] && !asked.includes(name) : without.includes(name)
  );
  const both = leftOut.find((name) => !asked && over[name]);
  if (both !== undefined) {
    throw new InputError(
      `${source}: without: ${both} is also under algorithms; keep one of them`,
    );
  }
  const named = ALGORITHMS.filter(({ name }) =>
    asked?.includes(name) ??
      ((own[name] ?? over[name]) !== undefined && !leftOut.includes(name))
  );
  if (named.length === 0) {
    throw new InputError(`${source}: without: no algorithm is left; keep one`);
  }
  const algorithms = Object.fromEntries(named.map((definition) => {
    const { name, settings, startsFrom, check }: AnyDefinition = definition;
    const like = startsFrom && own[startsFrom as AlgorithmName];
    const base = own[name] ??
      laidOver<object>(defaultsOf(settings), like || undefined);
    const whole = laidOver<object>(base, over[name]);
    blaming(
      `${source}: algorithms.${name}.`,
      () => check?.(whole as never),
    );
    return [name, whole];
  }));
  return { algorithms, ...(leftOut.length > 0 && { without: leftOut }) };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}

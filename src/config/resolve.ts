/**
 * From a preset, a file and flags to one resolved configuration.
 *
 * @module
 */

import { defaultsOf } from "../algorithms/define.ts";
import {
  type AlgorithmName,
  ALGORITHMS,
  type AnyDefinition,
} from "../algorithms/index.ts";
import { InputError } from "../errors.ts";
import type { Config, ConfigOverrides, EnvironmentConfig } from "./config.ts";
import type { Cell } from "../environments/gridworld.ts";
import { suggest } from "./nearest.ts";
import { type Preset, type PresetName, presets } from "./presets.ts";
import { checkConfig } from "./schema.ts";

/** Flags that win over preset and file. */
export interface ConfigFlags {
  /** The run's seed. */
  readonly seed?: number;
  /** SHA-256 of the data from a file; their environment is known only if the overrides name it. */
  readonly datasetSha256?: string;
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
 */
export function resolveConfig(
  preset: string,
  overrides: unknown = {},
  flags: ConfigFlags = {},
  source = "config",
): Config {
  const base = presets[presetNamed(preset)];
  const over = checkConfig(overrides, source);
  const flagged = checkConfig(
    flags.seed === undefined ? {} : { seed: flags.seed },
    "flags",
  );
  const sha256 = flags.datasetSha256 ?? over.dataset?.sha256 ?? null;
  const unknown = over.environment === null ||
    (flags.datasetSha256 !== undefined && over.environment === undefined);
  if (unknown && sha256 === null) {
    throw new InputError(
      `${source}: environment: null needs data from a file; give --dataset FILE`,
    );
  }
  // That a limit ends an episode for good may be said of our gridworld, not of anyone's data.
  const collecting = sha256 === null
    ? base.dataset
    : { ...base.dataset, timeoutsTerminate: false };
  const config: Config = {
    seed: flagged.seed ?? over.seed ?? base.seed,
    environment: unknown ? null : resolveEnvironment(base, over, source),
    dataset: { ...laidOver(collecting, over.dataset), sha256 },
    network: laidOver(base.network, over.network),
    algorithms: resolveAlgorithms(base, over),
    evaluation: laidOver(base.evaluation, over.evaluation),
  };
  return deepFreeze(config);
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

function resolveEnvironment(
  base: Preset,
  over: ConfigOverrides,
  source: string,
): EnvironmentConfig {
  const { size, goal, ...rest } = laidOver<Preset["environment"]>(
    base.environment,
    over.environment ?? undefined,
  );
  const { maxSteps, slipProbability, start, hazards } = rest;
  const corner: Cell = [size - 1, size - 1];
  const environment = {
    size,
    maxSteps,
    slipProbability,
    start,
    goal: goal ?? corner,
    hazards,
  };
  const conflict = conflictIn(environment);
  if (conflict !== null) {
    throw new InputError(`${source}: environment.${conflict}`);
  }
  return environment;
}

/** Says what in an environment contradicts what, or null. */
function conflictIn(
  { size, start, goal, hazards }: EnvironmentConfig,
): string | null {
  const outside = ([x, y]: Cell) => x >= size || y >= size;
  const same = (a: Cell, b: Cell) => a[0] === b[0] && a[1] === b[1];
  const beyond = `is outside the grid of size ${size}`;
  if (outside(start)) return `start: [${start}] ${beyond}`;
  if (outside(goal)) return `goal: [${goal}] ${beyond}`;
  if (same(start, goal)) {
    return `start: [${start}] is the goal; choose another cell`;
  }
  if (hazards === null) {
    return size < 5
      ? `hazards: cannot be drawn on a grid of size ${size}; give cells or a size of at least 5`
      : null;
  }
  for (const [index, hazard] of hazards.entries()) {
    if (outside(hazard)) return `hazards[${index}]: [${hazard}] ${beyond}`;
    if (same(hazard, start)) {
      return `hazards[${index}]: [${hazard}] is the start; choose another cell`;
    }
  }
  return null;
}

/** Those of the preset and those that the overrides name, in the order of the list. */
function resolveAlgorithms(
  { algorithms: own }: Preset,
  { algorithms: over = {} }: ConfigOverrides,
): Config["algorithms"] {
  const named = ALGORITHMS.filter(({ name }) => own[name] ?? over[name]);
  return Object.fromEntries(named.map((definition) => {
    const { name, settings, startsFrom }: AnyDefinition = definition;
    const like = startsFrom && own[startsFrom as AlgorithmName];
    const base = own[name] ??
      laidOver<object>(defaultsOf(settings), like || undefined);
    return [name, laidOver<object>(base, over[name])];
  }));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}

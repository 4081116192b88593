/**
 * A world from a file as an environment. A configuration names it by the hash of its tables, so that
 * nobody takes another for it.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { hash, integer, type SettingDefinitions } from "../settings.ts";
import { mixedWithUniform } from "../mdp/mix.ts";
import type { EnvironmentDefinition } from "./define.ts";
import type { WorldFile } from "./world_file.ts";

/** Its name in configurations. */
export const FILE_WORLD = "file";

/** What a configuration says of it. */
export interface FileWorldSettings {
  /** SHA-256 of `environment.mdp.safetensors`. */
  readonly sha256: string | null;
  /** Episodes are truncated after this many steps; null: as the file says. */
  readonly maxSteps: number | null;
}

/** A world from a file in a configuration. */
export interface FileWorldConfig extends FileWorldSettings {
  /** Says that it is one. */
  readonly name: typeof FILE_WORLD;
}

const settings: SettingDefinitions<FileWorldSettings> = {
  sha256: hash(
    "SHA-256 of `environment.mdp.safetensors`, in which a run keeps the world",
  ),
  maxSteps: {
    ...integer(
      1,
      100_000,
      1,
      "steps after which an episode is truncated; `null`: as the file says",
    ),
    default: null,
    nullable: true,
  },
};

/**
 * The environment that a file makes.
 *
 * @param world Without it, nothing but the settings is known.
 */
export function fileWorld(
  world?: WorldFile,
): EnvironmentDefinition<typeof FILE_WORLD, FileWorldSettings, FiniteMdp> {
  const { mdp, policies, title } = world ?? {};
  const given = <T>(part: T | undefined): T => {
    if (part !== undefined) return part;
    throw new InputError(
      "the configuration is of a world from a file (environment.sha256); give it with --environment FILE",
    );
  };
  const tables = ({ maxSteps }: FileWorldSettings): FiniteMdp => {
    const own = given(mdp);
    return { ...own, horizon: maxSteps ?? own.horizon };
  };
  return {
    name: FILE_WORLD,
    title: title ?? "a world from a file",
    settings,
    complete(settings) {
      if (settings.sha256 !== null) return settings;
      throw new InputError("sha256: is missing; give --environment FILE");
    },
    shape(settings) {
      const { stateCount, actionCount, horizon, ...observed } = tables(
        settings,
      );
      const { observationSize, observationCategories } = observed;
      return {
        stateCount,
        actionCount,
        observationSize,
        observationCategories,
        horizon,
      };
    },
    resolve: tables,
    mdp: (mdp) => mdp,
    behaviours: Object.fromEntries(
      Object.entries(policies ?? {}).map(([name, policy]) => [
        name,
        (mdp: FiniteMdp, epsilon: number) =>
          mixedWithUniform(mdp, policy, epsilon),
      ]),
    ),
    describe: () => ({}),
  };
}

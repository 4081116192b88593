/**
 * A world as a command line names it: a file, or one that is built in.
 *
 * @module
 */
import type { EnvironmentOverrides } from "../config/config.ts";
import {
  ENVIRONMENT_WORDS,
  environmentNamed,
  FILE_WORLD,
} from "../environments/index.ts";
import {
  openWorld,
  type WorldFile,
  type WorldReadOptions,
} from "../environments/world.ts";
import { InputError } from "../errors.ts";
import { suggest } from "../nearest.ts";
import type { AnySettings } from "../settings.ts";
import { worldSha256 } from "./problem.ts";

/** What a configuration says of a world, and the world itself where it is from a file. */
export interface ChosenWorld {
  /** For `environment` of `resolveConfig` and `resolveStudy`. */
  readonly environment: EnvironmentOverrides;
  /** For `world` of `runPipeline` and `runStudy`. */
  readonly world?: WorldFile;
}

/**
 * Finds a world: `NAME` or `NAME:key=value,key=value` of one that is built in or of a variant, else the
 * path of a file. A value is JSON or a word; the rows of a map stand between slashes, `map=SF/HG`.
 *
 * @param options For files; none may be given for a world that is built in.
 * @throws InputError if it is neither, or the file is no world.
 *
 * @example A built-in world with another horizon
 * ```ts
 * import { chooseWorld } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(await chooseWorld("frozenLake8x8:maxSteps=200"), {
 *   environment: { name: "frozenLake8x8", maxSteps: 200 },
 * });
 * ```
 */
export async function chooseWorld(
  text: string,
  options: WorldReadOptions = {},
): Promise<ChosenWorld> {
  const [, name, settings] = /^(\w+)(?::(.*))?$/s.exec(text) ?? [];
  if (!ENVIRONMENT_WORDS.includes(name)) {
    if (name !== undefined && !isThere(text)) {
      throw new InputError(
        `${text}: is no file and no world that is built in; ${
          suggest(name, ENVIRONMENT_WORDS)
        }`,
      );
    }
    const world = await openWorld(text, options);
    const sha256 = worldSha256(world);
    return { environment: { name: FILE_WORLD, sha256 }, world };
  }
  const { onNote: _, ...others } = options;
  const given = Object.entries(others).find(([, value]) => value !== undefined);
  if (given) {
    throw new InputError(
      `--${
        given[0]
      }: is for worlds from files; ${name} takes its own settings, ${name}:key=value`,
    );
  }
  const definitions = environmentNamed(name).settings;
  const environment = Object.fromEntries([
    ["name", name],
    ...splitSettings(settings ?? "").map((part) =>
      settingOf(part, text, definitions)
    ),
  ]);
  return { environment };
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Parts between commas that stand in no brackets. */
function splitSettings(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const character of text) {
    if ("[{".includes(character)) depth++;
    if ("]}".includes(character)) depth--;
    if (character === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += character;
  }
  return text === "" ? [] : [...parts, part];
}

function settingOf(
  part: string,
  text: string,
  definitions: AnySettings,
): [key: string, value: unknown] {
  const [, key, value] = /^\s*(\w+)\s*=(.*)$/s.exec(part) ?? [];
  if (key === undefined) {
    throw new InputError(
      `${text}: ${
        JSON.stringify(part)
      } is no setting; write NAME:key=value,key=value`,
    );
  }
  const isMap = definitions[key]?.kind === "rows" && !value.startsWith("[");
  return [key, isMap ? value.split("/") : jsonOrWord(value)];
}

function jsonOrWord(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * What an experiment is, as the page's address says it: `?preset=smoke&seed=7&backend=wasm&run=1`.
 *
 * A parameter is one of {@link SHORT}, a key of the configuration by its path
 * (`network.hidden=[64,64]`), or one of a learner (`cql.alpha=0.1`).
 *
 * @module
 */
import { BACKEND_NAMES, type BackendName } from "../src/backends/choose.ts";
import type { Config } from "../src/config/config.ts";
import { type PresetName, presets } from "../src/config/presets.ts";
import { resolveConfig } from "../src/config/resolve.ts";
import { InputError } from "../src/errors.ts";
import { suggest } from "../src/nearest.ts";
import type { Cell } from "../src/settings.ts";

/** Plain data. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};

/** An experiment. */
export interface Settings {
  /** Name of a preset. */
  readonly preset: string;
  /** What differs from it, by path. */
  readonly changed: ReadonlyMap<string, Json>;
  /** The learners; null: the preset's. */
  readonly learners: readonly string[] | null;
  /** What computes. */
  readonly backend: BackendName;
}

/** Short names of paths. */
const SHORT: Readonly<Record<string, string>> = {
  seed: "seed",
  size: "environment.size",
  slip: "environment.slipProbability",
  horizon: "environment.maxSteps",
  start: "environment.start",
  goal: "environment.goal",
  hazards: "environment.hazards",
  episodes: "dataset.episodes",
  epsilon: "dataset.epsilon",
};
const LONG = Object.fromEntries(
  Object.entries(SHORT).map(([short, path]) => [path, short]),
);

/** Keys of a configuration that hold others; before any other word stands a learner's name. */
const GROUPS = ["environment", "dataset", "network", "evaluation"];

/** Parameters that are no settings of the configuration, and what those of the page may say. */
const OTHERS: Readonly<Record<string, readonly string[] | null>> = {
  preset: null,
  learners: null,
  backend: BACKEND_NAMES,
  run: ["0", "1"],
  colour: ["hazard", "visits"],
};

/**
 * What an address says.
 *
 * @throws InputError for what is given twice and what the page does not know; what else is wrong shows when it
 *   is resolved.
 */
export function settingsFrom(address: URLSearchParams): Settings {
  const changed = new Map<string, Json>();
  for (const [name, text] of address) {
    const isTwice = address.getAll(name).length > 1;
    if (isTwice) throw new InputError(`${name}: is given twice`);
    if (Object.hasOwn(OTHERS, name)) {
      const known = OTHERS[name];
      if (known && !known.includes(text)) {
        throw new InputError(
          `unknown ${name} ${JSON.stringify(text)}; ${suggest(text, known)}`,
        );
      }
      continue;
    }
    const path = Object.hasOwn(SHORT, name) ? SHORT[name] : pathOf(name);
    if (changed.has(path)) throw new InputError(`${path}: is given twice`);
    changed.set(path, valueFrom(path, text));
  }
  return {
    preset: address.get("preset") ?? "smoke",
    changed,
    learners: address.get("learners")?.split(",") ?? null,
    backend: (address.get("backend") ?? "auto") as BackendName,
  };
}

/** As a key of its own, whatever its name, so that a wrong one is found. */
function define(to: object, key: string, value: unknown): void {
  Object.defineProperty(to, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** The address that says it. */
export function addressOf(
  { preset, changed, learners, backend }: Settings,
): string {
  const parts = [
    `preset=${encodeURIComponent(preset)}`,
    ...[...changed].map(([path, value]) =>
      `${LONG[path] ?? path.replace("algorithms.", "")}=${textOf(path, value)}`
    ),
    ...(learners ? [`learners=${learners.join()}`] : []),
    ...(backend === "auto" ? [] : [`backend=${backend}`]),
  ];
  return `?${parts.join("&")}`;
}

/** What is laid over the preset. */
export function overridesOf({ preset, changed, learners }: Settings): Json {
  const overrides: Record<string, unknown> = {};
  const put = (path: string, value: unknown) => {
    const keys = path.split(".");
    let at = overrides;
    for (const [i, key] of keys.entries()) {
      if (i === keys.length - 1) return define(at, key, value);
      if (!Object.hasOwn(at, key)) define(at, key, {});
      const next = at[key];
      if (typeof next !== "object" || next === null) {
        const whole = keys.slice(0, i + 1).join(".");
        throw new InputError(
          `${path}: is within ${whole}, which is no object`,
        );
      }
      at = next as typeof at;
    }
  };
  const own = presetLearners(preset);
  if (learners) {
    const without = own.filter((name) => !learners.includes(name));
    if (without.length > 0) put("without", without);
    const others = learners.filter((name) => !own.includes(name));
    for (const name of others) put(`algorithms.${name}`, {});
  }
  for (const [path, value] of changed) put(path, value);
  return overrides as Json;
}

/** Names of the learners of a preset; none of one that there is not. */
export function presetLearners(preset: string): string[] {
  return Object.hasOwn(presets, preset)
    ? Object.keys(presets[preset as PresetName].algorithms)
    : [];
}

/** The settings whose configuration is a given one. */
export function settingsOf(
  config: Config,
  preset: string,
  backend: BackendName,
): Settings {
  const changed = differences(config, resolveConfig(preset));
  changed.delete("without");
  const learners = Object.keys(config.algorithms);
  const isOwn = learners.join() === presetLearners(preset).join();
  return { preset, changed, learners: isOwn ? null : learners, backend };
}

/** Where a configuration differs from a preset's. */
function differences(
  config: Config,
  preset: Config,
): Map<string, Json> {
  const changed = new Map<string, Json>();
  const compare = (a: Json, b: Json | undefined, path: string) => {
    if (isGroup(a) && Object.keys(a).length > 0) {
      for (const [key, value] of Object.entries(a)) {
        const other = isGroup(b) && Object.hasOwn(b, key) ? b[key] : undefined;
        compare(value, other, path === "" ? key : `${path}.${key}`);
      }
    } else if (JSON.stringify(a) !== JSON.stringify(b)) changed.set(path, a);
  };
  compare(config as unknown as Json, preset as unknown as Json, "");
  return changed;
}

function isGroup(
  value: Json | undefined,
): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pathOf(name: string): string {
  const [first] = name.split(".");
  return GROUPS.includes(first) || !name.includes(".")
    ? name
    : `algorithms.${name}`;
}

/** Cells are written `2.3_4.5`, everything else as JSON, words without quotes. */
function valueFrom(path: string, text: string): Json {
  if (path === SHORT.hazards && text !== "null") {
    return text === "" ? [] : text.split("_").map(cellFrom);
  }
  if ((path === SHORT.start || path === SHORT.goal) && text !== "null") {
    return cellFrom(text);
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function cellFrom(text: string): Json {
  return text.split(".").map(Number);
}

function textOf(path: string, value: Json): string {
  if (value !== null && (path === SHORT.start || path === SHORT.goal)) {
    return (value as unknown as Cell).join(".");
  }
  if (value !== null && path === SHORT.hazards) {
    return (value as unknown as Cell[]).map((cell) => cell.join(".")).join("_");
  }
  return encodeURIComponent(
    typeof value === "string" ? value : JSON.stringify(value),
  );
}

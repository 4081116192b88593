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

/** Parameters that are no settings of the configuration. */
const OTHERS = ["preset", "backend", "learners", "run", "colour"];

/**
 * What an address says.
 *
 * @throws InputError for a backend that there is not; what else is wrong shows when it is resolved.
 */
export function settingsFrom(address: URLSearchParams): Settings {
  const changed = new Map<string, Json>();
  for (const [name, text] of address) {
    if (OTHERS.includes(name)) continue;
    const path = SHORT[name] ?? pathOf(name);
    changed.set(path, valueFrom(path, text));
  }
  const backend = address.get("backend") ?? "auto";
  if (!BACKEND_NAMES.includes(backend as BackendName)) {
    throw new InputError(
      `unknown backend ${JSON.stringify(backend)}; ${
        suggest(backend, BACKEND_NAMES)
      }`,
    );
  }
  return {
    preset: address.get("preset") ?? "smoke",
    changed,
    learners: address.get("learners")?.split(",") ?? null,
    backend: backend as BackendName,
  };
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
    for (const key of keys.slice(0, -1)) {
      if (!Object.hasOwn(at, key)) at[key] = {};
      at = at[key] as typeof at;
    }
    at[keys[keys.length - 1]] = value;
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

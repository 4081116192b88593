/**
 * What a configuration may say: the type and range of each key, and one line for what is wrong.
 *
 * @module
 */

import * as v from "valibot";
import {
  ALGORITHM_NAMES,
  algorithmNamed,
  ALGORITHMS,
} from "../algorithms/index.ts";
import {
  type AnyEnvironment,
  ENVIRONMENT_WORDS,
  environmentNamed,
  ENVIRONMENTS,
  FILE_WORLD,
} from "../environments/index.ts";
import { blaming, InputError } from "../errors.ts";
import type { AnySettings, NumberSetting, Setting } from "../settings.ts";
import type { ConfigOverrides } from "./config.ts";
import { suggest } from "../nearest.ts";

const finite = (message: string) =>
  v.pipe(
    v.number(message),
    v.finite(message),
    // -0 would be written as 0 and read back as another number.
    v.transform((x) => x + 0),
  );

function number(min: number, max: number, others = "") {
  const message = `must be a number from ${min} to ${max}${others}`;
  return v.pipe(
    finite(message),
    v.minValue(min, message),
    v.maxValue(max, message),
  );
}

function integer(min: number, max: number, others = "") {
  const message = `must be an integer from ${min} to ${max}${others}`;
  return v.pipe(
    finite(message),
    v.integer(message),
    v.minValue(min, message),
    v.maxValue(max, message),
  );
}

function oneOf<const T extends readonly string[]>(...names: T) {
  return v.picklist(
    names,
    `must be ${names.map((name) => `"${name}"`).join(" or ")}`,
  );
}

/** An object in which every key is optional and no other key is known. */
function section<T extends v.ObjectEntries>(entries: T) {
  const partial = v.partial(v.strictObject(entries));
  const isObject = (value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  return v.pipe(v.unknown(), v.check(isObject, "must be an object"), partial);
}

const coordinate = integer(0, 255);
const cellMessage = "must be a cell [x, y]";
const cell = v.pipe(
  v.array(v.unknown(), cellMessage),
  v.length(2, cellMessage),
  v.strictTuple([coordinate, coordinate]),
);
const cells = v.pipe(
  v.array(cell, "must be a list of cells [[x, y], …], or null to draw them"),
  v.maxLength(65_536, "must have at most 65536 cells"),
);
/** A map: rows of equal length. */
function rows(letters: string) {
  const rowMessage = `must be a row of the letters ${[...letters].join(", ")}`;
  const message = "must be a list of rows of one length, from top to bottom";
  return v.pipe(
    v.array(
      v.pipe(
        v.string(rowMessage),
        v.regex(new RegExp(`^[${letters}]+$`), rowMessage),
      ),
      message,
    ),
    v.minLength(1, message),
    v.check(
      (given) => given.every(({ length }) => length === given[0].length),
      message,
    ),
    v.check(
      (given) => given.length <= 256 && given[0].length <= 256,
      "must have at most 256 rows of 256",
    ),
  );
}
const probability = number(0, 1);
const sha256Message = "must be 64 hexadecimal digits or null";
const sha256 = v.nullable(v.pipe(
  v.string(sha256Message),
  v.regex(/^[0-9a-f]{64}$/, sha256Message),
));

/** What the definition of a setting says. */
function settingSchema(setting: Setting): v.GenericSchema {
  switch (setting.kind) {
    case "choice":
      return oneOf(...setting.choices);
    case "integer":
      return numeric(integer, setting);
    case "number":
      return numeric(number, setting);
    case "cell":
      return setting.default === null ? v.nullable(cell) : cell;
    case "hash":
      return sha256;
    case "cells":
      return v.nullable(cells);
    case "boolean":
      return v.boolean("must be true or false");
    case "rows":
      return rows(setting.letters);
  }
}

function numeric(
  schema: typeof number | typeof integer,
  { min, max, nullable }: NumberSetting,
): v.GenericSchema {
  return nullable ? v.nullable(schema(min, max, " or null")) : schema(min, max);
}

function settingEntries(settings: AnySettings): v.ObjectEntries {
  return Object.fromEntries(
    Object.entries(settings).map((
      [key, setting],
    ) => [key, settingSchema(setting)]),
  );
}

/** What `environment.name` may be. */
const NAMES: readonly string[] = [...ENVIRONMENT_WORDS, FILE_WORLD];

function isName(name: unknown): name is string {
  return NAMES.includes(name as string);
}

/** The schema of a configuration whose environment has this name. */
const schemaWith = (environment: AnyEnvironment): v.GenericSchema =>
  section({
    seed: integer(0, 4_294_967_295),
    trainingSeed: v.nullable(integer(0, 4_294_967_295, " or null")),
    environment: v.nullable(section({
      name: v.picklist(
        NAMES,
        ({ input }) =>
          `must be the name of an environment (${
            suggest(String(input), NAMES)
          })`,
      ),
      ...settingEntries(environment.settings),
    })),
    dataset: section({
      episodes: integer(1, 1_000_000),
      behaviour: v.string("must be the name of a behaviour policy"),
      epsilon: probability,
      bootstrapOnTruncation: v.boolean("must be true or false"),
      sha256,
      heldOut: number(0, 0.9),
      splitSeed: integer(0, 2 ** 32 - 1),
      resample: v.boolean("must be true or false"),
    }),
    network: section({
      hidden: v.pipe(
        v.array(
          integer(1, 4_096),
          "must be a list of layer sizes, such as [256, 256]",
        ),
        v.minLength(1, "must have at least one layer"),
        v.maxLength(8, "must have at most 8 layers"),
      ),
      encoder: oneOf("none", "minmax", "oneHot"),
    }),
    algorithms: section(Object.fromEntries(
      ALGORITHMS.map((
        { name, settings },
      ) => [name, section(settingEntries(settings))]),
    )),
    without: v.array(
      v.picklist(
        ALGORITHM_NAMES,
        ({ input }) =>
          `must be the name of an algorithm (${
            suggest(String(input), ALGORITHM_NAMES)
          })`,
      ),
      "must be a list of names of algorithms",
    ),
    evaluation: section({
      episodes: integer(1, 1_000_000),
      mismatchSamples: integer(1, 1_000_000),
      require: v.pipe(
        v.string('must be conditions, such as "hazard<=0.01"'),
        v.maxLength(1_000, "must have at most 1,000 characters"),
      ),
    }),
  });

/** A short, one-line picture of a value. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string"
    ? JSON.stringify(value)
    : String(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** Key path as one writes it in JavaScript: `environment.hazards[2][0]`. */
function showPath(keys: readonly unknown[]): string {
  let path = "";
  for (const key of keys) {
    if (typeof key === "number") path += `[${key}]`;
    else {
      const name = String(key);
      const plain = /^\w{1,64}$/.test(name) ? name : show(name);
      path += path === "" ? plain : `.${plain}`;
    }
  }
  return path;
}

function describe(issue: v.BaseIssue<unknown>, schema: unknown): string {
  const keys = (issue.path ?? []).map((item) => item.key);
  const path = showPath(keys);
  if (issue.type === "strict_object") {
    let at: { entries: Record<string, unknown> } = sectionOf(schema);
    for (const key of keys.slice(0, -1)) {
      at = sectionOf(at.entries[String(key)]);
    }
    return `${path}: unknown key; ${
      suggest(String(keys.at(-1)), Object.keys(at.entries))
    }`;
  }
  return `${path === "" ? "" : `${path}: `}${issue.message}, not ${
    show(issue.input)
  }`;
}

/** The entries of a section, under the optional and the pipe that it is wrapped in. */
function sectionOf(wrapped: unknown): { entries: Record<string, unknown> } {
  const optional = wrapped as {
    wrapped?: unknown;
    pipe?: unknown[];
    entries: Record<string, unknown>;
  };
  if (optional.wrapped) return sectionOf(optional.wrapped);
  return optional.pipe ? sectionOf(optional.pipe.at(-1)) : optional;
}

/**
 * Checks the shape, types and ranges of a configuration.
 *
 * @param value Anything, as read from JSON.
 * @param source What to call it in an error, e.g. the file's name.
 * @returns The same, as a new object of known keys.
 * @throws InputError naming the path of the first key that is wrong.
 */
export function checkConfig(value: unknown, source: string): ConfigOverrides {
  const { environment } = (value ?? {}) as { environment?: { name?: unknown } };
  const schema = schemaWith(
    isName(environment?.name)
      ? environmentNamed(environment.name)
      : ENVIRONMENTS[0],
  );
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) {
    throw new InputError(`${source}: ${describe(result.issues[0], schema)}`);
  }
  return result.output as ConfigOverrides;
}

/**
 * Checks settings that stand in no configuration by their definitions.
 *
 * @throws InputError naming the first that is wrong or missing.
 */
export function checkSettings(
  definitions: AnySettings,
  values: object,
  source: string,
): void {
  const schema = v.strictObject(settingEntries(definitions));
  const result = v.safeParse(schema, values, { abortEarly: true });
  if (!result.success) {
    throw new InputError(`${source}: ${describe(result.issues[0], schema)}`);
  }
}

/**
 * Checks one learner's settings where no configuration was resolved: every key is there, and
 * each has the type and range that it has in a configuration.
 *
 * @throws InputError naming the path of the first key that is wrong.
 */
export function checkLearner(
  network: object,
  { name, settings }: { readonly name: string; readonly settings: object },
): void {
  requireAll({ network, algorithms: { [name]: settings } });
}

/** The same of a learner whose policy is a table. */
export function checkTableLearner(
  { name, settings }: { readonly name: string; readonly settings: object },
): void {
  requireAll({ algorithms: { [name]: settings } });
}

/** @param given Sections and one algorithm: every key of theirs has to be there. */
function requireAll(
  { algorithms, ...sections }: {
    readonly network?: object;
    readonly algorithms: Readonly<Record<string, object>>;
  },
): void {
  checkConfig({ ...sections, algorithms }, "settings");
  const { entries } = sectionOf(schemaWith(ENVIRONMENTS[0]));
  const ofAlgorithms = sectionOf(entries.algorithms).entries;
  for (
    const [path, section, values] of [
      ...Object.entries(sections).map(([name, values]) =>
        [name, entries[name], values] as const
      ),
      ...Object.entries(algorithms).map(([name, values]) =>
        [`algorithms.${name}`, ofAlgorithms[name], values] as const
      ),
    ]
  ) {
    for (const key of Object.keys(sectionOf(section).entries)) {
      if ((values as Record<string, unknown>)[key] === undefined) {
        throw new InputError(`settings: ${path}.${key}: is missing`);
      }
    }
  }
  for (const [name, settings] of Object.entries(algorithms)) {
    blaming(
      `settings: algorithms.${name}.`,
      () => algorithmNamed(name).check?.(settings as never),
    );
  }
}

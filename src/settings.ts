/**
 * Settings of an algorithm or an environment: one description of each, from which types, the schema
 * of configurations, defaults, help and docs follow.
 *
 * @module
 */

/** A setting that is a number. */
export interface NumberSetting {
  /** Whether it must be whole. */
  readonly kind: "integer" | "number";
  /** Minimum. */
  readonly min: number;
  /** Maximum. */
  readonly max: number;
  /** Where neither preset nor configuration says. */
  readonly default: number | null;
  /** Whether a configuration may say null: see `meaning`. */
  readonly nullable?: true;
  /** In a few words. */
  readonly meaning: string;
}

/** A setting that is one of some words. */
export interface ChoiceSetting<Choice extends string = string> {
  /** The kind of setting. */
  readonly kind: "choice";
  /** All there are. */
  readonly choices: readonly Choice[];
  /** Where neither preset nor configuration says. */
  readonly default: Choice;
  /** In a few words. */
  readonly meaning: string;
}

/** A cell of a grid, [x, y]. */
export type Cell = readonly [number, number];

/** A setting that is a cell. */
export interface CellSetting {
  /** The kind of setting. */
  readonly kind: "cell";
  /** Where neither preset nor configuration says; null, which a configuration may say too: see `meaning`. */
  readonly default: Cell | null;
  /** In a few words. */
  readonly meaning: string;
}

/** A setting that is a list of cells, or null: see `meaning`. */
export interface CellsSetting {
  /** The kind of setting. */
  readonly kind: "cells";
  /** Where neither preset nor configuration says. */
  readonly default: null;
  /** In a few words. */
  readonly meaning: string;
}

/** A setting that is true or false. */
export interface BooleanSetting {
  /** The kind of setting. */
  readonly kind: "boolean";
  /** Where neither preset nor configuration says. */
  readonly default: boolean;
  /** In a few words. */
  readonly meaning: string;
}

/** A setting that is a map: rows of letters from top to bottom. */
export interface RowsSetting {
  /** The kind of setting. */
  readonly kind: "rows";
  /** The letters that there are. */
  readonly letters: string;
  /** Where neither preset nor configuration says. */
  readonly default: readonly string[];
  /** In a few words. */
  readonly meaning: string;
}

/** A setting that is a SHA-256 in hexadecimal digits, or null. */
export interface HashSetting {
  /** The kind of setting. */
  readonly kind: "hash";
  /** Where neither preset nor configuration says. */
  readonly default: null;
  /** In a few words. */
  readonly meaning: string;
}

/** A setting: its type, range, default and meaning. */
export type Setting =
  | NumberSetting
  | ChoiceSetting
  | CellSetting
  | CellsSetting
  | BooleanSetting
  | RowsSetting
  | HashSetting;

/** Settings by name, where it does not matter whose. */
export type AnySettings = Readonly<Record<string, Setting>>;

/** Values of settings that are numbers. */
export type NumbersNamed<Names extends string> = {
  readonly [Name in Names]: number;
};

/** The definitions of settings, in the order in which a configuration lists them. */
export type SettingDefinitions<Settings> = {
  readonly [Key in keyof Settings]: Settings[Key] extends number | null
    ? NumberSetting
    : Settings[Key] extends boolean ? BooleanSetting
    : Settings[Key] extends string ? ChoiceSetting<Settings[Key]>
    : Settings[Key] extends readonly string[] ? RowsSetting
    : Settings[Key] extends string | null ? HashSetting
    : Settings[Key] extends Cell | null ? CellSetting
    : CellsSetting;
};

/** A whole number from `min` to `max`. */
export function integer(
  min: number,
  max: number,
  initial: number,
  meaning: string,
): NumberSetting {
  return { kind: "integer", min, max, default: initial, meaning };
}

/** A number from `min` to `max`. */
export function number(
  min: number,
  max: number,
  initial: number,
  meaning: string,
): NumberSetting {
  return { kind: "number", min, max, default: initial, meaning };
}

/** One of some words; the first is the default. */
export function choice<const Choice extends string>(
  choices: readonly [Choice, ...Choice[]],
  meaning: string,
): ChoiceSetting<Choice> {
  return { kind: "choice", choices, default: choices[0], meaning };
}

/** A cell; null by default only where that has a meaning. */
export function cell(initial: Cell | null, meaning: string): CellSetting {
  return { kind: "cell", default: initial, meaning };
}

/** A list of cells, null by default. */
export function cells(meaning: string): CellsSetting {
  return { kind: "cells", default: null, meaning };
}

/** True or false. */
export function boolean(initial: boolean, meaning: string): BooleanSetting {
  return { kind: "boolean", default: initial, meaning };
}

/** A map: rows of letters from top to bottom. */
export function rows(
  letters: string,
  initial: readonly string[],
  meaning: string,
): RowsSetting {
  return { kind: "rows", letters, default: initial, meaning };
}

/** A SHA-256, null by default. */
export function hash(meaning: string): HashSetting {
  return { kind: "hash", default: null, meaning };
}

/** The default of each setting. */
export function defaultsOf<Settings extends object>(
  settings: SettingDefinitions<Settings> | AnySettings,
): Settings {
  const defaults = Object.entries<Setting>(settings).map(([key, setting]) => [
    key,
    setting.default,
  ]);
  return Object.fromEntries(defaults);
}

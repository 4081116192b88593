/**
 * How an algorithm is defined: a name, its settings, and a Program built from them. Configuration,
 * types, defaults, help and the training loop all read the definition; none knows an algorithm by name.
 *
 * @module
 */
import type { Program } from "./program.ts";

/** A hyper-parameter that is a number. */
export interface NumberSetting {
  /** Whether it must be whole. */
  readonly kind: "integer" | "number";
  /** Least value. */
  readonly min: number;
  /** Greatest value. */
  readonly max: number;
  /** Where neither preset nor configuration says. */
  readonly default: number;
  /** In a few words. */
  readonly meaning: string;
}

/** A hyper-parameter that is one of some words. */
export interface ChoiceSetting<Choice extends string = string> {
  /** Tells it from a {@link NumberSetting}. */
  readonly kind: "choice";
  /** All there are. */
  readonly choices: readonly Choice[];
  /** Where neither preset nor configuration says. */
  readonly default: Choice;
  /** In a few words. */
  readonly meaning: string;
}

/** A hyper-parameter: its type, range, default and meaning. */
export type Setting = NumberSetting | ChoiceSetting;

/** Values of settings that are numbers. */
export type NumbersNamed<Names extends string> = {
  readonly [Name in Names]: number;
};

/** The definitions of settings, in the order in which a configuration lists them. */
export type SettingDefinitions<Settings> = {
  readonly [Key in keyof Settings]: Settings[Key] extends number ? NumberSetting
    : ChoiceSetting<Settings[Key] & string>;
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

/** What an algorithm's networks must fit. */
export interface LearningShape {
  /** D, numbers per observation. */
  readonly observationSize: number;
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  /** Number of discrete actions. */
  readonly actionCount: number;
  /** Rows of the table of distinct observations. */
  readonly tableRows: number;
}

/** Settings that the training loop itself reads; every algorithm has them. */
export type LearnerSettings =
  & NumbersNamed<
    "steps" | "learningRate" | "batchSize" | "logInterval" | "members"
  >
  & { readonly learningRateSchedule: "constant" | "linear" };

/** Their definitions. */
export const learnerSettings: SettingDefinitions<LearnerSettings> = {
  steps: integer(1, 100_000_000, 25_000, "updates of the parameters"),
  learningRate: number(1e-9, 1, 3e-4, "Adam's step size"),
  learningRateSchedule: choice(
    ["constant", "linear"],
    "`constant`, or `linear`: to 0 after the last step",
  ),
  batchSize: integer(
    1,
    65_536,
    256,
    "transitions of a minibatch, drawn uniformly with replacement",
  ),
  logInterval: integer(
    1,
    100_000_000,
    250,
    "steps that a row of `training.csv` averages",
  ),
  members: integer(
    1,
    64,
    1,
    "networks trained side by side, each from its own initial parameters and minibatches; the policy is their mean",
  ),
};

/**
 * An algorithm: what configurations, help, training and evaluation need to know of it. `index.ts`
 * lists all.
 */
export interface AlgorithmDefinition<Name extends string, Settings> {
  /** Key in configurations, and folder of its results. */
  readonly name: Name;
  /** In words, for help and reports. */
  readonly title: string;
  /** Its hyper-parameters, those of every learner among them. */
  readonly settings: SettingDefinitions<Settings>;
  /** An algorithm whose settings in a preset this one starts from, where they have the same names. */
  readonly startsFrom?: string;
  /** The Program for these settings and this shape. */
  build(settings: Settings, shape: LearningShape): Program;
}

/** Which checkpoint training leaves, where an algorithm has the choice. */
export interface CheckpointChoice {
  /** The last, or the one worth most in a model counted from the data. */
  readonly checkpointChoice?: "last" | "model";
}

/** The default of each setting. */
export function defaultsOf<Settings extends object>(
  settings: SettingDefinitions<Settings> | Readonly<Record<string, Setting>>,
): Settings {
  const defaults = Object.entries<Setting>(settings).map(([key, setting]) => [
    key,
    setting.default,
  ]);
  return Object.fromEntries(defaults);
}

/**
 * How an environment is defined: a name, its settings, and the tables that follow from them.
 * Configuration, collecting, evaluation, plots and reports read the definition; none knows an
 * environment by name.
 *
 * @module
 */
import type { FiniteMdp } from "../mdp/mdp.ts";
import {
  type Cell,
  integer,
  type NumberSetting,
  type SettingDefinitions,
} from "../settings.ts";

/** How a world that is a grid is drawn. */
export interface GridDrawing {
  /** Cells from left to right. */
  readonly width: number;
  /** Cells from bottom to top. */
  readonly height: number;
  /** [S] the cell of each state: x to the right, y upwards. */
  readonly cells: readonly Cell[];
  /** Where episodes start. */
  readonly starts: readonly Cell[];
  /** Where they ought to end. */
  readonly goals: readonly Cell[];
  /** Where something unsafe happens. */
  readonly hazards: readonly Cell[];
  /** Pairs of neighbouring cells with a wall between them. */
  readonly walls?: readonly (readonly [Cell, Cell])[];
  /** [A] where each action leads: degrees, clockwise from up. */
  readonly directions: readonly number[];
}

/** A policy by which data are collected: [S, A] action probabilities, with a share of uniform actions. */
export type Behaviour<World> = (world: World, epsilon: number) => Float64Array;

/** Sizes of an environment's tables; see {@link FiniteMdp}. */
export type EnvironmentShape = Pick<
  FiniteMdp,
  | "stateCount"
  | "actionCount"
  | "observationSize"
  | "observationCategories"
  | "horizon"
>;

/** An environment. `index.ts` lists all. */
export interface EnvironmentDefinition<
  Name extends string,
  Settings,
  World,
  Variant extends string = never,
> {
  /** In configurations. */
  readonly name: Name;
  /** In words, for help and reports. */
  readonly title: string;
  /** What a configuration says of it. */
  readonly settings: SettingDefinitions<Settings>;
  /** Names that stand for this one with some settings. */
  readonly variants?: Readonly<Record<Variant, Partial<Settings>>>;
  /**
   * Settles what follows from other settings, whatever the seed.
   *
   * @throws InputError whose message begins with the setting that contradicts another.
   */
  complete(settings: Settings): Settings;
  /** The sizes of its tables, without making them. */
  shape(settings: Settings): EnvironmentShape;
  /**
   * The world for a seed.
   *
   * @throws InputError if it makes no sense.
   */
  resolve(settings: Settings, seed: number): World;
  /** Its tables. */
  mdp(world: World): FiniteMdp;
  /** Its own, by name; the first is the default. See `COMMON_BEHAVIOURS` for those of all. */
  readonly behaviours: Readonly<Record<string, Behaviour<World>>>;
  /** What `metrics.json` says of the world: plain data. */
  describe(world: World): Readonly<Record<string, unknown>>;
  /** How it is drawn, if it can be. */
  draw?(world: World): GridDrawing;
}

/** The setting `maxSteps`, which most environments have. */
export function horizonSetting(initial: number): NumberSetting {
  const meaning = "steps after which an episode is truncated; `null`: none";
  return { ...integer(1, 100_000, initial, meaning), nullable: true };
}

/** The sizes where the observation is the state's index. */
export function indexShape(
  stateCount: number,
  actionCount: number,
  horizon: number | null,
): EnvironmentShape {
  return {
    stateCount,
    actionCount,
    observationSize: 1,
    observationCategories: [stateCount],
    horizon,
  };
}

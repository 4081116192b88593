/**
 * How an environment is defined: a name, its settings, and the tables that follow from them.
 * Configuration, collecting, evaluation, plots and reports read the definition; none knows an
 * environment by name.
 *
 * @module
 */
import type { FiniteMdp } from "../mdp/mdp.ts";
import type { Cell, SettingDefinitions } from "../settings.ts";

/** How a world that is a grid is drawn. */
export interface GridDrawing {
  /** Cells from left to right. */
  readonly width: number;
  /** Cells from bottom to top. */
  readonly height: number;
  /** [S] the cell of each state: x to the right, y upwards. */
  readonly cells: readonly Cell[];
  /** Where episodes start. */
  readonly start: Cell;
  /** Where they ought to end. */
  readonly goal: Cell;
  /** Where something unsafe happens. */
  readonly hazards: readonly Cell[];
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
export interface EnvironmentDefinition<Name extends string, Settings, World> {
  /** In configurations. */
  readonly name: Name;
  /** In words, for help and reports. */
  readonly title: string;
  /** What a configuration says of it. */
  readonly settings: SettingDefinitions<Settings>;
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
  /** By name; the first is the default. */
  readonly behaviours: Readonly<Record<string, Behaviour<World>>>;
  /** What `metrics.json` says of the world: plain data. */
  describe(world: World): Readonly<Record<string, unknown>>;
  /** How it is drawn, if it can be. */
  draw?(world: World): GridDrawing;
}

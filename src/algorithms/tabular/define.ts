/**
 * How a learner that computes a table of probabilities from counts is defined: there is no network, and
 * there are no steps.
 *
 * @module
 */
import {
  number,
  type NumbersNamed,
  type SettingDefinitions,
} from "../../settings.ts";
import type { CountedModel } from "./counted_model.ts";

/** A table learner: what configurations, help and a run need to know of it. */
export interface TableDefinition<Name extends string, Settings> {
  /** Key in configurations, and folder of its results. */
  readonly name: Name;
  /** In words, for help and reports. */
  readonly title: string;
  /** Its hyper-parameters. */
  readonly settings: SettingDefinitions<Settings>;
  /** An algorithm whose settings in a preset this one starts from, where they have the same names. */
  readonly startsFrom?: string;
  /**
   * The policy.
   *
   * @returns [S, A] probabilities in the states of the model; rows sum to 1, and nothing is on actions that
   *   are not allowed.
   */
  plan(counted: CountedModel, settings: Settings): Float64Array;
}

/** Settings of learners that plan in the counted model. */
export type PlanSettings = NumbersNamed<"gamma">;

/** Their definitions. */
export const planSettings: SettingDefinitions<PlanSettings> = {
  // Value iteration takes about 30 / (1 - gamma) sweeps.
  gamma: number(0, 0.9999, 0.99, "discount"),
};

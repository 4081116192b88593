/**
 * What a calibration finds.
 *
 * @module
 */
import type { SizeResult } from "./statistics.ts";

/** `calibration.json`. */
export interface Calibration {
  /** Of this file's format. */
  readonly schema: "holdfast/calibration/1";
  /** The world in words. */
  readonly title: string;
  /** K */
  readonly datasets: number;
  /** Names the random streams. */
  readonly seed: number;
  /** Where the propensities come from. */
  readonly propensities: "column" | "counts";
  /** Of intervals and bounds. */
  readonly confidence: number;
  /** States, observations, actions and steps of the world. */
  readonly world: {
    readonly states: number;
    readonly observations: number;
    readonly actions: number;
    readonly horizon: number;
    readonly discount: number;
  };
  /** `return` or `discounted return`, and the name of the unsafe end if there is one. */
  readonly quantities: readonly string[];
  /** Exact values of the policies that are the same in every data set: what each quantity is. */
  readonly truth: Readonly<Record<string, readonly number[]>>;
  /** By size. */
  readonly sizes: readonly SizeResult[];
}

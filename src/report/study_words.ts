/**
 * How the quantities and policies of a study are called and shown.
 *
 * @module
 */

import type {
  Estimate,
  PolicyName,
  Quantity,
  StudyResult,
} from "../evaluation/study_results.ts";
import { unsafeName } from "../mdp/mdp.ts";
import type { Interval } from "./plots/exact_curves.ts";

/** How a quantity is called and shown. */
export interface QuantityWords {
  /** What it is. */
  readonly quantity: Quantity;
  /** On axes. */
  readonly title: string;
  /** Whether it is a probability. */
  readonly isProbability: boolean;
  /** Whether more of it is better. */
  readonly higherIsBetter: boolean;
}

/** All quantities, in the order in which they are shown. */
export function studyQuantities(values: StudyResult): QuantityWords[] {
  const unsafe = unsafeName(values);
  return [
    {
      quantity: "returnMean",
      title: "expected return",
      isProbability: false,
      higherIsBetter: true,
    },
    {
      quantity: `${unsafe}Probability`,
      title: `${unsafe} probability`,
      isProbability: true,
      higherIsBetter: false,
    },
    {
      quantity: "cvar10",
      title: "mean return of the worst tenth (CVaR 10 %)",
      isProbability: false,
      higherIsBetter: true,
    },
  ];
}

/** An estimate as plots take it: without an interval it is a point. */
export function drawn({ value, low, high }: Estimate): Interval {
  return { value, low: low ?? value, high: high ?? value };
}

/** The policy's name, with its preset where there are several. */
export function policyLabel(
  { preset, policy }: PolicyName,
  presets: readonly string[],
): string {
  return presets.length > 1 ? `${preset} ${policy}` : policy;
}

/**
 * How the quantities and policies of a study are called and shown.
 *
 * @module
 */

import type {
  Estimate,
  LogQuantity,
  PolicyName,
  Quantity,
  StudyResult,
} from "../evaluation/study_results.ts";
import { type ValueName, valueWords } from "../evaluation/measures.ts";
import { decimal, digitsFor } from "./numbers.ts";
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
export function studyQuantities({ quantities }: StudyResult): QuantityWords[] {
  return quantities.map((quantity) => ({
    quantity,
    title: titleOf(quantity),
    isProbability: quantity.endsWith("Probability"),
    higherIsBetter: !quantity.endsWith("Probability"),
  }));
}

/** What is estimated where no world is known, in words. */
const LOG_WORDS: Readonly<Record<LogQuantity, string>> = {
  doublyRobustReturn: "return, doubly robust",
  pessimisticModelReturn: "return, pessimistic model",
  returnAtLeast: "return at least",
  effectiveSampleSize: "effective sample size",
};

/** A study's first quantity in words. */
export function worthWords({ quantities: [value] }: StudyResult): string {
  return isValue(value) ? valueWords(value) : titleOf(value);
}

function titleOf(quantity: Quantity): string {
  if (Object.hasOwn(LOG_WORDS, quantity)) {
    return LOG_WORDS[quantity as LogQuantity];
  }
  if (quantity === "cvar10") {
    return "mean return of the worst tenth (CVaR 10 %)";
  }
  if (isValue(quantity)) return `expected ${valueWords(quantity)}`;
  return quantity.replace(/Probability$/, " probability");
}

function isValue(quantity: Quantity): quantity is ValueName {
  return quantity === "returnMean" || quantity === "discountedReturnMean";
}

/** How returns of a study are written: with as many decimals as tell them apart. */
export function returnWriter(
  { policies, quantities: [value] }: StudyResult,
): (value: number) => string {
  const digits = digitsFor(
    policies.map(({ aggregates }) => aggregates[value].interquartileMean.value),
  );
  return (value) => decimal(value, digits);
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

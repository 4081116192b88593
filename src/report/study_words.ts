/**
 * How the quantities and policies of a study are called and shown.
 *
 * @module
 */

import type {
  Aggregates,
  Estimate,
  LogQuantity,
  PolicyAggregates,
  PolicyName,
  Quantity,
  StudyConfig,
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

/** How many seeds a study has, and how many training seeds. */
export function seedCount({ seeds, trainingSeeds }: StudyConfig): string {
  return trainingSeeds === undefined
    ? `${seeds.length} seeds`
    : `${seeds.length} × ${trainingSeeds.length} seeds and training seeds`;
}

/** `0 to 9`, or all of them. */
export function seedList(seeds: readonly number[]): string {
  const [first] = seeds;
  const last = seeds[seeds.length - 1];
  const isRange = seeds.every((seed, i) => seed === first + i);
  return isRange && seeds.length > 2 ? `${first} to ${last}` : seeds.join(", ");
}

/** On how many of a policy's trainings the data support it. */
export function supportWords(
  { supportedOn = 0 }: PolicyAggregates,
  { study: { seeds, trainingSeeds } }: StudyResult,
): string {
  return trainingSeeds === undefined
    ? `${supportedOn} of ${seeds.length} seeds`
    : `${supportedOn} of ${seeds.length * trainingSeeds.length} trainings`;
}

/** The two standard deviations of a learner that was trained several times on the same data. */
export function deviationWords(
  { variances }: Aggregates,
  write: (value: number) => string,
): string {
  return [variances?.between, variances?.within].map((variance) =>
    variance == null ? "–" : write(Math.sqrt(variance))
  ).join(", ");
}

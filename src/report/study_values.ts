/**
 * What a study's plots and report need to know of it: the part of `study.json` that they show.
 *
 * @module
 */

import type { OutcomeProbability } from "../evaluation/results.ts";
import { type NamedOutcome, unsafeName } from "../mdp/mdp.ts";
import type { Interval } from "./plots/exact_curves.ts";

/** A policy of a study. */
export interface StudyPolicyName {
  /** Name of the preset. */
  readonly preset: string;
  /** Name of an algorithm or of a reference policy. */
  readonly policy: string;
}

/** A value with its 95 % interval; both limits are null where none can be given. */
export interface StudyEstimate {
  /** The value. */
  readonly value: number;
  /** Lower limit. */
  readonly low: number | null;
  /** Upper limit. */
  readonly high: number | null;
}

/** Statistics of one quantity over the seeds. */
export interface StudyAggregates {
  /** Mean of the middle half of the seeds. */
  readonly interquartileMean: StudyEstimate;
  /** The middle seed's. */
  readonly median: StudyEstimate;
  /** Mean shortfall from the optimum of the same seed. */
  readonly optimalityGap: number;
  /** The worst seed. */
  readonly worst: { readonly value: number; readonly seed: number };
}

/** What is measured of a policy. */
export type StudyQuantity = "returnMean" | "cvar10" | OutcomeProbability;

/** One number, or whatever else there is, for each quantity. */
export type ByQuantity<T> = Readonly<Record<StudyQuantity, T>>;

/** A policy with its statistics. */
export interface StudyPolicy extends StudyPolicyName {
  /** Whether it was learnt by a network. */
  readonly kind: "learner" | "reference";
  /** Statistics over the seeds. */
  readonly aggregates: ByQuantity<StudyAggregates>;
  /** Medians over the seeds. */
  readonly ends: Readonly<Record<OutcomeProbability, number>>;
}

/** Performance profiles of one quantity. */
export interface StudyProfiles {
  /** Ascending. */
  readonly thresholds: readonly number[];
  /** One a policy: the share of seeds that do better than each threshold. */
  readonly policies: readonly (StudyPolicyName & {
    readonly shares: readonly StudyEstimate[];
  })[];
}

/** How two policies compare. */
export interface StudyComparison {
  /** The one. */
  readonly better: StudyPolicyName;
  /** The other. */
  readonly than: StudyPolicyName;
  /** How likely a seed of the one does better than another seed of the other, ties counted half. */
  readonly probability: ByQuantity<StudyEstimate>;
  /** Seed by seed. */
  readonly paired: ByQuantity<{
    /** Seeds on which the one does better. */
    readonly betterOn: number;
    /** Seeds on which the other does better. */
    readonly worseOn: number;
    /** The one's value minus the other's. */
    readonly difference: { readonly interquartileMean: StudyEstimate };
  }>;
}

/** Policies of the same environment and data. */
export interface StudyComparable {
  /** The presets that have them. */
  readonly presets: readonly string[];
  /** Each pair. */
  readonly comparisons: readonly StudyComparison[];
  /** Performance profiles. */
  readonly profiles: ByQuantity<StudyProfiles>;
}

/** What of `study.json` is shown. */
export interface StudyValues {
  /** What was asked for. */
  readonly study: {
    readonly seeds: readonly number[];
    readonly suiteVersion: string;
  };
  /** What can happen in the environment that has a name. */
  readonly outcomes: readonly NamedOutcome[];
  /** Draws of each bootstrap. */
  readonly bootstrapReplicates: number;
  /** By preset, the learners first. */
  readonly policies: readonly StudyPolicy[];
  /** What can be compared. */
  readonly groups: readonly StudyComparable[];
}

/** Exact values of a learner over its training. */
export interface StudyCurve extends StudyPolicyName {
  /** One entry a logging interval. */
  readonly points: readonly {
    /** Updates done. */
    readonly step: number;
    /** Over the seeds. */
    readonly returnMean: StudyEstimate;
    /** Over the seeds. */
    readonly unsafeProbability: StudyEstimate;
  }[];
}

/** How a quantity is called and shown. */
export interface QuantityWords {
  /** What it is. */
  readonly quantity: StudyQuantity;
  /** On axes. */
  readonly title: string;
  /** Whether it lies between 0 and 1. */
  readonly isProbability: boolean;
  /** Whether more of it is better. */
  readonly higherIsBetter: boolean;
}

/** All quantities, in the order in which they are shown. */
export function studyQuantities(values: StudyValues): QuantityWords[] {
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
export function drawn({ value, low, high }: StudyEstimate): Interval {
  return { value, low: low ?? value, high: high ?? value };
}

/** The policy's name, with its preset where there are several. */
export function policyLabel(
  { preset, policy }: StudyPolicyName,
  presets: readonly string[],
): string {
  return presets.length > 1 ? `${preset} ${policy}` : policy;
}

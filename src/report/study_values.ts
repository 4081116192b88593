/**
 * What a study's plots and report need to know of it: the part of `study.json` that they show.
 *
 * @module
 */

import type { Interval } from "./plots/exact_curves.ts";

/** A policy of a study. */
export interface StudyPolicyName {
  /** Name of the preset. */
  readonly preset: string;
  /** Name of an algorithm or of a reference policy. */
  readonly policy: string;
}

/** Statistics of one quantity over the seeds. */
export interface StudyAggregates {
  /** Mean of the middle half of the seeds. */
  readonly interquartileMean: Interval;
  /** The middle seed's. */
  readonly median: Interval;
  /** Mean shortfall from the optimum of the same seed. */
  readonly optimalityGap: Interval;
  /** The worst seed's. */
  readonly worst: number;
}

/** What is measured of a policy. */
export type StudyQuantity = "returnMean" | "hazardProbability" | "cvar10";

/** One number, or whatever else there is, for each quantity. */
export type ByQuantity<T> = Readonly<Record<StudyQuantity, T>>;

/** A policy with its statistics. */
export interface StudyPolicy extends StudyPolicyName {
  /** Whether it was learnt by a network. */
  readonly kind: "learner" | "reference";
  /** Statistics over the seeds. */
  readonly aggregates: ByQuantity<StudyAggregates>;
}

/** Performance profiles of one quantity. */
export interface StudyProfiles {
  /** Ascending. */
  readonly thresholds: readonly number[];
  /** One a policy: the share of seeds that do better than each threshold. */
  readonly policies: readonly (StudyPolicyName & {
    readonly shares: readonly Interval[];
  })[];
}

/** How likely a seed of one policy does better than a seed of another. */
export interface StudyComparison {
  /** The one. */
  readonly better: StudyPolicyName;
  /** The other. */
  readonly than: StudyPolicyName;
  /** Ties are counted half. */
  readonly probability: ByQuantity<Interval>;
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
  readonly study: { readonly seeds: readonly number[] };
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
    readonly returnMean: Interval;
    /** Over the seeds. */
    readonly hazardProbability: Interval;
  }[];
}

/** How each quantity is called and shown. */
export const studyQuantities: ByQuantity<{
  readonly title: string;
  readonly isProbability: boolean;
  readonly higherIsBetter: boolean;
}> = {
  returnMean: {
    title: "expected return",
    isProbability: false,
    higherIsBetter: true,
  },
  hazardProbability: {
    title: "hazard probability",
    isProbability: true,
    higherIsBetter: false,
  },
  cvar10: {
    title: "mean return of the worst tenth (CVaR 10 %)",
    isProbability: false,
    higherIsBetter: true,
  },
};

/** All quantities, in the order in which they are shown. */
export const studyQuantityNames: readonly StudyQuantity[] = [
  "returnMean",
  "hazardProbability",
  "cvar10",
];

/** The policy's name, with its preset where there are several. */
export function policyLabel(
  { preset, policy }: StudyPolicyName,
  presets: readonly string[],
): string {
  return presets.length > 1 ? `${preset} ${policy}` : policy;
}

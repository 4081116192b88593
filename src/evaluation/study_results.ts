/**
 * What a study is asked for and finds, as its files have it.
 *
 * @module
 */
import type { AlgorithmName } from "../algorithms/index.ts";
import type { AlarmName } from "./alarms.ts";
import type { Config } from "../config/config.ts";
import type { NamedOutcome } from "../mdp/mdp.ts";
import type { ValueName } from "./measures.ts";
import type { OutcomeProbability } from "./results.ts";
import type { Variances } from "./statistics.ts";

/** `study.config.json`: everything that decides a study's result. */
export interface StudyConfig {
  /** Format of this file. */
  readonly schema: "holdfast/study-config/1";
  /** Version of the suite: another one may compute something else. */
  readonly suiteVersion: string;
  /** Ascending. Each draws its own hazards and data and, without training seeds, initial network and minibatches. */
  readonly seeds: readonly number[];
  /** Ascending, where networks are trained several times on what each seed draws: they name initial network and minibatches. */
  readonly trainingSeeds?: readonly number[];
  /** What is trained of each preset that configures it. */
  readonly algorithms: readonly AlgorithmName[];
  /** Configurations by preset, without seeds. */
  readonly presets: Readonly<
    Record<string, Omit<Config, "seed" | "trainingSeed">>
  >;
}

/** A policy of a study. */
export interface PolicyName {
  /** Name of the preset. */
  readonly preset: string;
  /** Name of an algorithm or of a reference policy. */
  readonly policy: string;
}

/** What a reference policy is called beside learners, of which one may have its name. */
export function referenceLabel(
  name: string,
  learners: readonly string[],
): string {
  return learners.includes(name) ? `${name} (reference)` : name;
}

/** What is estimated of a policy where no world is known, from the episodes that are held out. */
export const LOG_QUANTITIES = [
  "doublyRobustReturn",
  "pessimisticModelReturn",
  "returnAtLeast",
  "effectiveSampleSize",
] as const;

/** One of {@link LOG_QUANTITIES}. */
export type LogQuantity = typeof LOG_QUANTITIES[number];

/** What is measured of a policy; more of a probability, which is of something unsafe, is worse. */
export type Quantity = ValueName | "cvar10" | OutcomeProbability | LogQuantity;

/** What a seed's policy is worth, by quantity; null where one is not defined. */
export type MeasuredValues = Readonly<Partial<Record<Quantity, number | null>>>;

/** One of something for each of a study's quantities. */
export type ByQuantity<T> = Readonly<Record<string, T>>;

/** A statistic and its 95 % interval; both limits are null where no interval can be given. */
export interface Estimate {
  /** The statistic. */
  readonly value: number;
  /** Lower limit. */
  readonly low: number | null;
  /** Upper limit. */
  readonly high: number | null;
}

/** Where the values of the seeds (and training seeds) lie. */
export interface Centre {
  /**
   * Mean of the middle half. Its interval is by the percentile bootstrap, which draws seeds with all their
   * training seeds; there is none for fewer than ten seeds and where all draws give the same.
   */
  readonly interquartileMean: Estimate;
  /**
   * Median. Its interval is exact, by order statistics, with none for fewer than six seeds; of several
   * training seeds it is by the bootstrap, as that of the interquartile mean.
   */
  readonly median: Estimate;
  /** Mean, without an interval: a rare disaster moves it, and few seeds do not show how rare. */
  readonly mean: number;
}

/** A seed and what it gives. */
export interface SeedValue {
  /** What it gives. */
  readonly value: number;
  /** The seed. */
  readonly seed: number;
  /** Of a learner in a study that has them. */
  readonly trainingSeed?: number;
}

/** Statistics of one quantity over the seeds. */
export interface Aggregates extends Centre {
  /**
   * Mean shortfall from the optimal policy of the same seed, 0 where there is none. The optimal
   * policy is that of the highest expected return, also for hazards and CVaR. Null where no world is known.
   */
  readonly optimalityGap: number | null;
  /** The worst seed (and training seed), the first of equal ones. */
  readonly worst: SeedValue;
  /**
   * Of a learner that is trained several times on the same data: the variance between seeds, of layout and
   * data, and within them, between trainings. See `groupVariances`.
   */
  readonly variances?: Variances;
}

/** Two policies on the same seeds, each with the mean over its training seeds: the same hazards and data. */
export interface PairedComparison {
  /** Seeds on which the first does better. */
  readonly betterOn: number;
  /** Seeds on which the second does better. */
  readonly worseOn: number;
  /** Share of the seeds on which the first does better; exact (Clopper and Pearson). */
  readonly share: Estimate;
  /** The first's value minus the second's, seed by seed. */
  readonly difference: Centre;
}

/** How two policies compare. */
export interface Comparison {
  /** The first policy. */
  readonly better: PolicyName;
  /** The second. */
  readonly than: PolicyName;
  /**
   * How likely a run of the first does better than a run of the second on another seed, by quantity;
   * ties are counted half. The interval is that of a share of as many runs as there are seeds, which
   * holds more than 95 %.
   */
  readonly probability: ByQuantity<Estimate>;
  /** Seed by seed, by quantity. */
  readonly paired: ByQuantity<PairedComparison>;
}

/** Performance profile of one policy and quantity. */
export interface SeriesProfile extends PolicyName {
  /**
   * [thresholds] share of seeds above the threshold or, where less is better, below it; intervals
   * are exact (Clopper and Pearson), each alone.
   */
  readonly shares: readonly Estimate[];
}

/** Performance profiles of one quantity. */
export interface Profiles {
  /** Ascending: every value that occurs in a series. */
  readonly thresholds: readonly number[];
  /** One a series. */
  readonly policies: readonly SeriesProfile[];
}

/** Interquartile mean over the seeds after each logging interval of a learner. */
export interface StudyCurve extends PolicyName {
  /** What is measured: the study's value and, where something is unsafe, its probability. */
  readonly quantities: readonly [Quantity, OutcomeProbability?];
  /** One a logging interval. */
  readonly points: readonly {
    readonly step: number;
    readonly value: Estimate;
    readonly unsafe: Estimate | null;
  }[];
}

/** How many trainings raised an alarm, by alarm. */
export type AlarmCounts = Readonly<Record<AlarmName, number>>;

/** Aggregates of one policy. */
export interface PolicyAggregates extends PolicyName {
  /** Whether it was learnt by a network. */
  readonly kind: "learner" | "reference";
  /** Statistics over the seeds, by quantity. */
  readonly aggregates: ByQuantity<Aggregates>;
  /** Medians over the seeds of how episodes end otherwise, or that they do not; empty where no world is known. */
  readonly ends: Readonly<Record<OutcomeProbability, number>>;
  /** Where no world is known: seeds whose policy the data support. */
  readonly supportedOn?: number;
  /** Of a network: of how many of its trainings each alarm was raised; see `alarmBell`. */
  readonly alarms?: AlarmCounts;
}

/** Policies of the same environment and data. */
export interface StudyGroup {
  /** The presets that have them. */
  readonly presets: readonly string[];
  /** Each pair of policies. */
  readonly comparisons: readonly Comparison[];
  /** Performance profiles, by quantity. */
  readonly profiles: ByQuantity<Profiles>;
}

/** `study.json`. */
export interface StudyResult {
  /** Format of this file. */
  readonly schema: "holdfast/study/2";
  /** What was asked for. */
  readonly study: StudyConfig;
  /** What can happen in the environment that has a name. */
  readonly outcomes: readonly NamedOutcome[];
  /**
   * What is measured of every policy: first its expected return, discounted where the environment is;
   * then the probability of what is unsafe, where something is, and CVaR, where it is known of all. Where no
   * world is known, the {@link LOG_QUANTITIES}.
   */
  readonly quantities: readonly [Quantity, ...Quantity[]];
  /** Draws of each bootstrap of an interquartile mean. */
  readonly bootstrapReplicates: number;
  /** By preset, the learners first. */
  readonly policies: readonly PolicyAggregates[];
  /** What can be compared. */
  readonly groups: readonly StudyGroup[];
}

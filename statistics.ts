/**
 * Statistics of scores over seeds, after rliable (Agarwal et al. 2021, "Deep Reinforcement Learning at
 * the Edge of the Statistical Precipice"), and what a study's result is made of.
 *
 * @module
 */
export {
  bootstrapIntervals,
  groupMeans,
  groupVariances,
  interquartileMean,
  meanScore,
  medianInterval,
  medianScore,
  optimalityGaps,
  performanceProfile,
  probabilityOfImprovement,
  type ScoreMatrix,
  shareInterval,
  type Variances,
} from "./src/evaluation/statistics.ts";
export type {
  AlarmCounts,
  PolicyAggregates,
  StudyGroup,
} from "./src/evaluation/study_results.ts";
export type { PolicyName } from "./src/evaluation/study_results.ts";
export {
  type Aggregates,
  type ByQuantity,
  type Centre,
  type Comparison,
  type Estimate,
  LOG_QUANTITIES,
  type LogQuantity,
  type PairedComparison,
  type Profiles,
  type Quantity,
  type SeedValue,
  type SeriesProfile,
} from "./src/evaluation/study_results.ts";

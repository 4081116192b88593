/**
 * Offline reinforcement learning that returns the same bits on every device.
 *
 * From data to a policy: {@link openDataset} or {@link datasetFromArrays}, {@link train},
 * {@link evaluatePolicy}. A run with its directory: {@link resolveConfig}, {@link runPipeline},
 * {@link verify}. Kernels, programs, checks, statistics and what the scripts share are modules of
 * their own: `@holdfast/offline-rl/kernels`, `/programs`, `/checks`, `/statistics`, `/runs`, `/tools`.
 *
 * @example Data in, policy out
 * ```ts
 * import { datasetFromArrays, evaluatePolicy, train } from "@holdfast/offline-rl";
 * import { ok } from "node:assert/strict";
 *
 * const dataset = datasetFromArrays({
 *   observations: [[0], [0], [1], [1]],
 *   actions: [0, 1, 0, 1],
 *   rewards: [0, 1, 1, 0],
 *   terminated: [1, 1, 1, 1],
 * });
 * const policy = await train(dataset, "dqn", { steps: 300, learningRate: 0.01, batchSize: 16 }, {
 *   hidden: [16],
 * });
 * const [first, second] = evaluatePolicy(policy, Float32Array.of(0));
 * ok(second > first);
 * ```
 *
 * @module
 */

// Errors: InputError is for wrong input, the last two are for work that was stopped.
export { InputError } from "./src/errors.ts";
export { DeviceError } from "./src/backends/device_error.ts";
export { DivergenceError } from "./src/training/train.ts";
export { InterruptedError } from "./src/run/learn.ts";
export { StudyStoppedError } from "./src/study/study.ts";

// Data: from files, arrays and environments.
export type {
  DataPiece,
  Dataset,
  DataSurvey,
  Extremes,
  StoredColumns,
  StoredTransitions,
} from "./src/dataset/dataset.ts";
export type { EpisodeOutcomes } from "./src/dataset/episode_outcomes.ts";
export type { ObservationRange } from "./src/dataset/observation_range.ts";
export {
  DATASET_FORMATS,
  type DatasetFormat,
  openDataset,
  writeDataset,
} from "./src/dataset/formats/dataset_file.ts";
export {
  type DatasetReadOptions,
  INPUT_FORMATS,
  type InputFormat,
} from "./src/dataset/formats/read_options.ts";
export type { DecimalMark } from "./src/files/csv_numbers.ts";
export type { TableColumns } from "./src/dataset/formats/table_columns.ts";
export {
  type DatasetArrays,
  datasetFromArrays,
  type Rows,
} from "./src/dataset/formats/arrays.ts";
export { openStoredDataset } from "./src/dataset/formats/stored_safetensors.ts";
export {
  datasetFromSafetensors,
  datasetToSafetensors,
} from "./src/dataset/formats/safetensors.ts";
export { type RandomStream, randomStream } from "./src/numerics/random.ts";
export { collectDataset } from "./src/dataset/collect.ts";
export { validateDataset } from "./src/dataset/validate.ts";
export {
  type DatasetReport,
  type EndCounts,
  inspectDataset,
  type Spread,
} from "./src/dataset/inspect.ts";

// Learning, and policies: their outputs, values and files.
export {
  ALGORITHM_NAMES,
  type AlgorithmName,
  type AlgorithmSettings,
  type NetworkName,
  planTable,
  type TableAlgorithm,
  type TableName,
} from "./src/algorithms/index.ts";
export {
  type PolicyOf,
  train,
  type TrainOptions,
} from "./src/run/train_policy.ts";
export {
  evaluate,
  greedyInStates,
  policyInStates,
} from "./src/evaluation/evaluate.ts";
export {
  isTable,
  openTable,
  type TablePolicy,
  tableText,
} from "./src/algorithms/tabular/table_policy.ts";
export { readPolicy } from "./src/run/read_policy.ts";
export type { LearntPolicy } from "./src/run/learn.ts";
export {
  actionCountOf,
  evaluatePolicy,
  greedyActions,
  type NetworkPolicy,
  observationSize,
} from "./src/network/policy.ts";
export { FORBIDDEN } from "./kernels/portable.ts";
export type {
  DecisionRule,
  HazardTerm,
  Imitator,
} from "./src/network/decision_rule.ts";
export type { LayerLayout, NetworkLayout } from "./src/network/layout.ts";
export type {
  AffineEncoder,
  Encoder,
  EncoderName,
  OneHotEncoder,
} from "./src/network/encoder.ts";
export { actionMismatchRate } from "./src/evaluation/mismatch.ts";
export {
  policyFromSafetensors,
  policyToSafetensors,
} from "./src/network/policy_file.ts";
export { policyToOnnx } from "./src/network/onnx.ts";

// Runs and studies, in directories that can be resumed and verified.
export { readJsonFile } from "./src/config/read.ts";
export { type ConfigFlags, resolveConfig } from "./src/config/resolve.ts";
export type {
  Config,
  ConfigOverrides,
  DatasetConfig,
  EnvironmentOverrides,
  EvaluationConfig,
  NetworkConfig,
} from "./src/config/config.ts";
export {
  type PipelineEvents,
  type PipelineOptions,
  runPipeline,
} from "./src/run/pipeline.ts";
export type { AlarmName, Alarms } from "./src/evaluation/alarms.ts";
export type {
  ExactMetrics,
  Metrics,
  OptimalMetrics,
  OutcomeProbability,
  PolicyMetrics,
  RolloutMetrics,
} from "./src/evaluation/results.ts";
export type { ValueName } from "./src/evaluation/measures.ts";
export type { DatasetSummary, OutcomeRate } from "./src/dataset/summary.ts";
export {
  parseSeeds,
  resolveStudy,
  type StudyCell,
  studyCells,
  type StudyRequest,
} from "./src/study/config.ts";
export { type StudyConfig } from "./src/evaluation/study_results.ts";
export {
  beginStudy,
  runShard,
  runStudy,
  type StudyOptions,
  type StudyProgress,
} from "./src/study/study.ts";
export { parseShard, type Shard, shardCells } from "./src/study/shard.ts";
export {
  type MergeFindings,
  type MergeOptions,
  mergeStudy,
} from "./src/study/merge.ts";
export {
  type StudyStatus,
  studyStatus,
  type StudyWorker,
} from "./src/study/status.ts";
export { forecastStudy, type StudyForecast } from "./src/study/forecast.ts";
export {
  calibrate,
  type CalibrationOptions,
  CalibrationStoppedError,
} from "./src/study/calibration/calibrate.ts";
export type { Calibration } from "./src/study/calibration/result.ts";
export type { CalibrationWorld } from "./src/study/calibration/cell.ts";
export type {
  Accuracy,
  BoundResult,
  DecisionResult,
  EstimatorResult,
  Share,
  SizeResult,
} from "./src/study/calibration/statistics.ts";
export type { StudyResult } from "./src/evaluation/study_results.ts";
export {
  verify,
  type VerifyOptions,
  type VerifyResult,
} from "./src/checks/verify.ts";

// Backends: where training is computed, which changes no bit of it.
export {
  BACKEND_NAMES,
  type BackendName,
  chooseBackend,
} from "./src/backends/choose.ts";
export type { Backend } from "./src/backends/backend.ts";
export { referenceBackend } from "./src/backends/reference.ts";
export { wasmBackend } from "./src/backends/wasm.ts";

// Finite MDPs: environments by name, episodes, and dynamic programming.
export {
  ENVIRONMENT_NAMES,
  type EnvironmentConfig,
  type EnvironmentName,
  type EnvironmentSettings,
  type EnvironmentVariant,
  type FileWorldConfig,
  type FileWorldSettings,
  type KnownEnvironment,
} from "./src/environments/index.ts";
export type { GridDrawing } from "./src/environments/define.ts";
export {
  openWorld,
  worldBytes,
  type WorldFile,
  type WorldReadOptions,
} from "./src/environments/world.ts";
export { policyTable } from "./src/environments/policy_table.ts";
export {
  worldFromSafetensors,
  worldToSafetensors,
} from "./src/environments/world_safetensors.ts";
export type { Cell } from "./src/settings.ts";
export { chooseWorld, type ChosenWorld } from "./src/run/chosen_world.ts";
export { type EnvironmentOptions, makeEnvironment } from "./src/run/problem.ts";
export {
  type FiniteMdp,
  type MdpObservations,
  type MdpRows,
  type NamedOutcome,
  startStates,
} from "./src/mdp/mdp.ts";
export {
  mdpRows,
  type Outcome,
  pointStart,
  type RowBuilder,
  stateIndices,
} from "./src/mdp/build.ts";
export { validateMdp } from "./src/mdp/validate.ts";
export {
  type Environment,
  openEnvironment,
  type StepResult,
} from "./src/mdp/stepping.ts";
export {
  type Bounds,
  evaluateExactly,
  type EvaluationOptions,
  type ExactEvaluation,
} from "./src/mdp/exact.ts";
export { unsafeByState, valueByState } from "./src/mdp/by_state.ts";
export {
  lowerTailMean,
  type ReturnDistribution,
} from "./src/mdp/distribution.ts";
export {
  optimalActions,
  type OptimalityOptions,
  optimalStationaryActions,
} from "./src/mdp/optimal.ts";
export { greedyPolicy, type Policy } from "./src/mdp/policy.ts";
export {
  type ActionTable,
  mixedWithUniform,
  uniformPolicy,
} from "./src/mdp/mix.ts";
export { rollOut, type RolloutResult } from "./src/evaluation/rollout.ts";
export { type Agreement, checkAgreement } from "./src/evaluation/agreement.ts";

// Policies without a network, to compare learnt ones with.
export {
  mostFrequentActions,
  type ReferencePolicies,
  referencePolicies,
} from "./src/evaluation/references.ts";
export { maximumLikelihoodActions } from "./src/algorithms/tabular/maximum_likelihood.ts";
export { spibbPolicy } from "./src/algorithms/tabular/spibb.ts";
export type { PlanSettings } from "./src/algorithms/tabular/define.ts";
export { spibbAtMostPolicy } from "./src/algorithms/tabular/spibb_at_most.ts";
export {
  softSpibbPolicy,
  type SoftSpibbSettings,
  type SoftSpibbVariant,
} from "./src/algorithms/tabular/soft_spibb.ts";
export {
  duipiPolicy,
  type DuipiSettings,
} from "./src/algorithms/tabular/duipi.ts";
export {
  lowerBoundPolicy,
  type LowerBoundSettings,
} from "./src/algorithms/tabular/lower_bound.ts";
export {
  type CountedModel,
  countModel,
  countObservations,
  type CountOptions,
} from "./src/algorithms/tabular/counted_model.ts";

// Off-policy evaluation: what a policy is worth on the data of another.
export {
  evaluateOnLog,
  type LogPolicy,
  type LogRequest,
  openLogPolicy,
} from "./src/run/evaluate_on_log.ts";
export {
  LOG_REFERENCES,
  type LogReference,
} from "./src/evaluation/off_policy/references.ts";
export type {
  KnownRewards,
  OffPolicyEvaluation,
} from "./src/evaluation/off_policy/evaluate.ts";
export type {
  EstimatorName,
  OffPolicyEstimate,
  QuantityEstimates,
} from "./src/evaluation/off_policy/estimates.ts";
export type { Interval } from "./src/evaluation/off_policy/intervals.ts";
export type {
  PropensitySource,
  Support,
} from "./src/evaluation/off_policy/support.ts";
export type { MarkovTest } from "./src/evaluation/off_policy/markov.ts";
export type {
  Condition,
  Decision,
  Requirement,
} from "./src/evaluation/off_policy/decision.ts";
export type { Acting } from "./src/evaluation/off_policy/target.ts";
export {
  type FittedQ,
  fittedQEvaluation,
  type FittedQOptions,
  type FittedQTraining,
  type FittedQuantity,
} from "./src/evaluation/off_policy/fitted_q_evaluation.ts";

/**
 * What a folder of a run or study holds, and the problem that a configuration means.
 *
 * @module
 */
export {
  listFiles,
  type Manifest,
  readManifest,
  suiteVersions,
} from "./src/run/manifest.ts";
export { type SuiteVersions } from "./src/run/manifest_text.ts";
export type { ManifestFile } from "./src/files/listing.ts";
export { LOCK_FILE } from "./src/run/lock.ts";
export {
  isBegun,
  isFinished,
  recordedConfig,
  requireSameConfig,
} from "./src/run/resume.ts";
export { requireNewRun } from "./src/run/run_directory.ts";
export { staysOnDisk } from "./src/dataset/formats/stored_safetensors.ts";
export {
  datasetSha256,
  type Given,
  knownEnvironment,
  type LearningProblem,
  openProblem,
  type Problem,
  worldSha256,
} from "./src/run/problem.ts";
export { isStudy } from "./src/study/config.ts";
export {
  compareFolders,
  COMPARISON_TITLE,
  type FolderComparison,
} from "./src/study/compare.ts";
export { type MissingShard, missingShards } from "./src/study/shard.ts";
export type { Worker } from "./src/study/work.ts";
export { canTake, startingIn, unsafeName } from "./src/mdp/mdp.ts";
export { behaviourNames } from "./src/environments/index.ts";
export {
  type MeasuredWorld,
  unsafeMeasure,
  valueName,
} from "./src/evaluation/measures.ts";
export {
  deviationWords,
  returnWriter,
  seedCount,
  seedList,
  supportWords,
  worthWords,
} from "./src/report/study_words.ts";
export { alarmBasis, alarmSentences } from "./src/report/alarms.ts";
export { formatHeldOut } from "./src/report/held_out_text.ts";
export { type ExactColumn, exactColumns } from "./src/report/run_numbers.ts";
export {
  keepsActionNames,
  keepsObservationNames,
  lostToEvaluation,
} from "./src/dataset/formats/dataset_file.ts";
export { referenceLabel } from "./src/evaluation/study_results.ts";
export { presetNamed } from "./src/config/resolve.ts";
export type { PresetName } from "./src/config/presets.ts";

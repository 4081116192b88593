/**
 * What the suite's scripts share: terminals, safe files, and what a directory holds.
 *
 * @module
 */

// Terminals, and text from elsewhere on them.
export {
  duration,
  formatTable,
  lostOutput,
  type Output,
  processOutput,
  type Progress,
  showProgress,
  style,
} from "./src/report/terminal.ts";
export { environmentVariable } from "./src/report/environment_variable.ts";
export { formatReport } from "./src/report/dataset.ts";
export { decimal, percent, percentDifference } from "./src/report/numbers.ts";
export { visible } from "./src/visible.ts";
export { suggest } from "./src/nearest.ts";

// Files that are whole or not there.
export {
  cannotWrite,
  isTemporary,
  makeDirectory,
  writeFileAtomic,
} from "./src/files/atomic.ts";
export { canonicalJson } from "./src/files/canonical_json.ts";
export { readFile } from "./src/files/read.ts";
export {
  readSafetensors,
  type SafetensorsFile,
  type Tensor,
  type TensorData,
  type TensorDtype,
} from "./src/files/safetensors.ts";
export { sha256Hex } from "./src/numerics/hash.ts";
export { type RandomStream, randomStream } from "./src/numerics/random.ts";

// What a directory holds.
export {
  listFiles,
  type Manifest,
  readManifest,
  type SuiteVersions,
} from "./src/run/manifest.ts";
export type { ManifestFile } from "./src/files/listing.ts";
export { LOCK_FILE } from "./src/run/lock.ts";
export {
  isBegun,
  isFinished,
  recordedConfig,
  requireSameConfig,
} from "./src/run/resume.ts";
export { requireNewRun } from "./src/run/run_directory.ts";
export { openProblem, type Problem } from "./src/run/problem.ts";
export { isStudy } from "./src/study/config.ts";
export { unsafeName } from "./src/mdp/mdp.ts";
export { keepsActionNames } from "./src/dataset/formats/dataset_file.ts";
export { presetNamed } from "./src/config/resolve.ts";
export type { PresetName } from "./src/config/presets.ts";

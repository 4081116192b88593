/**
 * What the suite's scripts share: terminals and safe files. It needs no package, so that a thread that
 * only prints starts soon.
 *
 * @module
 */

// Terminals, and text from elsewhere on them.
export {
  duration,
  formatTable,
  isOutputOpen,
  lostOutput,
  type Output,
  processOutput,
  type Progress,
  showProgress,
  style,
} from "./src/report/terminal.ts";
export { environmentVariable } from "./src/report/environment_variable.ts";
export { formatReport } from "./src/report/dataset.ts";
export { formatOffPolicy } from "./src/report/off_policy.ts";
export {
  decimal,
  group,
  percent,
  percentDifference,
} from "./src/report/numbers.ts";
export { visible } from "./src/visible.ts";
export { suggest } from "./src/nearest.ts";

// Files that are whole or not there.
export {
  cannotWrite,
  type Content,
  isTemporary,
  makeDirectory,
  writeFileAtomic,
  type Written,
} from "./src/files/atomic.ts";
export { canonicalJson } from "./src/files/canonical_json.ts";
export { readFile } from "./src/files/read.ts";
export type { NumberArray, TextArray } from "./src/files/npy.ts";
export { type NpzFile, openNpz } from "./src/files/npz.ts";
export { STDIN } from "./src/files/source.ts";
export {
  readSafetensors,
  type SafetensorsFile,
  type Tensor,
  type TensorData,
  type TensorDtype,
} from "./src/files/safetensors.ts";
export { sha256Hex } from "./src/numerics/hash.ts";

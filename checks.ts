/**
 * Checks of bits: kernels and trainings of all backends against the reference, trainings that d3rlpy
 * recorded, and runs and studies in detail.
 *
 * @module
 */
export {
  bitDifferences,
  checkKernels,
  type KernelDifference,
} from "./src/checks/kernel_check.ts";
export {
  type BackendReport,
  checkDeterminism,
  type ComparedBackend,
  type ComparedTask,
  type DeterminismReport,
  type DifferingNumbers,
  type FirstDifference,
  type PolicyReport,
  type TrainingPoint,
  type TrainingReport,
} from "./src/checks/determinism.ts";
export {
  type DeviceRecord,
  deviceRecord,
  RECORD_SCHEMA,
  type RecordSoftware,
} from "./src/checks/record/record.ts";
export { recordHere } from "./src/checks/record/here.ts";
export { MOST_RECORD_BYTES, readRecord } from "./src/checks/record/read.ts";
export {
  compareRecords,
  type KernelContrast,
  type RecordComparison,
  type RecordDifference,
} from "./src/checks/record/compare.ts";
export { configuredTrainings } from "./src/checks/configured_trainings.ts";
export { smallTrainings } from "./src/checks/small_trainings.ts";
export {
  type Caught,
  faultNames,
  type FaultyBackend,
  isCaught,
  plantFaults,
} from "./src/checks/sabotage/sabotage.ts";
export {
  checkConformance,
  type ConformanceResult,
} from "./src/checks/conformance.ts";
export { isVerified, type Verification, verifyRun } from "./src/run/verify.ts";
export type { Replay, VerifyRunOptions } from "./src/run/replay.ts";
export type { Difference } from "./src/run/check_files.ts";
export {
  type StudyVerification,
  verifyStudy,
  type VerifyStudyOptions,
} from "./src/study/verify.ts";

// What a machine offers. The GPU is opened here without the probe that `chooseBackend` asks for.
export {
  autoChoice,
  describeDevice,
  surveyDevice,
} from "./src/backends/choose.ts";
export type {
  DeviceSurvey,
  GoldenDifferences,
  ProbeResult,
} from "./src/backends/survey.ts";
export type { ArithmeticReadings } from "./src/backends/probe_shader.ts";
export {
  type DeviceDescription,
  findDevices,
  type GpuSession,
  type UploadedPart,
} from "./src/backends/webgpu_session.ts";
export type {
  CallList,
  TrainingSetup,
} from "./src/backends/webgpu_training.ts";
export { wasmInTurns } from "./src/backends/wasm.ts";
export { webgpuBackend } from "./src/backends/webgpu.ts";
export { openGpuThread } from "./src/backends/webgpu_thread.ts";

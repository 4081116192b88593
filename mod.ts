/**
 * Offline reinforcement learning that returns the same bits on every device.
 *
 * The public API: whatever a script of the suite does, a program can do with what is here. Start
 * with {@link resolveConfig}, {@link chooseBackend} and {@link runPipeline}.
 *
 * @example The smoke preset on the reference backend
 * ```ts
 * import { chooseBackend, resolveConfig, runPipeline } from "@holdfast/offline-rl";
 *
 * const metrics = await runPipeline({
 *   config: resolveConfig("smoke"),
 *   backend: await chooseBackend("reference"),
 *   out: "artifacts/example",
 * });
 * console.log(metrics.policies.cql.exact?.hazardProbability);
 * ```
 *
 * @module
 */
export type { PlanLayout } from "./kernels/plan.ts";
export * from "./src/errors.ts";
export * from "./src/files/read.ts";
export * from "./src/numerics/random.ts";
export * from "./src/numerics/hash.ts";

export * from "./src/mdp/mdp.ts";
export * from "./src/environments/define.ts";
export * from "./src/environments/gridworld.ts";
export * from "./src/environments/cliff_walking.ts";
export * from "./src/environments/index.ts";
export * from "./src/mdp/stepping.ts";
export * from "./src/mdp/policy.ts";
export * from "./src/mdp/exact.ts";
export * from "./src/mdp/optimal.ts";

export * from "./src/dataset/dataset.ts";
export * from "./src/dataset/collect.ts";
export * from "./src/dataset/validate.ts";
export * from "./src/dataset/summary.ts";
export * from "./src/dataset/distinct_rows.ts";
export * from "./src/dataset/minibatch_plan.ts";
export * from "./src/dataset/formats/safetensors.ts";
export * from "./src/dataset/formats/csv.ts";
export type { CsvColumns } from "./src/dataset/formats/csv_columns.ts";
export * from "./src/dataset/formats/csv_write.ts";
export * from "./src/dataset/formats/d3rlpy.ts";
export * from "./src/dataset/formats/minari.ts";
export * from "./src/dataset/inspect.ts";

export * from "./src/network/layout.ts";
export * from "./src/network/initial.ts";
export * from "./src/network/policy.ts";
export * from "./src/network/scaling.ts";

export * from "./src/algorithms/program.ts";
export * from "./src/settings.ts";
export * from "./src/algorithms/define.ts";
export * from "./src/algorithms/index.ts";
export * from "./src/algorithms/learner_state.ts";

export * from "./src/backends/backend.ts";
export * from "./src/backends/reference.ts";
export * from "./src/backends/wasm.ts";
export * from "./src/backends/webgpu.ts";
export * from "./src/backends/probe.ts";
export type { ArithmeticReadings } from "./src/backends/probe_shader.ts";
export * from "./src/backends/webgpu_session.ts";
export * from "./src/backends/webgpu_thread.ts";
export * from "./src/backends/device_error.ts";
export * from "./src/backends/choose.ts";

export * from "./src/training/task.ts";
export * from "./src/training/train.ts";
export * from "./src/training/checkpoint.ts";
export * from "./src/checks/conformance.ts";
export * from "./src/checks/determinism.ts";
export * from "./src/checks/kernel_check.ts";

export * from "./src/evaluation/results.ts";
export * from "./src/evaluation/rollout.ts";
export * from "./src/evaluation/mismatch.ts";
export * from "./src/evaluation/agreement.ts";
export * from "./src/evaluation/counted_model.ts";
export * from "./src/evaluation/references.ts";
export * from "./src/evaluation/model_value.ts";
export * from "./src/evaluation/statistics.ts";

export * from "./src/network/policy_file.ts";
export * from "./src/dataset/formats/dataset_file.ts";
export * from "./src/dataset/formats/read_options.ts";
export * from "./src/network/onnx.ts";
export * from "./src/run/tensorboard.ts";
export * from "./src/run/event_log.ts";
export * from "./src/files/listing.ts";
export * from "./src/run/manifest.ts";
export type { Difference } from "./src/run/check_files.ts";

export * from "./src/report/terminal.ts";
export * from "./src/report/numbers.ts";

export type {
  Config,
  ConfigOverrides,
  DatasetConfig,
  EvaluationConfig,
  NetworkConfig,
} from "./src/config/config.ts";
export type { PresetName } from "./src/config/presets.ts";
export * from "./src/config/resolve.ts";
export * from "./src/config/read.ts";

export * from "./src/run/problem.ts";
export * from "./src/run/learn.ts";
export * from "./src/run/metrics.ts";
export * from "./src/run/pipeline.ts";
export * from "./src/run/resume.ts";
export * from "./src/run/verify.ts";
export type { Replay, VerifyOptions } from "./src/run/replay.ts";
export * from "./src/study/study.ts";
export * from "./src/study/cell.ts";
export * from "./src/study/cell_file.ts";
export * from "./src/study/config.ts";
export * from "./src/study/result.ts";
export * from "./src/study/series.ts";
export * from "./src/study/statistics.ts";
export * from "./src/study/verify.ts";

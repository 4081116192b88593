/**
 * What the stages of a run leave, wherever its files go.
 *
 * @module
 */
import type { Algorithm, TableAlgorithm } from "../algorithms/index.ts";
import type { TablePolicy } from "../algorithms/tabular/table_policy.ts";
import type { Config } from "../config/config.ts";
import { datasetToSafetensors } from "../dataset/formats/safetensors.ts";
import { worldToSafetensors } from "../environments/world_safetensors.ts";
import type { Metrics } from "../evaluation/results.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import { policyToOnnx } from "../network/onnx.ts";
import { policyToSafetensors } from "../network/policy_file.ts";
import { sha256Hex } from "../numerics/hash.ts";
import type { Learnt } from "./learn.ts";
import {
  DATASET_FILE,
  type InputFile,
  type MadeFiles,
  WORLD_FILE,
} from "./made_files.ts";
import {
  finishedFile,
  finishedText,
  type LearntFile,
  learntTable,
  networkFiles,
  policyFile,
} from "./policy_files.ts";
import type { Problem } from "./problem.ts";
import type { GridDetails } from "../report/grid_details.ts";
import { reportRun } from "./report.ts";

/** The files that a run keeps of what it is made from: [name, content]. */
export function inputFiles(
  { all, world }: Problem,
): [name: string, content: InputFile][] {
  return [
    [DATASET_FILE, all.stored ?? datasetToSafetensors(all)],
    ...world
      ? [[WORLD_FILE, worldToSafetensors(world)] as [string, Uint8Array]]
      : [],
  ];
}

/** Keeps a policy that is a table. */
export function keepTable(
  files: MadeFiles,
  config: Config,
  algorithm: TableAlgorithm,
  policy: TablePolicy,
): LearntFile {
  const { name } = algorithm;
  const { learnt, text } = learntTable(policy);
  files.write(policyFile(name), text);
  const record = finishedText(config, algorithm, files.list());
  files.write(finishedFile(name), record);
  return learnt;
}

/** Keeps a network, whose training table is among the files. */
export function keepNetwork(
  files: MadeFiles,
  config: Config,
  algorithm: Algorithm,
  learnt: Learnt,
): LearntFile {
  const { name } = algorithm;
  const names = networkFiles(name);
  files.write(names.onnx, policyToOnnx(learnt.policy));
  const bytes = policyToSafetensors(learnt.policy);
  files.write(names.policy, bytes);
  // The last file of an algorithm: where it is, training is not repeated.
  const record = finishedText(config, algorithm, files.list());
  files.write(finishedFile(name), record);
  return { ...learnt, sha256: sha256Hex(bytes) };
}

/**
 * Keeps plots and report.
 *
 * @param learnt By algorithm.
 * @param plots [name without ending, SVG], as drawn by `plotRun`.
 * @param grid From `gridDetails`.
 */
export function keepPictures(
  files: MadeFiles,
  metrics: Metrics,
  learnt: Readonly<Record<string, LearntFile>>,
  plots: readonly (readonly [name: string, svg: string])[],
  grid: GridDetails | null,
): void {
  for (const [name, svg] of plots) files.write(`plots/${name}.svg`, svg);
  const report = reportRun(files.list(), metrics, learnt, plots, grid);
  files.write("report.html", report);
}

/** Keeps how long each stage took, which no result depends on. */
export function keepTimings(
  files: MadeFiles,
  milliseconds: Readonly<Record<string, number>>,
): void {
  const timings = { schema: "holdfast/timings/1", milliseconds };
  files.write("timings.json", canonicalJson(timings));
}

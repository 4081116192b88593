/**
 * The files that an algorithm leaves in a run.
 *
 * @module
 */
import {
  type AnyAlgorithm,
  isTableName,
  isTabular,
} from "../algorithms/index.ts";
import {
  type TablePolicy,
  tableText,
} from "../algorithms/tabular/table_policy.ts";
import type { Config } from "../config/config.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import type { ManifestFile } from "../files/listing.ts";
import { sha256Hex } from "../numerics/hash.ts";
import type { Learnt, LearntPolicy } from "./learn.ts";
import { taskHash } from "./task_hash.ts";

/** A learnt policy and the hash of its file. */
export type LearntFile<Policy extends LearntPolicy = LearntPolicy> =
  & Learnt<Policy>
  & {
    /** SHA-256 of the policy's file. */
    readonly sha256: string;
  };

/** The file that says that an algorithm has been trained: its last one, with the hashes of the others. */
export function finishedFile(name: string): string {
  return `${name}/finished.json`;
}

/** The files whose hashes it holds, by path, of an algorithm that trains a network. */
export function networkFiles(name: string) {
  return {
    onnx: `${name}/policy.onnx`,
    policy: `${name}/policy.safetensors`,
    table: `${name}/training.csv`,
  };
}

/** The file of the policy of the algorithm of this name. */
export function policyFile(name: string): string {
  return isTableName(name) ? `${name}/policy.json` : networkFiles(name).policy;
}

/**
 * What {@link finishedFile} holds.
 *
 * @param files Of the run, ordered by path; those of the algorithm are taken.
 */
export function finishedText(
  config: Config,
  algorithm: AnyAlgorithm,
  files: readonly ManifestFile[],
): string {
  const names = filesOf(algorithm);
  return canonicalJson({
    schema: "holdfast/finished/1",
    task: taskHash(config, algorithm),
    files: files.filter(({ path }) => names.includes(path)),
  });
}

/** The files of an algorithm whose hashes it holds. */
export function filesOf(algorithm: AnyAlgorithm): string[] {
  const { name } = algorithm;
  return isTabular(algorithm)
    ? [policyFile(name)]
    : Object.values(networkFiles(name));
}

/** What learning a table leaves, and the text of its file. */
export function learntTable(
  policy: TablePolicy,
): { learnt: LearntFile<TablePolicy>; text: string } {
  const text = tableText(policy);
  const sha256 = sha256Hex(new TextEncoder().encode(text));
  return { learnt: { policy, columns: [], rows: [], sha256 }, text };
}

/**
 * The suite's own data set file: its columns in a safetensors container.
 *
 * | tensor | type, shape |
 * |---|---|
 * | `observations` | F32 [N + E, D], T + 1 rows an episode of T transitions |
 * | `actions` | I32 [N] |
 * | `rewards` | F32 [N] |
 * | `terminated`, `truncated` | U8 [N], 0 or 1 |
 * | `episode_offsets` | U32 [E + 1] |
 *
 * The metadata hold `format` = "holdfast.dataset", `version` = "1", `action_count` and, where
 * the source has other names for its actions than 0 … A - 1, `action_names`, a JSON list.
 *
 * @module
 */

import {
  readSafetensors,
  requireTensor,
  writeSafetensors,
} from "../files/safetensors.ts";
import { InputError } from "../errors.ts";
import { namesFromMetadata, namesToMetadata } from "./action_codes.ts";
import type { Dataset } from "./dataset.ts";
import { validateDataset } from "./validate.ts";

const FORMAT = "holdfast.dataset";
const VERSION = "1";

/**
 * The file's bytes; equal data sets give equal bytes.
 *
 * @param dataset The data set.
 */
export function datasetToSafetensors(
  dataset: Dataset,
): Uint8Array<ArrayBuffer> {
  const {
    observationSize,
    observations,
    actions,
    rewards,
    terminated,
    truncated,
    episodeOffsets,
  } = dataset;
  return writeSafetensors(
    new Map([
      ["observations", {
        shape: [observations.length / observationSize, observationSize],
        data: observations,
      }],
      ["actions", { shape: [actions.length], data: actions }],
      ["rewards", { shape: [rewards.length], data: rewards }],
      ["terminated", { shape: [terminated.length], data: terminated }],
      ["truncated", { shape: [truncated.length], data: truncated }],
      ["episode_offsets", {
        shape: [episodeOffsets.length],
        data: episodeOffsets,
      }],
    ]),
    {
      format: FORMAT,
      version: VERSION,
      action_count: String(dataset.actionCount),
      ...namesToMetadata(dataset.actionNames),
    },
  );
}

/**
 * Reads and validates a data set. Its columns may be views of `bytes`.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @throws {InputError} for damage, for another kind of file, or for data that make no sense.
 */
export function datasetFromSafetensors(
  bytes: Uint8Array,
  name: string,
): Dataset {
  const file = readSafetensors(bytes, name);
  const { format, version, action_count: actionCount } = file.metadata;
  if (format !== FORMAT) {
    throw new InputError(
      `${name}: a safetensors file, but not a data set (its metadata say no format "${FORMAT}")`,
    );
  }
  if (version !== VERSION) {
    throw new InputError(
      `${name}: data set version ${version}, but this suite reads ${VERSION}`,
    );
  }
  if (!/^[1-9][0-9]{0,8}$/.test(actionCount ?? "")) {
    throw new InputError(`${name}: its metadata hold no valid action_count`);
  }
  const observations = requireTensor(file, "observations", "F32", [-1, -1]);
  const dataset = {
    observationSize: observations.shape[1],
    actionCount: Number(actionCount),
    ...namesFromMetadata(file),
    observations: observations.data,
    actions: requireTensor(file, "actions", "I32", [-1]).data,
    rewards: requireTensor(file, "rewards", "F32", [-1]).data,
    terminated: requireTensor(file, "terminated", "U8", [-1]).data,
    truncated: requireTensor(file, "truncated", "U8", [-1]).data,
    episodeOffsets: requireTensor(file, "episode_offsets", "U32", [-1]).data,
  };
  validateDataset(dataset, name);
  return dataset;
}

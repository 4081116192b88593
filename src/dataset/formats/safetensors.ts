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
 * | `allowed` | U8 [N + E, A], 0 or 1; there only where actions are masked |
 * | `propensities` (optional) | F64 [N], in (0, 1] |
 * | `outcomes` (optional) | U8 [E], 0 none, n the n-th of `outcome_names` in the metadata |
 *
 * The metadata hold `format` = "holdfast.dataset", `version` = "1", `action_count` and, where
 * the source has other names for its actions than 0 … A - 1, `action_names`, a JSON list; so with
 * `observation_names` for the numbers of an observation. Where observations are names,
 * `observation_categories` is the JSON list of how many each column has.
 *
 * @module
 */

import {
  readSafetensors,
  requireTensor,
  type SafetensorsFile,
  type TensorDtype,
  type TensorToPlace,
  type TensorToWrite,
  writeSafetensors,
} from "../../files/safetensors.ts";
import { InputError } from "../../errors.ts";
import { namesFromMetadata, namesToMetadata } from "../action_codes.ts";
import { categoriesFromMetadata, categoriesToMetadata } from "../categories.ts";
import type { Dataset } from "../dataset.ts";
import { textsInMetadata } from "../../files/texts_in_metadata.ts";
import { outcomesToMetadata } from "../episode_outcomes.ts";
import {
  observationNamesFromMetadata,
  observationNamesToMetadata,
} from "../observation_names.ts";
import type { DatasetReadOptions } from "./read_options.ts";
import { countRounding, toNumbers } from "./rounding.ts";
import { validateDataset } from "../validate.ts";

const FORMAT = "holdfast.dataset";
const VERSION = "1";

/**
 * The file's bytes; equal data sets give equal bytes.
 *
 * @param dataset The data set.
 *
 * @example Equal data have equal bytes
 * ```ts
 * import { datasetFromArrays, datasetToSafetensors } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const bytes = () =>
 *   datasetToSafetensors(
 *     datasetFromArrays({ observations: [0, 1], actions: [0, 1], rewards: [0, 1], terminated: [0, 1] }),
 *   );
 * deepEqual(bytes(), bytes());
 * ```
 */
export function datasetToSafetensors(
  dataset: Dataset,
): Uint8Array<ArrayBuffer> {
  const { allowed, propensities, outcomes } = dataset;
  const columns: Record<string, TensorToWrite["data"] | undefined> = {
    observations: dataset.observations,
    actions: dataset.actions,
    rewards: dataset.rewards,
    terminated: dataset.terminated,
    truncated: dataset.truncated,
    episode_offsets: dataset.episodeOffsets,
    allowed,
    propensities,
    outcomes: outcomes?.ofEpisode,
  };
  const tensors = datasetTensors({
    ...dataset,
    transitions: dataset.actions.length,
    episodes: dataset.episodeOffsets.length - 1,
    hasAllowed: allowed !== undefined,
    hasPropensities: propensities !== undefined,
    hasOutcomes: outcomes !== undefined,
  });
  return writeSafetensors(
    new Map(
      tensors.map(({ tensorName, shape }) => [
        tensorName,
        { shape, data: columns[tensorName]! },
      ]),
    ),
    datasetMetadata(dataset),
  );
}

/** What decides the tensors of a file. */
export interface DatasetSizes
  extends Pick<Dataset, "observationSize" | "actionCount"> {
  /** N */
  readonly transitions: number;
  /** E */
  readonly episodes: number;
  /** Whether the data say which actions are allowed. */
  readonly hasAllowed: boolean;
  /** Whether the data say how likely their actions were. */
  readonly hasPropensities: boolean;
  /** Whether the data name the ends of episodes. */
  readonly hasOutcomes: boolean;
}

/** The tensors of a data set's file. */
export function datasetTensors(
  {
    observationSize,
    actionCount,
    transitions,
    episodes,
    hasAllowed,
    hasPropensities,
    hasOutcomes,
  }: DatasetSizes,
): TensorToPlace[] {
  const tensor = (
    tensorName: string,
    dtype: TensorDtype,
    ...shape: number[]
  ): TensorToPlace => ({ tensorName, dtype, shape });
  const rows = transitions + episodes;
  return [
    tensor("observations", "F32", rows, observationSize),
    tensor("actions", "I32", transitions),
    tensor("rewards", "F32", transitions),
    tensor("terminated", "U8", transitions),
    tensor("truncated", "U8", transitions),
    tensor("episode_offsets", "U32", episodes + 1),
    ...(hasAllowed ? [tensor("allowed", "U8", rows, actionCount)] : []),
    ...(hasPropensities ? [tensor("propensities", "F64", transitions)] : []),
    ...(hasOutcomes ? [tensor("outcomes", "U8", episodes)] : []),
  ];
}

/** The metadata of a data set's file. */
export function datasetMetadata(
  dataset: DatasetDescription,
): Record<string, string> {
  return {
    format: FORMAT,
    version: VERSION,
    action_count: String(dataset.actionCount),
    ...namesToMetadata(dataset.actionNames),
    ...categoriesToMetadata(dataset),
    ...outcomesToMetadata(dataset.outcomes),
    ...observationNamesToMetadata(dataset.observationNames),
  };
}

/** What a data set's metadata say. */
export type DatasetDescription = Pick<
  Dataset,
  | "actionCount"
  | "actionNames"
  | "observationNames"
  | "observationCategories"
  | "outcomes"
>;

/** The part of a file that describes it. */
type Described = Pick<SafetensorsFile, "name" | "metadata">;

/**
 * What a file's metadata say of its data set, but for its outcomes.
 *
 * @param observationSize D
 * @throws {InputError} if it is another kind of file.
 */
export function describedIn(
  file: Described,
  observationSize: number,
): Omit<DatasetDescription, "outcomes"> {
  const actionCount = actionCountIn(file);
  return {
    actionCount,
    ...namesFromMetadata(file, actionCount),
    ...categoriesFromMetadata(file, observationSize),
    ...observationNamesFromMetadata(file, observationSize),
  };
}

/**
 * The number of actions.
 *
 * @throws {InputError} if it is another kind of file.
 */
export function actionCountIn({ name, metadata }: Described): number {
  const { format, version, action_count: actionCount } = metadata;
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
  return Number(actionCount);
}

/**
 * Reads and validates a data set. Its columns may be views of `bytes`. Observations and rewards may be F64
 * or I64, which are rounded, and actions I64, as NumPy makes them.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @param options `onNote` is called for columns in which rounding changed integers.
 * @throws {InputError} for damage, for another kind of file, or for data that make no sense.
 *
 * @example There and back
 * ```ts
 * import {
 *   datasetFromArrays,
 *   datasetFromSafetensors,
 *   datasetToSafetensors,
 * } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const dataset = datasetFromArrays({
 *   observations: [0, 1],
 *   actions: [0, 1],
 *   rewards: [0, 1],
 *   terminated: [0, 1],
 * });
 * deepEqual(datasetFromSafetensors(datasetToSafetensors(dataset), "mine"), dataset);
 * ```
 */
export function datasetFromSafetensors(
  bytes: Uint8Array,
  name: string,
  { onNote }: DatasetReadOptions = {},
): Dataset {
  const file = readSafetensors(bytes, name);
  const actionCount = actionCountIn(file);
  const { shape, data: observations } = floats(
    file,
    "observations",
    [-1, -1],
    (d) => `observations[:, ${d}]`,
    onNote,
  );
  const dataset = {
    observationSize: shape[1],
    ...describedIn(file, shape[1]),
    observations,
    actions: actions(file),
    rewards: floats(file, "rewards", [-1], () => "rewards", onNote).data,
    terminated: requireTensor(file, "terminated", "U8", [-1]).data,
    truncated: requireTensor(file, "truncated", "U8", [-1]).data,
    episodeOffsets: requireTensor(file, "episode_offsets", "U32", [-1]).data,
    ...(file.tensors.has("allowed")
      ? {
        allowed: requireTensor(file, "allowed", "U8", [
          -1,
          actionCount,
        ]).data,
      }
      : {}),
    ...(file.tensors.has("propensities") && {
      propensities: requireTensor(file, "propensities", "F64", [-1]).data,
    }),
    ...(file.tensors.has("outcomes") && {
      outcomes: {
        names: textsInMetadata(file, "outcome_names"),
        ofEpisode: requireTensor(file, "outcomes", "U8", [-1]).data,
      },
    }),
  };
  validateDataset(dataset, name);
  return dataset;
}

/** A tensor of numbers as 32-bit floats. */
function floats(
  file: SafetensorsFile,
  key: string,
  wanted: readonly number[],
  nameOf: (column: number) => string,
  onNote: DatasetReadOptions["onNote"],
): { shape: readonly number[]; data: Float32Array } {
  // NumPy's own types, and no others: one damaged byte must not turn F32 into I32.
  const dtype = file.tensors.get(key)?.dtype;
  if (dtype !== "F64" && dtype !== "I64") {
    return requireTensor(file, key, "F32", wanted);
  }
  const { shape, data } = requireTensor<"F64" | "I64">(
    file,
    key,
    dtype,
    wanted,
  );
  // Without a row, the number of columns is only a claim.
  const columns = Math.min(shape[1] ?? 1, data.length);
  const rounding = countRounding(columns);
  const rounded = new Float32Array(data.length);
  const numbers = toNumbers(data);
  for (let i = 0; i < numbers.length; i++) {
    rounded[i] = numbers[i];
    rounding.see(i % columns, numbers[i]);
  }
  const names = Array.from({ length: columns }, (_, column) => nameOf(column));
  for (const note of rounding.notes(names)) onNote?.(note);
  return { shape, data: rounded };
}

/** The actions; 64-bit integers that 32 bits do not hold are not actions. */
function actions(file: SafetensorsFile): Int32Array {
  if (file.tensors.get("actions")?.dtype !== "I64") {
    return requireTensor(file, "actions", "I32", [-1]).data;
  }
  const { data } = requireTensor(file, "actions", "I64", [-1]);
  const wide = data.find((action) => action !== BigInt.asIntN(32, action));
  if (wide !== undefined) {
    throw new InputError(`${file.name}: action ${wide} is out of range`);
  }
  return Int32Array.from(data, Number);
}

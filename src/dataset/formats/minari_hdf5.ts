/**
 * Minari's `main_data.hdf5`, inside the HDF5 worker; `minari.ts` describes the layout.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import { buildDataset, type DatasetBuilder } from "./builder.ts";
import { categorical } from "../categories.ts";
import type { Dataset } from "../dataset.ts";
import { named, ownNames } from "../action_codes.ts";
import { ownObservationNames } from "../observation_names.ts";
import {
  actionsOf,
  flagsOf,
  type Hdf5Column,
  type Hdf5Rows,
  numbersOf,
  rowsOf,
} from "./hdf5_columns.ts";
import { readHdf5, writeHdf5 } from "./hdf5_file.ts";
import type { NotedDataset } from "./worker_message.ts";
import type { Hdf5Source } from "./hdf5_source.ts";
import { minariActions, type MinariSpec } from "./minari_metadata.ts";
import { validateDataset } from "../validate.ts";

/** Job: reads the data that belong to a `metadata.json`. */
export function readMinari(
  tick: () => void,
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  spec: MinariSpec,
): NotedDataset {
  const read = readHdf5(bytes, name, (source) => {
    const names = new Set(source.names("/"));
    if (names.size !== spec.episodes) {
      throw new InputError(
        `${name}: ${names.size} episodes, but metadata.json says ${spec.episodes}`,
      );
    }
    const combined = combinedNames(spec);
    const builder = buildDataset(spec.observationSize, name);
    const isMasked = names.has("episode_0") && hasMask(source, 0);
    const lists = new Map<string, readonly number[]>();
    for (let e = 0; e < spec.episodes; e++) {
      tick();
      if (!names.has(`episode_${e}`)) {
        throw new InputError(`${name}: "episode_${e}" is missing`);
      }
      if (hasMask(source, e) !== isMasked) {
        throw new InputError(
          `${name}: "episode_${e}" and "episode_0" differ in whether they have infos/action_mask`,
        );
      }
      const allowed = isMasked ? masksOf(source, e, name, spec, lists) : null;
      readEpisode(source, e, name, spec, builder, allowed);
    }
    const { dataset, forbidden } = withoutAdvice(
      builder.finish(spec.actionCount, spec.actionStart),
    );
    const notes = builder.notes(spec.observationNames);
    if (forbidden > 0) {
      notes.push(
        `infos/action_mask: leaves out ${forbidden} of ${dataset.actions.length} actions that were ` +
          "taken, so it is advice and is not used",
      );
    }
    if (combined && combined.length > 1) {
      notes.push(
        `actions of ${
          spec.actionParts!.nvec.length
        } numbers are ${combined.length} actions, from ${combined[0]} to ${
          combined.at(-1)
        }`,
      );
    }
    return {
      dataset: {
        ...dataset,
        ...named(combined && ownNames(combined)),
        ...ownObservationNames(spec.observationNames),
        ...categorical(spec),
      },
      notes,
    };
  });
  const { dataset } = read;
  if (dataset.actions.length !== spec.steps) {
    throw new InputError(
      `${name}: ${dataset.actions.length} steps, but metadata.json says ${spec.steps}`,
    );
  }
  validateDataset(dataset, name);
  return read;
}

function readEpisode(
  source: Hdf5Source,
  e: number,
  name: string,
  spec: MinariSpec,
  builder: DatasetBuilder,
  allowed: readonly (readonly number[])[] | null,
): void {
  const path = `/episode_${e}`;
  const rows = spec.parts.map((part) =>
    partOf(source, `${path}/observations${part.path}`, name, part.size)
  );
  const { count } = rows[0];
  const other = rows.find((part) => part.count !== count);
  if (other) {
    throw new InputError(
      `${name}: the parts of "episode_${e}/observations" have ${count} and ${other.count} rows`,
    );
  }
  const steps = count - 1;
  if (allowed && allowed.length !== count) {
    throw new InputError(
      `${name}: "episode_${e}/infos/action_mask" has ${allowed.length} rows for ${count} observations`,
    );
  }
  const [actionColumn, rewardColumn, terminations, truncations] = [
    spec.actionParts
      ? combinedActions(source, `${path}/actions`, name, steps, spec)
      : actionsOf(source, `${path}/actions`, name, steps),
    numbersOf(source, `${path}/rewards`, name, steps),
    flagsOf(source, `${path}/terminations`, name, steps),
    flagsOf(source, `${path}/truncations`, name, steps),
  ];
  const isTerminated = terminations.read()[steps - 1] === 1;
  const isTruncated = truncations.read()[steps - 1] === 1;
  const actions = actionColumn.read();
  const rewards = rewardColumn.read();
  const observations = together(rows, spec.observationSize);
  for (let t = 0; t <= steps; t++) {
    builder.addObservation(
      observations,
      t * spec.observationSize,
      allowed?.[t],
    );
    if (t < steps) builder.addTransition(actions[t], rewards[t]);
  }
  builder.endEpisode(isTerminated, isTruncated);
}

/**
 * Gymnasium's Taxi masks actions without effect, and yet they can be taken: masks that leave out what
 * was taken forbid nothing.
 *
 * @returns The data, without such masks, and how many actions these leave out.
 */
function withoutAdvice(
  dataset: Dataset,
): { dataset: Dataset; forbidden: number } {
  const { allowed, ...bare } = dataset;
  const { actions, actionCount, episodeOffsets } = dataset;
  let forbidden = 0;
  for (let e = 0; allowed && e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      if (allowed[(i + e) * actionCount + actions[i]] === 0) forbidden++;
    }
  }
  return { dataset: forbidden > 0 ? bare : dataset, forbidden };
}

/** The rows of a part of the observations. */
function partOf(
  source: Hdf5Source,
  path: string,
  name: string,
  size: number,
): Hdf5Rows {
  const rows = rowsOf(source, path, name);
  if (rows.size === size && rows.count > 1) return rows;
  throw new InputError(
    `${name}: ${
      JSON.stringify(path.slice(1))
    } has ${rows.count} rows of ${rows.size} numbers; ` +
      `at least 2 rows of ${size} were expected`,
  );
}

/** Rows side by side: [count, size]. */
function together(
  parts: readonly Hdf5Rows[],
  size: number,
): ArrayLike<number> {
  if (parts.length === 1) return parts[0].read();
  const [{ count }] = parts;
  const all = new Float64Array(count * size);
  let at = 0;
  for (const part of parts) {
    const values = part.read();
    for (let i = 0; i < values.length; i++) {
      const row = Math.floor(i / part.size);
      all[row * size + at + i % part.size] = values[i];
    }
    at += part.size;
  }
  return all;
}

/** Actions of several numbers as one: the last number counts fastest. */
function combinedActions(
  source: Hdf5Source,
  path: string,
  name: string,
  steps: number,
  { actionParts }: MinariSpec,
): Hdf5Column {
  const { nvec, start } = actionParts!;
  const size = nvec.length;
  const { shape, read } = source.numbers(path);
  if (shape.length !== 2 || shape[0] !== steps || shape[1] !== size) {
    throw new InputError(
      `${name}: ${JSON.stringify(path.slice(1))} has shape [${
        shape.join(", ")
      }] where ${steps} rows of ${size} were expected`,
    );
  }
  return {
    read() {
      const values = read();
      return Array.from({ length: steps }, (_, t) => {
        let action = 0;
        for (let d = 0; d < size; d++) {
          const value = values[t * size + d];
          const place = value - start[d];
          if (!Number.isInteger(place) || place < 0 || place >= nvec[d]) {
            throw new InputError(
              `${name}: ${
                JSON.stringify(path.slice(1))
              } has ${value} at step ${t}, outside ${start[d]} … ${
                start[d] + nvec[d] - 1
              }`,
            );
          }
          action = action * nvec[d] + place;
        }
        return action;
      });
    },
  };
}

/** What such actions are called: "0,2". */
function combinedNames(
  { actionCount, actionParts }: MinariSpec,
): readonly string[] | undefined {
  if (actionParts === undefined) return;
  const { nvec, start } = actionParts;
  return Array.from({ length: actionCount }, (_, action) => {
    const parts: number[] = [];
    for (let d = nvec.length - 1, rest = action; d >= 0; d--) {
      parts.unshift(start[d] + rest % nvec[d]);
      rest = Math.floor(rest / nvec[d]);
    }
    return parts.join(",");
  });
}

/** Whether an episode has masks where Gymnasium's Taxi puts them. */
function hasMask(source: Hdf5Source, e: number): boolean {
  const path = `/episode_${e}`;
  return source.names(path).includes("infos") &&
    source.names(`${path}/infos`).includes("action_mask");
}

/** The codes of the actions that each observation's mask allows; equal masks share a list. */
function masksOf(
  source: Hdf5Source,
  e: number,
  name: string,
  { actionCount, actionStart }: MinariSpec,
  lists: Map<string, readonly number[]>,
): readonly (readonly number[])[] {
  const path = `/episode_${e}/infos/action_mask`;
  const { count, size, read } = rowsOf(source, path, name);
  if (size !== actionCount) {
    throw new InputError(
      `${name}: ${
        JSON.stringify(path.slice(1))
      } has rows of ${size} flags for ${actionCount} actions`,
    );
  }
  const flags = read();
  return Array.from({ length: count }, (_, row) => {
    const list: number[] = [];
    for (let a = 0; a < size; a++) {
      const flag = flags[row * size + a];
      if (flag === 1) list.push(actionStart + a);
      else if (flag !== 0) {
        throw new InputError(
          `${name}: ${
            JSON.stringify(path.slice(1))
          } has ${flag} in row ${row}, must be 0 or 1`,
        );
      }
    }
    const known = lists.get(list.join()) ?? list;
    lists.set(list.join(), known);
    return known;
  });
}

/** Job: writes `main_data.hdf5`. */
export function writeMinari(
  tick: () => void,
  dataset: Dataset,
): Uint8Array<ArrayBuffer> {
  const { observationSize, actionCount, episodeOffsets: offsets } = dataset;
  const codes = minariActions(dataset).codes.map(BigInt);
  return writeHdf5((sink) => {
    for (let e = 0; e + 1 < offsets.length; e++) {
      tick();
      const [begin, end] = [offsets[e], offsets[e + 1]];
      const steps = end - begin;
      const path = `/episode_${e}`;
      sink.group(path);
      sink.attribute(path, "id", e);
      sink.attribute(path, "total_steps", steps);
      const observations = dataset.observations.subarray(
        (begin + e) * observationSize,
        (end + e + 1) * observationSize,
      );
      if (dataset.observationCategories) {
        const names = BigInt64Array.from(observations, BigInt);
        const row = observationSize === 1 ? [] : [observationSize];
        sink.numbers(`${path}/observations`, names, [steps + 1, ...row]);
      } else {
        sink.numbers(
          `${path}/observations`,
          observations,
          [steps + 1, observationSize],
        );
      }
      const actions = BigInt64Array.from(
        dataset.actions.subarray(begin, end),
        (action) => codes[action],
      );
      sink.numbers(`${path}/actions`, actions, [steps]);
      sink.numbers(
        `${path}/rewards`,
        dataset.rewards.subarray(begin, end),
        [steps],
      );
      for (
        const [key, flags] of [
          ["terminations", dataset.terminated],
          ["truncations", dataset.truncated],
        ] as const
      ) {
        const values = Int8Array.from(flags.subarray(begin, end));
        sink.booleans(`${path}/${key}`, values, [steps]);
      }
      if (dataset.allowed) {
        const flags = dataset.allowed.subarray(
          (begin + e) * actionCount,
          (end + e + 1) * actionCount,
        );
        sink.group(`${path}/infos`);
        sink.numbers(`${path}/infos/action_mask`, Int8Array.from(flags), [
          steps + 1,
          actionCount,
        ]);
      }
    }
  });
}

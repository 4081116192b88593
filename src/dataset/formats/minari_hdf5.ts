/**
 * Minari's `main_data.hdf5`, inside the HDF5 worker; `minari.ts` describes the layout.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import { buildDataset, type DatasetBuilder } from "./builder.ts";
import { categorical } from "../categories.ts";
import type { Dataset } from "../dataset.ts";
import {
  actionsOf,
  flagsOf,
  type Hdf5Dataset,
  numbersOf,
  rowsOf,
} from "./hdf5_columns.ts";
import { readHdf5, writeHdf5 } from "./hdf5_file.ts";
import type { Hdf5Source } from "./hdf5_source.ts";
import {
  isDiscrete,
  minariActions,
  type MinariSpec,
} from "./minari_metadata.ts";
import { validateDataset } from "../validate.ts";

/** Job: reads the data that belong to a `metadata.json`. */
export function readMinari(
  tick: () => void,
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  spec: MinariSpec,
): Hdf5Dataset {
  const read = readHdf5(bytes, name, (source) => {
    const names = new Set(source.names("/"));
    if (names.size !== spec.episodes) {
      throw new InputError(
        `${name}: ${names.size} episodes, but metadata.json says ${spec.episodes}`,
      );
    }
    const builder = buildDataset(spec.observationSize, name);
    for (let e = 0; e < spec.episodes; e++) {
      tick();
      if (!names.has(`episode_${e}`)) {
        throw new InputError(`${name}: "episode_${e}" is missing`);
      }
      readEpisode(source, e, name, spec, builder);
    }
    return {
      dataset: {
        ...builder.finish(spec.actionCount, spec.actionStart),
        ...categorical(spec),
      },
      notes: builder.notes(),
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
): void {
  const path = `/episode_${e}`;
  const rows = rowsOf(source, `${path}/observations`, name);
  const steps = rows.count - 1;
  if (rows.size !== spec.observationSize || steps < 1) {
    throw new InputError(
      `${name}: "episode_${e}/observations" has ${rows.count} rows of ${rows.size} numbers; ` +
        `at least 2 rows of ${spec.observationSize} were expected`,
    );
  }
  const [actionColumn, rewardColumn, terminations, truncations] = [
    actionsOf(source, `${path}/actions`, name, steps),
    numbersOf(source, `${path}/rewards`, name, steps),
    flagsOf(source, `${path}/terminations`, name, steps),
    flagsOf(source, `${path}/truncations`, name, steps),
  ];
  const isTerminated = terminations.read()[steps - 1] === 1;
  const isTruncated = truncations.read()[steps - 1] === 1;
  const actions = actionColumn.read();
  const rewards = rewardColumn.read();
  const observations = rows.read();
  for (let t = 0; t <= steps; t++) {
    builder.addObservation(observations, t * rows.size);
    if (t < steps) builder.addTransition(actions[t], rewards[t]);
  }
  builder.endEpisode(isTerminated, isTruncated);
}

/** Job: writes `main_data.hdf5`. */
export function writeMinari(
  tick: () => void,
  dataset: Dataset,
): Uint8Array<ArrayBuffer> {
  const { observationSize, episodeOffsets: offsets } = dataset;
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
      if (isDiscrete(dataset)) {
        const names = BigInt64Array.from(observations, BigInt);
        sink.numbers(`${path}/observations`, names, [steps + 1]);
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
    }
  });
}

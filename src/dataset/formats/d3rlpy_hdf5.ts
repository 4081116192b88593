/**
 * d3rlpy's dump, inside the HDF5 worker; `d3rlpy.ts` describes the layout.
 *
 * @module
 */

import { InputError } from "../../errors.ts";
import { actionCodes } from "../action_codes.ts";
import { areArrays, readArrays } from "./arrays_hdf5.ts";
import { buildDataset, type DatasetBuilder } from "./builder.ts";
import type { Dataset } from "../dataset.ts";
import { actionsOf, numbersOf, rowsOf } from "./hdf5_columns.ts";
import { readHdf5, writeHdf5 } from "./hdf5_file.ts";
import type { NotedDataset } from "./worker_message.ts";
import type { Hdf5Source } from "./hdf5_source.ts";
import { validateDataset } from "../validate.ts";

const COLUMNS = ["observations", "actions", "rewards", "terminated"];

/** Job: reads a dump, or the arrays of `arrays_hdf5.ts`. */
export function readD3rlpy(
  tick: () => void,
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  actionCount: number | undefined,
): NotedDataset {
  return readHdf5(bytes, name, (source) => {
    if (areArrays(source.names("/"))) {
      tick();
      return readArrays(source, name, actionCount);
    }
    const episodes = checkDump(source, name);
    let builder: DatasetBuilder | undefined;
    let observationSize = 0;
    let without = 0;
    for (let i = 0; i < episodes; i++) {
      tick();
      const rows = rowsOf(source, `/observations_${i}`, name);
      const steps = rows.count;
      if (builder === undefined) {
        observationSize = rows.size;
        builder = buildDataset(observationSize, name);
      } else if (rows.size !== observationSize) {
        throw new InputError(
          `${name}: "observations_${i}" has ${rows.size} numbers an observation, ` +
            `but "observations_0" has ${observationSize}`,
        );
      }
      const actionColumn = actionsOf(source, `/actions_${i}`, name, steps);
      const rewardColumn = numbersOf(source, `/rewards_${i}`, name, steps);
      const terminated = readTerminated(source, i, name);
      // d3rlpy does not train on an unterminated episode's last action and reward: nothing
      // is known of what followed. Its last observation is the final one.
      const transitions = terminated ? steps : steps - 1;
      if (transitions < 1) {
        without++;
        continue;
      }
      const actions = actionColumn.read();
      const rewards = rewardColumn.read();
      const observations = rows.read();
      for (let t = 0; t <= transitions; t++) {
        if (t < steps) builder.addObservation(observations, t * rows.size);
        else builder.repeatObservation();
        if (t < transitions) builder.addTransition(actions[t], rewards[t]);
      }
      builder.endEpisode(terminated, !terminated);
    }
    const notes = builder!.notes();
    if (without > 0) {
      notes.push(
        `${without} of ${episodes} episodes left out, as d3rlpy does: no transition is known of ` +
          "one that has one step and is not terminated",
      );
    }
    const dataset = builder!.finish(actionCount);
    validateDataset(dataset, name);
    return { dataset, notes };
  });
}

/** Job: writes a dump. */
export function writeD3rlpy(
  tick: () => void,
  dataset: Dataset,
): Uint8Array<ArrayBuffer> {
  const { observationSize, observations, episodeOffsets: offsets } = dataset;
  const episodes = offsets.length - 1;
  const codes = actionCodes(dataset).map(BigInt);
  return writeHdf5((sink) => {
    sink.strings("/columns", COLUMNS);
    sink.numbers(
      "/num_episodes",
      BigInt64Array.of(BigInt(episodes)),
      [],
    );
    for (let e = 0; e < episodes; e++) {
      tick();
      const begin = offsets[e];
      const end = offsets[e + 1];
      const terminated = dataset.terminated[end - 1];
      // An unterminated episode keeps its final observation as one more step, whose action
      // and reward d3rlpy never uses.
      const steps = end - begin + (terminated ? 0 : 1);
      const firstRow = (begin + e) * observationSize;
      const actions = new BigInt64Array(steps);
      const rewards = new Float32Array(steps);
      for (let t = 0; t < steps; t++) {
        actions[t] = codes[dataset.actions[Math.min(begin + t, end - 1)]];
        rewards[t] = begin + t < end ? dataset.rewards[begin + t] : 0;
      }
      sink.numbers(
        `/observations_${e}`,
        observations.subarray(firstRow, firstRow + steps * observationSize),
        [steps, observationSize],
      );
      sink.numbers(`/actions_${e}`, actions, [steps, 1]);
      sink.numbers(`/rewards_${e}`, rewards, [steps, 1]);
      sink.booleans(`/terminated_${e}`, Int8Array.of(terminated), []);
    }
    sink.strings("/version", "2.1");
  });
}

/** Number of episodes of a dump of the right version with all its columns and no others' episodes. */
function checkDump(source: Hdf5Source, name: string): number {
  const names = source.names("/");
  if (!names.includes("version") || !names.includes("columns")) {
    throw new InputError(`${name}: ${otherLayout(names)}`);
  }
  const [version] = source.strings("/version");
  if (version !== "2.1") {
    throw new InputError(
      `${name}: a d3rlpy dump of version ${
        JSON.stringify(version)
      }, but 2.1 is ` +
        "read here; load and dump it again with a recent d3rlpy",
    );
  }
  const columns = source.strings("/columns");
  const missing = COLUMNS.filter((column) => !columns.includes(column));
  if (missing.length > 0) {
    throw new InputError(`${name}: column ${missing.join(", ")} is missing`);
  }
  if (names.includes("observations_0_0")) {
    throw new InputError(`${name}: tuple observations are not supported`);
  }
  const { shape, read } = source.numbers("/num_episodes");
  const episodes = shape.length === 0 ? read()[0] : 0;
  if (!Number.isSafeInteger(episodes) || episodes < 1) {
    throw new InputError(`${name}: "num_episodes" must be at least 1`);
  }
  for (const column of COLUMNS) {
    const pattern = new RegExp(`^${column}_[0-9]+$`);
    const found = names.filter((entry) => pattern.test(entry)).length;
    if (found !== episodes) {
      throw new InputError(
        `${name}: ${found} "${column}" for ${episodes} episodes`,
      );
    }
  }
  return episodes;
}

/** Says what a file is, by the names at its root, and what to do with it. */
function otherLayout(names: readonly string[]): string {
  if (names.some((entry) => /^episode_[0-9]+$/.test(entry))) {
    return "Minari's data: give the data set's directory, which has metadata.json beside this file";
  }
  return 'an HDF5 file, but not a d3rlpy dump (no "version" and "columns") nor ' +
    "one of arrays (observations, actions, rewards, terminals, timeouts)";
}

function readTerminated(source: Hdf5Source, i: number, name: string): boolean {
  const { read, integers, shape } = source.numbers(`/terminated_${i}`);
  const flag = integers && shape.length === 0 ? read()[0] : -1;
  if (flag !== 0 && flag !== 1) {
    throw new InputError(
      `${name}: "terminated_${i}" is neither true nor false`,
    );
  }
  return flag === 1;
}

/**
 * A data set that stays in its safetensors file: rows are read where they are needed, so that the data
 * may be larger than memory.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { cannotWrite } from "../../files/atomic.ts";
import { sha256OfPlaces } from "../../files/file_hash.ts";
import {
  elementsOf,
  readSafetensorsHeader,
  safetensorsHeader,
  type TensorData,
} from "../../files/safetensors.ts";
import { MOST_BYTES } from "../../files/most_bytes.ts";
import { openFile, placesOf } from "../../files/source.ts";
import { textsInMetadata } from "../../files/texts_in_metadata.ts";
import type {
  DataPiece,
  Dataset,
  DataSurvey,
  StoredColumns,
  StoredTransitions,
} from "../dataset.ts";
import { surveyOf } from "../survey.ts";
import { episodeOf } from "../validate.ts";
import {
  actionCountIn,
  datasetMetadata,
  datasetTensors,
  describedIn,
} from "./safetensors.ts";
import {
  growingPlaces,
  identityOf,
  openAgain,
  type StoredColumn,
  type StoredFile,
  WINDOW_BYTES,
} from "./stored_file.ts";

/** Numbers of the observations in a piece, about. */
const PIECE_NUMBERS = 2 ** 21;
const MOST_TRANSITIONS = 2 ** 31;

/** The columns of a transition or an observation each. */
type ColumnName =
  | "observations"
  | "actions"
  | "rewards"
  | "terminated"
  | "truncated"
  | "allowed"
  | "propensities";

type Description = Omit<
  Dataset,
  | "observations"
  | "actions"
  | "rewards"
  | "terminated"
  | "truncated"
  | "propensities"
  | "allowed"
  | "outcomes"
  | "episodeOffsets"
  | "stored"
>;

/** A whole file: what it says, and where its columns lie. */
interface Source
  extends Pick<StoredColumns, "path" | "sha256" | "bytes" | "hasAllowed"> {
  readonly description: Description;
  readonly columns: Readonly<Record<ColumnName, StoredColumn>>;
  readonly hasPropensities: boolean;
  /** [episodes + 1] */
  readonly offsets: Uint32Array;
  /** Of all episodes. */
  readonly outcomes: Dataset["outcomes"];
  readonly identity: string;
  /** Of all data, where it is known. */
  readonly survey?: DataSurvey;
}

/**
 * Opens a data set that this suite wrote, and reads all of it, a part at a time, to see that it is
 * valid. What stays in memory is a few numbers an episode.
 *
 * @param path The file. It must not change as long as it is used.
 * @param onProgress Called with the bytes done, and those to do: the file is read twice.
 * @returns A data set without columns in memory; see {@link Dataset.stored}.
 * @throws {InputError} if it is no data set's file, or not byte by byte as this suite writes it, or the
 *   data make no sense.
 *
 * @example Train on data larger than memory
 * ```ts
 * import { datasetFromArrays, openStoredDataset, train, writeDataset } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/large.safetensors`;
 * const dataset = datasetFromArrays({
 *   observations: [0, 1, 0, 1],
 *   actions: [0, 1, 0, 0],
 *   rewards: [0, 1, 0, 0],
 *   terminated: [0, 1, 0, 1],
 * });
 * await writeDataset(path, dataset, "safetensors");
 * const settings = { steps: 2, batchSize: 4 };
 * const policy = await train(openStoredDataset(path), "dqn", settings, { hidden: [4] });
 * equal(policy.members.join(), (await train(dataset, "dqn", settings, { hidden: [4] })).members.join());
 * ```
 */
export function openStoredDataset(
  path: string,
  onProgress?: (done: number, total: number) => void,
): Dataset {
  const source = sourceAt(path, (done, bytes) => onProgress?.(done, 2 * bytes));
  const { bytes, offsets } = source;
  const all = Uint32Array.from({ length: offsets.length - 1 }, (_, e) => e);
  const dataset = storedDataset(source, all, (transition) => {
    const done = transition / offsets[offsets.length - 1];
    onProgress?.(Math.floor(bytes * (1 + done)), 2 * bytes);
  });
  // Valid, or refused here.
  void dataset.stored!.survey;
  return dataset;
}

/**
 * Puts a file in place that was written elsewhere, if its data are valid.
 *
 * @param from The file, on the same file system.
 * @param path Where to.
 * @param name What to call the data in messages.
 */
export function placeStoredDataset(
  from: string,
  path: string,
  name: string,
): Dataset {
  const source = sourceAt(from, () => {});
  const all = Uint32Array.from(source.offsets.subarray(1), (_, e) => e);
  const { description } = source;
  const { pieces } = storedDataset(source, all).stored!;
  const survey = surveyOf(description, all.length, pieces(), name);
  try {
    Deno.renameSync(from, path);
  } catch (error) {
    throw cannotWrite(path, error);
  }
  return storedDataset({ ...source, path, survey }, all);
}

/** Whether a file is a safetensors file that is too large to be read as a whole. */
export function staysOnDisk(path: string): boolean {
  try {
    if (Deno.statSync(path).size <= MOST_BYTES) return false;
    using file = openFile(path);
    // A 64-bit length and a brace; text has no zero byte.
    const head = placesOf(file, path).read(0, 9);
    return head[8] === 0x7b && head.subarray(0, 8).includes(0);
  } catch {
    // Whoever opens it says why that cannot be done.
    return false;
  }
}

/** For whoever did not know that nothing else can stay on disk. */
function foreign(path: string): InputError {
  return new InputError(
    `${path}: is no safetensors data set, and nothing else can stay on disk; ` +
      "make one with deno task dataset convert FILE --to safetensors",
  );
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    // Whoever opens it says why that cannot be done.
    return false;
  }
}

function sourceAt(
  path: string,
  onProgress: (done: number, bytes: number) => void,
): Source {
  if (isDirectory(path)) throw foreign(path);
  using file = openFile(path);
  const identity = identityOf(file);
  const places = placesOf(file, path);
  const [brace] = places.read(8, 9);
  if (brace !== undefined && brace !== 0x7b) throw foreign(path);
  const { metadata, places: tensors } = readSafetensorsHeader(places, path);
  const described = { name: path, metadata };
  actionCountIn(described);
  const shapeOf = (name: string): readonly number[] =>
    tensors.find(({ tensorName }) => tensorName === name)?.shape ?? [];
  const [, size = 0] = shapeOf("observations");
  const [transitions = 0] = shapeOf("actions");
  const [offsetCount = 0] = shapeOf("episode_offsets");
  const hasAllowed = shapeOf("allowed").length > 0;
  const hasPropensities = shapeOf("propensities").length > 0;
  const names = shapeOf("outcomes").length > 0
    ? textsInMetadata(described, "outcome_names")
    : undefined;
  const description = {
    observationSize: size,
    ...describedIn(described, size),
  };
  const { header } = safetensorsHeader(
    datasetTensors({
      ...description,
      transitions,
      episodes: offsetCount - 1,
      hasAllowed,
      hasPropensities,
      hasOutcomes: names !== undefined,
    }),
    datasetMetadata({
      ...description,
      ...(names && { outcomes: { names, ofEpisode: new Uint8Array() } }),
    }),
  );
  if (`${places.read(0, header.length)}` !== `${header}`) {
    throw new InputError(
      `${path}: is not byte by byte as this suite writes data, which what stays on disk must be; ` +
        "write the data again with deno task dataset convert --to safetensors",
    );
  }
  if (transitions > MOST_TRANSITIONS) {
    throw new InputError(
      `${path}: has ${transitions} transitions, and at most ${MOST_TRANSITIONS} are supported`,
    );
  }
  const whole = <K extends "U8" | "U32">(name: string, dtype: K) => {
    const { begin, end } = tensors.find((t) => t.tensorName === name)!;
    return elementsOf(dtype, places.read(begin, end)) as TensorData[K];
  };
  const offsets = whole("episode_offsets", "U32");
  const isSound = offsets.length > 1 && offsets[0] === 0 &&
    offsets[offsets.length - 1] === transitions &&
    offsets.every((offset, e) => e === 0 || offset > offsets[e - 1]);
  if (!isSound) {
    throw new InputError(
      `${path}: its episode offsets do not grow from 0 to the number of transitions`,
    );
  }
  const columns = Object.fromEntries(
    tensors.map(({ tensorName, begin, end, shape: [rows] }) => [
      tensorName,
      { begin, rowBytes: (end - begin) / rows },
    ]),
  ) as unknown as Source["columns"];
  return {
    path,
    bytes: places.length,
    sha256: sha256OfPlaces(places, (done) => onProgress(done, places.length)),
    identity,
    description,
    columns,
    hasAllowed,
    hasPropensities,
    offsets,
    outcomes: names && { names, ofEpisode: whole("outcomes", "U8") },
  };
}

/** Offsets of chosen episodes of a file as those of a data set. */
function offsetsOf(offsets: Uint32Array, chosen: Uint32Array): Uint32Array {
  const own = new Uint32Array(chosen.length + 1);
  chosen.forEach((e, k) => own[k + 1] = own[k] + offsets[e + 1] - offsets[e]);
  return own;
}

function outcomesAt(
  { outcomes }: Source,
  chosen: Uint32Array,
): Pick<Dataset, "outcomes"> {
  if (!outcomes) return {};
  const { names, ofEpisode } = outcomes;
  return {
    outcomes: {
      names,
      ofEpisode: Uint8Array.from(chosen, (e) => ofEpisode[e]),
    },
  };
}

/**
 * Copies a column's rows of episodes: `extra` more than transitions in each.
 *
 * @param chosen The episodes; those that follow each other are read at once.
 */
function readEpisodes(
  file: StoredFile,
  { offsets, columns }: Source,
  name: ColumnName,
  extra: 0 | 1,
  chosen: Uint32Array,
  into: Uint8Array,
): void {
  const { begin, rowBytes } = columns[name];
  let at = 0;
  for (let k = 0; k < chosen.length;) {
    const first = chosen[k++];
    while (k < chosen.length && chosen[k] === chosen[k - 1] + 1) k++;
    const end = chosen[k - 1] + 1;
    const start = (offsets[first] + extra * first) * rowBytes;
    const stop = (offsets[end] + extra * end) * rowBytes;
    file.read(begin + start, into.subarray(at, at += stop - start));
  }
}

/** Episodes in memory. */
function takenFrom(
  file: StoredFile,
  source: Source,
  chosen: Uint32Array,
): Dataset {
  const { description, hasAllowed, hasPropensities } = source;
  const { observationSize, actionCount } = description;
  const episodeOffsets = offsetsOf(source.offsets, chosen);
  const transitions = episodeOffsets[chosen.length];
  const rows = transitions + chosen.length;
  const read = <A extends TensorData[keyof TensorData]>(
    name: ColumnName,
    array: A,
    extra: 0 | 1 = 0,
  ): A => {
    const bytes = new Uint8Array(array.buffer as ArrayBuffer);
    readEpisodes(file, source, name, extra, chosen, bytes);
    return array;
  };
  return {
    ...description,
    observations: read(
      "observations",
      new Float32Array(rows * observationSize),
      1,
    ),
    actions: read("actions", new Int32Array(transitions)),
    rewards: read("rewards", new Float32Array(transitions)),
    terminated: read("terminated", new Uint8Array(transitions)),
    truncated: read("truncated", new Uint8Array(transitions)),
    ...(hasPropensities && {
      propensities: read("propensities", new Float64Array(transitions)),
    }),
    ...outcomesAt(source, chosen),
    episodeOffsets,
    ...(hasAllowed && {
      allowed: read("allowed", new Uint8Array(rows * actionCount), 1),
    }),
  };
}

/** Parts of a list of episodes that have about so many transitions; a longer episode is one. */
function* groups(
  episodeOffsets: Uint32Array,
  transitions: number,
): Generator<[first: number, end: number]> {
  const episodes = episodeOffsets.length - 1;
  for (let first = 0, end = 0; first < episodes; first = end) {
    do end++; while (
      end < episodes &&
      episodeOffsets[end + 1] - episodeOffsets[first] <= transitions
    );
    yield [first, end];
  }
}

/** The data set, with columns that say that they cannot be had. */
function withoutColumns(
  { path, hasAllowed, hasPropensities }: Source,
  dataset: Omit<Dataset, ColumnName>,
): Dataset {
  const names: ColumnName[] = [
    "observations",
    "actions",
    "rewards",
    "terminated",
    "truncated",
    ...(hasAllowed ? ["allowed" as const] : []),
    ...(hasPropensities ? ["propensities" as const] : []),
  ];
  for (const name of names) {
    Object.defineProperty(dataset, name, {
      enumerable: true,
      get() {
        throw new InputError(
          `${path}: stays on disk because of its size, and this needs all of its ${name} in memory; ` +
            "docs/large-data.md says what can be done with such data",
        );
      },
    });
  }
  return dataset as Dataset;
}

/**
 * Episodes of a file as a data set.
 *
 * @param onSurveyed Called with the transitions looked at.
 */
function storedDataset(
  source: Source,
  chosen: Uint32Array,
  onSurveyed?: (transitions: number) => void,
): Dataset {
  const { description, path, identity, offsets, columns } = source;
  const { observationSize, actionCount } = description;
  const episodeOffsets = offsetsOf(offsets, chosen);
  const open = () => openAgain(path, identity);

  function* pieces(): Generator<DataPiece> {
    using file = open();
    const transitions = Math.floor(PIECE_NUMBERS / observationSize);
    for (const [first, end] of groups(episodeOffsets, transitions)) {
      const dataset = takenFrom(file, source, chosen.subarray(first, end));
      yield { dataset, firstEpisode: first };
      onSurveyed?.(episodeOffsets[end]);
    }
  }

  function* rewards(): Generator<Float32Array> {
    using file = open();
    for (const [first, end] of groups(episodeOffsets, PIECE_NUMBERS)) {
      const length = episodeOffsets[end] - episodeOffsets[first];
      const piece = new Float32Array(length);
      const bytes = new Uint8Array(piece.buffer);
      const episodes = chosen.subarray(first, end);
      readEpisodes(file, source, "rewards", 0, episodes, bytes);
      yield piece;
    }
  }

  const terminated = new Uint8Array(chosen.length);
  {
    using file = open();
    const end = columns.terminated.begin + offsets[offsets.length - 1];
    const read = growingPlaces(file, columns.terminated, end, WINDOW_BYTES);
    chosen.forEach((e, k) =>
      read(offsets[e + 1] - 1, terminated.subarray(k, k + 1))
    );
  }

  function transitions(indices: Uint32Array): StoredTransitions {
    using file = open();
    const count = indices.length;
    // In the order of the file, so that neighbours come with one read.
    const order = Uint32Array.from(indices.keys()).sort((a, b) =>
      indices[a] - indices[b]
    );
    const isLast = new Uint8Array(count);
    const isTerminated = new Uint8Array(count);
    /** [n] in that order: the transition in the file, and its episode there. */
    const places = new Float64Array(count);
    const episodes = new Uint32Array(count);
    let e = -1;
    order.forEach((k, n) => {
      const i = indices[k];
      if (e < 0 || i >= episodeOffsets[e + 1]) e = episodeOf(episodeOffsets, i);
      episodes[n] = chosen[e];
      places[n] = offsets[chosen[e]] + i - episodeOffsets[e];
      isLast[k] = i + 1 === episodeOffsets[e + 1] ? 1 : 0;
      isTerminated[k] = isLast[k] & terminated[e];
    });
    const read = <A extends TensorData[keyof TensorData]>(
      name: ColumnName,
      array: A,
      rows: 1 | 2,
    ): A => {
      const column = columns[name];
      const { rowBytes } = column;
      const last = offsets.length - 1;
      const fileRows = offsets[last] + (rows - 1) * last;
      const gap = fileRows * rowBytes / count;
      const size = rows * rowBytes;
      const window = gap < WINDOW_BYTES / 4 ? WINDOW_BYTES : size;
      const end = column.begin + fileRows * rowBytes;
      const at = growingPlaces(file, column, end, window);
      const bytes = new Uint8Array(array.buffer as ArrayBuffer);
      for (let n = 0; n < count; n++) {
        const row = places[n] + (rows - 1) * episodes[n];
        const k = order[n];
        at(row * rowBytes, bytes.subarray(k * size, (k + 1) * size));
      }
      return array;
    };
    return {
      observations: read(
        "observations",
        new Float32Array(2 * count * observationSize),
        2,
      ),
      actions: read("actions", new Int32Array(count), 1),
      rewards: read("rewards", new Float32Array(count), 1),
      ...(source.hasAllowed && {
        allowed: read("allowed", new Uint8Array(2 * count * actionCount), 2),
      }),
      isLast,
      isTerminated,
    };
  }

  let { survey } = source;
  return withoutColumns(source, {
    ...description,
    ...outcomesAt(source, chosen),
    episodeOffsets,
    stored: {
      path,
      sha256: source.sha256,
      bytes: source.bytes,
      hasAllowed: source.hasAllowed,
      terminated,
      get survey() {
        return survey ??= surveyOf(description, chosen.length, pieces(), path);
      },
      pieces,
      rewards,
      transitions,
      part: (episodes) =>
        storedDataset(
          { ...source, survey: undefined },
          episodes.map((e) => chosen[e]),
        ),
      take(episodes) {
        using file = open();
        return takenFrom(file, source, episodes.map((e) => chosen[e]));
      },
    },
  });
}

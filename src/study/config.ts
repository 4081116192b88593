/**
 * What a study is made of: presets × algorithms × seeds × training seeds.
 *
 * @module
 */
import type { StudyConfig } from "../evaluation/study_results.ts";
import { join } from "node:path";
import * as v from "valibot";
import {
  ALGORITHM_NAMES,
  type AlgorithmName,
  algorithmNamed,
  type AnyAlgorithm,
  isTableName,
} from "../algorithms/index.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import { suiteVersions } from "../run/manifest.ts";
import type { Config, EnvironmentOverrides } from "../config/config.ts";
import { parseJson } from "../config/read.ts";
import { resolveConfig } from "../config/resolve.ts";
import { withNewKeys } from "../config/old_keys.ts";
import { checkConfig } from "../config/schema.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { datasetFromSafetensors } from "../dataset/formats/safetensors.ts";
import { sha256Hex } from "../numerics/hash.ts";
import type { WorldFile } from "../environments/world_file.ts";
import { recordedWorld } from "../run/resume.ts";
import { DATASET_FILE } from "../run/made_files.ts";
import { InputError } from "../errors.ts";
import { readFile } from "../files/read.ts";
import { configuredAlgorithms } from "../run/learn.ts";

/** Name of the file that holds a {@link StudyConfig}. */
export const STUDY_CONFIG_FILE = "study.config.json";

/** What a study is asked for. */
export interface StudyRequest {
  /** Names of presets. */
  readonly presets: readonly string[];
  /** Names of algorithms; without them, all that the presets and the overrides configure. */
  readonly algorithms?: readonly string[];
  /** Seeds, in any order. */
  readonly seeds: readonly number[];
  /** Seeds of initial networks and minibatches, in any order; without them, each seed is also that. */
  readonly trainingSeeds?: readonly number[];
  /** Laid over every preset, as in `resolveConfig`; its seed is not used, its training seed only without others. */
  readonly overrides?: unknown;
  /** The environment: its name and some of its settings; wins over that of the overrides. */
  readonly environment?: EnvironmentOverrides;
  /** SHA-256 of data from a file, which are those of every seed. */
  readonly datasetSha256?: string;
  /** Whether each seed draws its episodes with replacement; wins over `dataset.resample` of the overrides. */
  readonly resample?: boolean;
  /** Whether observations of the data or the world from a file are names; see `network.encoder`. */
  readonly isCategorical?: boolean;
  /** What to call the overrides in an error. */
  readonly source?: string;
  /** Called for each key of the overrides that has a new name, with one line. */
  readonly onNote?: (note: string) => void;
}

/** One unit of work: an algorithm, or the policies that need no training, for one seed and training seed. */
export interface StudyCell {
  /** Name of the preset. */
  readonly preset: string;
  /** What is evaluated. */
  readonly policy: AlgorithmName | "references";
  /** The seed. */
  readonly seed: number;
  /** Of a learner in a study that has them. */
  readonly trainingSeed?: number;
}

const MAX_SEED = 2 ** 32 - 1;
const MAX_SEEDS = 10_000;

/**
 * Reads a list of seeds: numbers and ranges with both ends, e.g. `0..9` or `0,3,7..9`.
 *
 * @param flag Where they are from, for an error.
 * @returns Ascending.
 * @throws InputError if it is none, a seed is given twice or there are more than 10,000.
 *
 * @example Numbers and ranges
 * ```ts
 * import { parseSeeds } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(parseSeeds("0,7..9"), [0, 7, 8, 9]);
 * ```
 */
export function parseSeeds(text: string, flag = "--seeds"): number[] {
  const fail = (what: string): never => {
    throw new InputError(`${flag}: ${what}; write such as 0..9 or 0,3,7..9`);
  };
  const seeds: number[] = [];
  for (const part of text.split(",")) {
    const match = /^\s*(\d{1,10})(?:\.\.(\d{1,10}))?\s*$/.exec(part);
    if (!match) {
      return fail(`${JSON.stringify(part)} is neither a seed nor a range`);
    }
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (first > MAX_SEED || last > MAX_SEED) {
      fail(`a seed is at most ${MAX_SEED}`);
    }
    if (last < first) fail(`${part.trim()} runs backwards`);
    if (seeds.length + last - first >= MAX_SEEDS) {
      fail(`more than ${MAX_SEEDS} seeds`);
    }
    for (let seed = first; seed <= last; seed++) seeds.push(seed);
  }
  seeds.sort((a, b) => a - b);
  const twice = seeds.find((seed, i) => seed === seeds[i + 1]);
  if (twice !== undefined) fail(`seed ${twice} is given twice`);
  return seeds;
}

/**
 * Resolves what is asked for.
 *
 * @returns Equal requests give equal configurations, whatever the order of seeds and algorithms.
 * @throws InputError if something of it is unknown, given twice or makes no sense.
 *
 * @example Two presets, two seeds
 * ```ts
 * import { resolveStudy } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const study = resolveStudy({ presets: ["tutorial", "safe"], algorithms: ["cql"], seeds: [1, 0] });
 * deepEqual(study.seeds, [0, 1]);
 * ```
 */
export function resolveStudy(
  {
    presets,
    algorithms,
    seeds,
    trainingSeeds,
    overrides = {},
    environment,
    datasetSha256,
    resample = false,
    isCategorical,
    source = "config",
    onNote,
  }: StudyRequest,
): StudyConfig {
  refuseRepetition("preset", presets);
  const asked = algorithms?.map((name) => algorithmNamed(name).name) ?? [];
  refuseRepetition("algorithm", asked);
  const over = checkConfig(withNewKeys(overrides, source, onNote), source);
  // Naming an algorithm configures it where the preset does not.
  const all = {
    ...over,
    ...(resample && { dataset: { ...over.dataset, resample } }),
    algorithms: {
      ...Object.fromEntries(asked.map((name) => [name, {}])),
      ...over.algorithms,
    },
  };
  const configs = presets.map((preset): [string, Config] => [
    preset,
    resolveConfig(
      preset,
      all,
      { environment, datasetSha256, isCategorical },
      source,
    ),
  ]);
  const training = trainingSeeds ??
    (over.trainingSeed == null ? undefined : [over.trainingSeed]);
  if (
    training !== undefined && seeds.length > 1 &&
    configs.some(([, config]) => hasSameData(config))
  ) {
    throw new InputError(
      "--training-seeds: all seeds have the same data from a file, so that seeds already vary the training alone; give one seed, or --resample",
    );
  }
  const configured = (name: AlgorithmName) =>
    configs.some(([, config]) => config.algorithms[name] !== undefined);
  return {
    schema: "holdfast/study-config/1",
    suiteVersion: suiteVersions().suiteVersion,
    seeds: seeds.toSorted((a, b) => a - b),
    ...(training && {
      trainingSeeds: training.toSorted((a, b) => a - b),
    }),
    algorithms: ALGORITHM_NAMES.filter((name) =>
      algorithms === undefined ? configured(name) : asked.includes(name)
    ),
    presets: Object.fromEntries(
      configs.map(([preset, { seed: _, trainingSeed: __, ...config }]) => [
        preset,
        config,
      ]),
    ),
  };
}

/** Whether every cell of a study is one of another: that is the study grown by seeds, learners or presets. */
export function isPartOf(part: StudyConfig, whole: StudyConfig): boolean {
  const isIn = <T>(some: readonly T[] = [], all: readonly T[] = []) =>
    some.every((one) => all.includes(one));
  // A learner that joins is configured, too, and changes nothing for the others.
  const ofPart = (
    { algorithms, ...config }: StudyConfig["presets"][string],
  ) =>
    canonicalJson({
      ...config,
      algorithms: Object.fromEntries(
        part.algorithms.map((name) => [name, algorithms[name]]),
      ),
    });
  return part.suiteVersion === whole.suiteVersion &&
    isIn(part.seeds, whole.seeds) &&
    (part.trainingSeeds === undefined) ===
      (whole.trainingSeeds === undefined) &&
    isIn(part.trainingSeeds, whole.trainingSeeds) &&
    isIn(part.algorithms, whole.algorithms) &&
    Object.entries(part.presets).every(([name, config]) =>
      whole.presets[name] !== undefined &&
      ofPart(config) === ofPart(whole.presets[name])
    );
}

/** Whether all seeds learn from the same episodes, and vary no more than the training. */
export function hasSameData({ dataset }: Pick<Config, "dataset">): boolean {
  return dataset.sha256 !== null && !dataset.resample;
}

/** Whether a directory is a study's rather than a run's. */
export function isStudy(directory: string): boolean {
  try {
    Deno.lstatSync(join(directory, STUDY_CONFIG_FILE));
    return true;
  } catch (error) {
    // Where nobody may look, reading says so.
    return error instanceof Deno.errors.PermissionDenied;
  }
}

/** The names alone of more fill the memory. */
const MOST_CELLS = 5_000_000;

/** Twenty thousand seeds and a dozen presets have a tenth of it. */
const MOST_CONFIG_BYTES = 2 ** 22;

const seedsShape = v.pipe(
  v.array(v.number()),
  v.minLength(1),
  v.maxLength(MAX_SEEDS),
);
const fileShape = v.strictObject({
  schema: v.literal("holdfast/study-config/1"),
  suiteVersion: v.string(),
  seeds: seedsShape,
  trainingSeeds: v.optional(seedsShape),
  algorithms: v.array(v.picklist(ALGORITHM_NAMES)),
  presets: v.record(v.string(), v.looseObject({})),
});

/**
 * Reads the configuration that a study has left.
 *
 * @throws InputError if it is missing or not, byte for byte, what this version of the suite writes.
 */
export function readStudyConfig(path: string): StudyConfig {
  const bytes = readFile(path, MOST_CONFIG_BYTES);
  const value = parseJson(bytes, path);
  const checked = v.safeParse(fileShape, value, { abortEarly: true });
  const fail = (): never => {
    throw new InputError(
      `${path}: is not as this suite writes it; copy it again from where it was made`,
    );
  };
  if (!checked.success) return fail();
  const { suiteVersion, seeds, trainingSeeds, algorithms, presets } =
    checked.output;
  const here = suiteVersions().suiteVersion;
  if (suiteVersion !== here) {
    throw new InputError(
      `${path}: is of version ${suiteVersion} of the suite; this is ${here}`,
    );
  }
  const study: StudyConfig = {
    schema: "holdfast/study-config/1",
    suiteVersion,
    seeds: parseSeeds(seeds.join()),
    ...(trainingSeeds && { trainingSeeds: parseSeeds(trainingSeeds.join()) }),
    algorithms: ALGORITHM_NAMES.filter((name) => algorithms.includes(name)),
    presets: Object.fromEntries(
      Object.entries(presets).map(([preset, config]) => {
        const all = { ...config, seed: 0 };
        const { seed: _, ...rest } = resolveConfig(preset, all, {}, path);
        return [preset, rest];
      }),
    ),
  };
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return text === canonicalJson(study) ? study : fail();
}

function refuseRepetition(what: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new InputError(`${what} ${twice} is given twice`);
  }
}

/**
 * The world that a study has from a file; undefined where its environment is not from one.
 *
 * @throws InputError if it is missing, damaged or another.
 */
export function studyWorld(
  directory: string,
  { presets }: StudyConfig,
): WorldFile | undefined {
  // All presets have the same: that of the overrides.
  const [config] = Object.values(presets);
  return recordedWorld(directory, config);
}

/**
 * The data that a study has from a file; undefined where each seed collects its own.
 *
 * @throws InputError if they are missing, damaged or others.
 */
export function studyDataset(
  directory: string,
  { presets }: StudyConfig,
): Dataset | undefined {
  // All presets have the same: those of the overrides.
  const [{ dataset: { sha256 } }] = Object.values(presets);
  if (sha256 === null) return undefined;
  const path = join(directory, DATASET_FILE);
  const bytes = readFile(path);
  if (sha256Hex(bytes) !== sha256) {
    throw new InputError(`${path}: is not the data of ${STUDY_CONFIG_FILE}`);
  }
  return datasetFromSafetensors(bytes, path);
}

/** The configuration of a preset with a seed: that of a run of the pipeline. */
export function seedConfig(
  study: StudyConfig,
  preset: string,
  seed: number,
  trainingSeed?: number,
): Config {
  return {
    seed,
    ...(trainingSeed !== undefined && { trainingSeed }),
    ...study.presets[preset],
  };
}

/** The configuration of a cell: that of a run of the pipeline. */
export function cellConfig(
  study: StudyConfig,
  { preset, seed, trainingSeed }: StudyCell,
): Config {
  return seedConfig(study, preset, seed, trainingSeed);
}

/** The algorithms of a preset in a study. */
export function studyAlgorithms(
  study: StudyConfig,
  preset: string,
): AnyAlgorithm[] {
  return configuredAlgorithms(seedConfig(study, preset, 0))
    .filter(({ name }) => study.algorithms.includes(name));
}

/** Those of a policy of a preset, by seed and training seed. */
export function policyCells(
  { seeds, trainingSeeds }: StudyConfig,
  preset: string,
  policy: StudyCell["policy"],
): StudyCell[] {
  // What needs no training is the same for all.
  const own = policy === "references" || isTableName(policy)
    ? undefined
    : trainingSeeds;
  return seeds.flatMap((seed) =>
    own?.map((trainingSeed) => ({ preset, policy, seed, trainingSeed })) ??
      [{ preset, policy, seed }]
  );
}

/**
 * All the work of a study, by preset and policy (the references last, where a world is known).
 *
 * @throws InputError if there are more than five million cells.
 *
 * @example Two learners and the references
 * ```ts
 * import { resolveStudy, studyCells } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * equal(studyCells(resolveStudy({ presets: ["smoke"], seeds: [0] })).length, 3);
 * ```
 */
export function studyCells(study: StudyConfig): StudyCell[] {
  const kinds = Object.keys(study.presets).flatMap((preset) =>
    [
      ...studyAlgorithms(study, preset).map(({ name }) => name),
      ...study.presets[preset].environment === null
        ? []
        : ["references" as const],
    ].map((policy) => ({ preset, policy }))
  );
  const { seeds, trainingSeeds } = study;
  const most = kinds.length * seeds.length * (trainingSeeds?.length ?? 1);
  if (most > MOST_CELLS) {
    throw new InputError(
      `the study would have ${most} cells, and it may have ${MOST_CELLS}: take fewer seeds or training seeds`,
    );
  }
  return kinds.flatMap(({ preset, policy }) =>
    policyCells(study, preset, policy)
  );
}

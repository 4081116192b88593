/**
 * What an earlier start of a run has finished.
 *
 * @module
 */
import { join } from "node:path";
import {
  type Algorithm,
  type AnyAlgorithm,
  isTabular,
} from "../algorithms/index.ts";
import {
  isTable,
  type TablePolicy,
  tablePolicy,
} from "../algorithms/tabular/table_policy.ts";
import type { Program } from "../algorithms/program.ts";
import { isManifestFile } from "./manifest.ts";
import type { ManifestFile } from "../files/listing.ts";
import { policyToOnnx } from "../network/onnx.ts";
import { policyFromSafetensors } from "../network/policy_file.ts";
import { damageOf, type RunFiles } from "./run_files.ts";
import { fileOf } from "./made_files.ts";
import { readCsv } from "./training_csv.ts";
import type { Config } from "../config/config.ts";
import { InputError } from "../errors.ts";
import { parseJson } from "../files/json.ts";
import { readFile } from "../files/read.ts";
import { sha256Hex } from "../numerics/hash.ts";
import type { NetworkPolicy } from "../network/policy.ts";
import { removeCheckpoints } from "./checkpoint_folder.ts";
import {
  loggedSteps,
  observedIn,
  programOf,
  trainingColumns,
} from "./learn.ts";
import {
  filesOf,
  finishedFile,
  finishedText,
  type LearntFile,
  learntTable,
  networkFiles,
  policyFile,
} from "./policy_files.ts";
import type { Problem } from "./problem.ts";

/**
 * The policy of an algorithm and its training table, if a run directory has recorded them as finished and
 * holds them as recorded. The ONNX file, which follows from the policy, is made again where it is not
 * as recorded; checkpoints that a kill left behind are removed.
 *
 * @param directory The run directory, of this configuration.
 * @param files Takes the algorithm's files.
 * @returns null if training has not ended.
 * @throws InputError if a file is missing, changed or of something else.
 */
export function finishedPolicy(
  directory: string,
  config: Config,
  problem: Problem,
  algorithm: AnyAlgorithm,
  files: RunFiles,
): LearntFile | null {
  const { name } = algorithm;
  const place = (path: string) => join(directory, path);
  const fail = (path: string): never => {
    throw new InputError(
      `${place(path)}: is not what this run left; remove ${
        place(name)
      } and use --resume to train it again`,
    );
  };
  const record = finishedFile(name);
  if (!isThere(place(record))) return null;
  const { text, recorded } = readRecord(place(record)) ?? fail(record);
  const wanted = filesOf(algorithm);
  if (
    `${recorded.map(({ path }) => path)}` !== `${wanted}` ||
    text !== finishedText(config, algorithm, recorded)
  ) return fail(record);
  const damaged = recorded.filter((file) => damageOf(directory, file) !== null)
    .map(({ path }) => path);
  const { onnx } = networkFiles(name);
  for (const path of damaged) {
    if (path !== onnx) fail(path);
  }
  const read = isTabular(algorithm)
    ? recordedTable(place(policyFile(name))) ?? fail(policyFile(name))
    : recordedNetwork(directory, config, problem, algorithm, fail);
  if (!isTable(read.policy) && damaged.includes(onnx)) {
    const made = policyToOnnx(read.policy);
    if (fileOf(onnx, made).sha256 !== recorded[0].sha256) fail(onnx);
    files.write(onnx, made);
  }
  for (const file of [...recorded, fileOf(record, text)]) files.note(file);
  removeCheckpoints(directory, name);
  return read;
}

/** A table that was learnt; null if the file is none. */
function recordedTable(path: string): LearntFile<TablePolicy> | null {
  const text = new TextDecoder().decode(readFile(path));
  const { learnt, text: again } = learntTable(
    tablePolicy(parseJson(text, path), path),
  );
  return again === text ? learnt : null;
}

/** A network that was trained, and its training table. */
function recordedNetwork(
  directory: string,
  config: Config,
  problem: Problem,
  algorithm: Algorithm,
  fail: (path: string) => never,
): LearntFile<NetworkPolicy> {
  const { name, settings } = algorithm;
  const names = networkFiles(name);
  const place = (path: string) => join(directory, path);
  const bytes = readFile(place(names.policy));
  const policy = policyFromSafetensors(bytes, place(names.policy));
  const program = programOf(config, algorithm, observedIn(problem));
  if (!fitsConfig(policy, program, algorithm)) fail(names.policy);
  const columns = trainingColumns(
    program,
    algorithm,
    problem.environment && problem.environment.mdp,
  );
  const rows = readCsv(place(names.table), columns);
  const steps = loggedSteps(settings, settings.steps);
  if (`${rows?.map(([step]) => step)}` !== `${steps}`) fail(names.table);
  return { policy, columns, rows: rows!, sha256: sha256Hex(bytes) };
}

/** No record comes near this. */
const MAX_RECORD_BYTES = 1 << 16;

/** What a record holds; null if it is damaged. */
function readRecord(
  path: string,
): { text: string; recorded: ManifestFile[] } | null {
  try {
    const bytes = readFile(path, MAX_RECORD_BYTES);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const recorded = JSON.parse(text)?.files;
    if (!Array.isArray(recorded) || !recorded.every(isManifestFile)) {
      return null;
    }
    return { text, recorded };
  } catch {
    return null;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Whether a policy is of the size and kind that a configuration and its data give. */
export function fitsConfig(
  policy: NetworkPolicy,
  program: Program,
  { settings }: Algorithm,
): boolean {
  const { critics = 1, quantiles, risk, imitator, hazard } = program.decision ??
    {};
  // A member alone, or the mean less a deviation, may have been chosen.
  const isChosen = settings.checkpointChoice === "model";
  const widths = ({ layers }: NetworkPolicy["network"]) =>
    `${layers.map(({ inputs, outputs }) => [inputs, outputs])}`;
  return policy.outputs === program.outputs &&
    (policy.members.length === critics * settings.ensembleSize ||
      isChosen && policy.members.length === critics) &&
    (policy.spread === undefined || isChosen && policy.spread === 1) &&
    widths(policy.network) === widths(program.networks[0].layout) &&
    policy.quantiles === quantiles && policy.risk === risk &&
    policy.imitator?.flexibility === imitator?.flexibility &&
    !policy.hazard === !hazard;
}

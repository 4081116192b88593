/**
 * What an earlier start of a run has finished.
 *
 * @module
 */
import { join } from "node:path";
import type { Algorithm } from "../algorithms/index.ts";
import type { Program } from "../algorithms/program.ts";
import { policyFromSafetensors } from "../artifacts/policy_file.ts";
import { readCsv } from "../artifacts/training_csv.ts";
import type { Config } from "../config/config.ts";
import { InputError } from "../errors.ts";
import { readFile } from "../files/read.ts";
import type { NetworkPolicy } from "../network/policy.ts";
import { sha256Hex } from "../numerics/hash.ts";
import { removeCheckpoints } from "./checkpoint_folder.ts";
import {
  type Learnt,
  loggedSteps,
  programOf,
  trainingColumns,
} from "./learn.ts";
import type { Problem } from "./problem.ts";

/** A learnt policy and the hash of its file. */
export type LearntFile = Learnt & {
  /** SHA-256 of the policy's file. */
  readonly sha256: string;
};

/**
 * The policy of an algorithm and its table, if a run directory has them: the policy is written
 * last, so that where it is, training has ended. Checkpoints that a kill left behind are removed.
 *
 * @param directory The run directory, of this configuration.
 * @returns null if training has not ended.
 * @throws InputError if a file is damaged or of something else.
 */
export function finishedPolicy(
  directory: string,
  config: Config,
  problem: Problem,
  algorithm: Algorithm,
): LearntFile | null {
  const folder = join(directory, algorithm.name);
  const path = join(folder, "policy.safetensors");
  try {
    Deno.lstatSync(path);
  } catch {
    return null;
  }
  const fail = (file: string): never => {
    throw new InputError(
      `${file}: is not what this run leaves; remove ${folder} and go on with --resume to train it again`,
    );
  };
  const program = programOf(config, algorithm, problem.dataset);
  const bytes = readFile(path);
  const policy = readPolicy(bytes, path);
  if (policy === null || !fits(policy, program, algorithm)) fail(path);
  const table = join(folder, "training.csv");
  const columns = trainingColumns(program, algorithm, problem);
  const rows = readCsv(table, columns);
  const { settings } = algorithm;
  const steps = loggedSteps(settings, settings.steps);
  if (`${rows?.map(([step]) => step)}` !== `${steps}`) fail(table);
  removeCheckpoints(directory, algorithm.name);
  return { policy: policy!, columns, rows: rows!, sha256: sha256Hex(bytes) };
}

function readPolicy(bytes: Uint8Array, path: string): NetworkPolicy | null {
  try {
    return policyFromSafetensors(bytes, path);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

function fits(
  { network, members, outputs }: NetworkPolicy,
  program: Program,
  { settings }: Algorithm,
): boolean {
  const widths = ({ layers }: typeof network) =>
    `${layers.map(({ inputs, outputs }) => [inputs, outputs])}`;
  return outputs === program.outputs && members.length === settings.members &&
    widths(network) === widths(program.networks[0].layout);
}

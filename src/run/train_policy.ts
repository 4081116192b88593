/**
 * From data to a policy in one call, without a run directory.
 *
 * @module
 */
import {
  type AlgorithmName,
  type AlgorithmSettings,
  type AnyAlgorithm,
  configureAlgorithm,
  isTabular,
  type TableName,
} from "../algorithms/index.ts";
import type { TablePolicy } from "../algorithms/tabular/table_policy.ts";
import type { Backend } from "../backends/backend.ts";
import { wasmBackend } from "../backends/wasm.ts";
import type { DatasetConfig, NetworkConfig } from "../config/config.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { NetworkPolicy } from "../network/policy.ts";
import { learn } from "./learn.ts";
import { learnTable } from "./learn_table.ts";

/** What an algorithm leaves: a table or a network. */
export type PolicyOf<Name extends AlgorithmName> = Name extends TableName
  ? TablePolicy
  : NetworkPolicy;

/** How a policy is trained, beside the algorithm's own settings. */
export interface TrainOptions
  extends
    Partial<NetworkConfig>,
    Partial<Pick<DatasetConfig, "bootstrapOnTruncation">> {
  /** Names the streams of the initial network and of the minibatches; by default 0. */
  readonly seed?: number;
  /** What computes, which changes no bit; by default wasm. */
  readonly backend?: Backend;
  /** Called after each `logInterval` steps with the last step and the means of the losses. */
  readonly onRow?: (row: Readonly<Record<string, number>>) => void;
  /** Asked often; true ends the training early. */
  readonly stop?: () => boolean;
}

/**
 * Trains a policy.
 *
 * @param dataset What is learnt from.
 * @param algorithm One of `ALGORITHM_NAMES`.
 * @param settings The algorithm's; those not given have their defaults.
 * @param options By default seed 0, two layers of 256 units, observations as they are unless the data
 *   say that they are names (then one-hot), and learning that continues after the end of an episode
 *   that was cut.
 * @returns With equal arguments the same bits on every backend. A run on data from a file adds the
 *   range of the observations, this does not. Of an algorithm whose policy is a table, that table, over the
 *   distinct observations of the data: of the options it takes `bootstrapOnTruncation` alone.
 * @throws InputError if the data are not valid or a setting is unknown or out of range.
 * @throws DivergenceError if a loss or parameter is no longer finite.
 * @throws InterruptedError if it was stopped.
 *
 * @example CQL on the gridworld's data
 * ```ts
 * import { collectDataset, evaluatePolicy, makeEnvironment, train } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("gridworld", { size: 5 });
 * const dataset = collectDataset(mdp, behaviour, 20, 42);
 * const policy = await train(dataset, "cql", { steps: 20, alpha: 1, batchSize: 16 }, {
 *   seed: 42,
 *   hidden: [16],
 * });
 * equal(evaluatePolicy(policy, Float32Array.of(0, 0)).length, mdp.actionCount);
 * ```
 */
export async function train<Name extends AlgorithmName>(
  dataset: Dataset,
  algorithm: Name,
  settings: Partial<AlgorithmSettings[Name]> = {},
  options: TrainOptions = {},
): Promise<PolicyOf<Name>> {
  const {
    seed = 0,
    hidden = [256, 256],
    encoder = dataset.observationCategories ? "oneHot" : "none",
    bootstrapOnTruncation = true,
    onRow,
    stop,
  } = options;
  const problem = { dataset, environment: null };
  const configured: AnyAlgorithm = configureAlgorithm(algorithm, settings);
  if (isTabular(configured)) {
    const table = learnTable({ bootstrapOnTruncation }, problem, configured);
    return table as PolicyOf<Name>;
  }
  let columns: readonly string[] = [];
  const { policy } = await learn({
    config: {
      seed,
      network: { hidden, encoder },
      dataset: { bootstrapOnTruncation },
    },
    problem,
    algorithm: configured,
    backend: options.backend ?? wasmBackend(),
    onStart: (names) => columns = names,
    onRow: onRow &&
      ((row) =>
        onRow(Object.fromEntries(columns.map((name, i) => [name, row[i]])))),
    stop,
  });
  // What it learnt from may be a world's: its policy has the bytes of one that a run left there.
  const { observationRange: _, ...own } = policy;
  return own as PolicyOf<Name>;
}

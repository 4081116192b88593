/**
 * The algorithms: the only list of them.
 *
 * @module
 */
import type { Dataset } from "../dataset/dataset.ts";
import { suggest } from "../nearest.ts";
import { InputError } from "../errors.ts";
import { type AnySettings, defaultsOf } from "../settings.ts";
import { batchConstrainedQLearning } from "./bcq.ts";
import { behaviourCloning } from "./behaviour_cloning.ts";
import { budgetedConservativeQLearning } from "./budgeted_q_learning.ts";
import type {
  AlgorithmDefinition,
  CheckpointChoice,
  KnownOfData,
  LearnerSettings,
  LearningShape,
} from "./define.ts";
import { implicitQLearning } from "./implicit_q_learning.ts";
import { displacementPlanning } from "./displacement_planning.ts";
import type { Program } from "./program.ts";
import {
  conservativeQLearning,
  deepQLearning,
  doubleDeepQLearning,
} from "./q_learning.ts";
import { softActorCritic } from "./sac.ts";
import type { CountedModel } from "./tabular/counted_model.ts";
import type { TableDefinition } from "./tabular/define.ts";
import { duipi } from "./tabular/duipi.ts";
import { lowerBound } from "./tabular/lower_bound.ts";
import { maximumLikelihood } from "./tabular/maximum_likelihood.ts";
import { ramdp } from "./tabular/ramdp.ts";
import { rmin } from "./tabular/rmin.ts";
import { softSpibb } from "./tabular/soft_spibb.ts";
import { spibb } from "./tabular/spibb.ts";
import { spibbAtMost } from "./tabular/spibb_at_most.ts";

export * from "./bcq.ts";
export * from "./behaviour_cloning.ts";
export * from "./budgeted_q_learning.ts";
export * from "./displacement_planning.ts";
export * from "./implicit_q_learning.ts";
export * from "./q_learning.ts";
export * from "./sac.ts";
export { duipi } from "./tabular/duipi.ts";
export { lowerBound } from "./tabular/lower_bound.ts";
export { maximumLikelihood } from "./tabular/maximum_likelihood.ts";
export { ramdp } from "./tabular/ramdp.ts";
export { rmin } from "./tabular/rmin.ts";
export { softSpibb } from "./tabular/soft_spibb.ts";
export { spibb } from "./tabular/spibb.ts";
export { spibbAtMost } from "./tabular/spibb_at_most.ts";

/** In the order in which a run trains them. */
export const ALGORITHMS: readonly [
  typeof behaviourCloning,
  typeof conservativeQLearning,
  typeof deepQLearning,
  typeof doubleDeepQLearning,
  typeof implicitQLearning,
  typeof budgetedConservativeQLearning,
  typeof batchConstrainedQLearning,
  typeof softActorCritic,
  typeof displacementPlanning,
  typeof maximumLikelihood,
  typeof spibb,
  typeof spibbAtMost,
  typeof softSpibb,
  typeof duipi,
  typeof ramdp,
  typeof rmin,
  typeof lowerBound,
] = [
  behaviourCloning,
  conservativeQLearning,
  deepQLearning,
  doubleDeepQLearning,
  implicitQLearning,
  budgetedConservativeQLearning,
  batchConstrainedQLearning,
  softActorCritic,
  displacementPlanning,
  maximumLikelihood,
  spibb,
  spibbAtMost,
  softSpibb,
  duipi,
  ramdp,
  rmin,
  lowerBound,
];

/** One of the definitions. */
export type Definition = typeof ALGORITHMS[number];

/** Definitions of learners whose policy is a table. */
export type DefinitionOfTable = Extract<Definition, { plan: unknown }>;

/** Name of an algorithm. */
export type AlgorithmName = Definition["name"];

/** Name of an algorithm whose policy is a table: it learns at once, from counts. */
export type TableName = DefinitionOfTable["name"];

/** Name of an algorithm that trains a network. */
export type NetworkName = Exclude<AlgorithmName, TableName>;

/** Settings of each algorithm, by name. */
export type AlgorithmSettings = {
  readonly [D in Definition as D["name"]]: D extends DefinitionOfTable
    ? Parameters<D["plan"]>[1]
    : Parameters<Exclude<D, DefinitionOfTable>["build"]>[0];
};

/** An algorithm that trains a network, and its settings. */
export interface Algorithm<Name extends NetworkName = NetworkName> {
  /** Name of one of {@link ALGORITHMS}. */
  readonly name: Name;
  /** Its settings. */
  readonly settings:
    & LearnerSettings
    & CheckpointChoice
    & AlgorithmSettings[Name];
}

/** An algorithm whose policy is a table, and its settings. */
export interface TableAlgorithm<Name extends TableName = TableName> {
  /** Name of one of {@link ALGORITHMS}. */
  readonly name: Name;
  /** Its settings. */
  readonly settings: AlgorithmSettings[Name];
}

/** An algorithm of either kind, and its settings. */
export type AnyAlgorithm<Name extends AlgorithmName = AlgorithmName> =
  [Name] extends [NetworkName] ? Algorithm<Name>
    : [Name] extends [TableName] ? TableAlgorithm<Name>
    : Algorithm | TableAlgorithm;

/** The names, in their order. */
export const ALGORITHM_NAMES: readonly AlgorithmName[] = ALGORITHMS.map((
  { name },
) => name);

/** Those of algorithms that train networks. */
export const NETWORK_NAMES: readonly NetworkName[] = ALGORITHM_NAMES.filter(
  (name) => !isTableName(name),
);

/** A definition where it does not matter whose: it has one of the last two. */
export interface AnyDefinition
  extends
    Omit<AlgorithmDefinition<AlgorithmName, never>, "settings" | "build">,
    Partial<Pick<AlgorithmDefinition<NetworkName, never>, "build">>,
    Partial<Pick<TableDefinition<TableName, never>, "plan">> {
  /** Its hyper-parameters. */
  readonly settings: AnySettings;
}

/**
 * Looks an algorithm up.
 *
 * @throws InputError if there is none of that name.
 */
export function algorithmNamed(name: string): AnyDefinition {
  const found = ALGORITHMS.find((definition) => definition.name === name);
  if (found) return found;
  throw new InputError(
    `unknown algorithm ${JSON.stringify(name)}; ${
      suggest(name, ALGORITHM_NAMES)
    }`,
  );
}

/**
 * An algorithm with some settings; the others have their defaults.
 *
 * @throws InputError if there is no algorithm of that name.
 */
export function configureAlgorithm<Name extends AlgorithmName>(
  name: Name,
  settings: Partial<AlgorithmSettings[Name]> = {},
): AnyAlgorithm<Name> {
  const defaults: object = defaultsOf(algorithmNamed(name).settings);
  const algorithm = { name, settings: { ...defaults, ...settings } };
  return algorithm as unknown as AnyAlgorithm<Name>;
}

/** Whether the policy of the algorithm of this name is a table; not of a name that there is not. */
export function isTableName(name: string): name is TableName {
  return ALGORITHMS.some((definition) =>
    definition.name === name && "plan" in definition
  );
}

/** Whether an algorithm's policy is a table. */
export function isTabular(
  algorithm: AnyAlgorithm,
): algorithm is TableAlgorithm {
  return isTableName(algorithm.name);
}

/** Whether an algorithm's Program trains on what it makes of the data. */
export function relabels({ name }: Algorithm): boolean {
  return algorithmNamed(name).relabel !== undefined;
}

/**
 * What an algorithm makes of the data, where it makes anything of them.
 *
 * @param dataset See {@link AlgorithmDefinition.relabel}.
 * @throws InputError if it makes nothing of them.
 */
export function relabelled(
  { name, settings }: Algorithm,
  dataset: Dataset,
): Dataset {
  return algorithmNamed(name).relabel?.(dataset, settings as never) ?? dataset;
}

/**
 * The algorithm's Program.
 *
 * @throws InputError if there is no algorithm of that name.
 */
export function buildProgram(
  { name, settings }: Algorithm,
  shape: LearningShape,
): Program {
  return algorithmNamed(name).build!(settings as never, shape);
}

/**
 * What its Program knows of the data's observations beside what is allowed in them.
 *
 * @throws InputError if the data do not say what it takes.
 */
export function knownTables(
  { name, settings }: Algorithm,
  known: KnownOfData,
): Readonly<Record<string, Float32Array>> {
  return algorithmNamed(name).tables?.(settings as never, known) ?? {};
}

/** What in the data leaves an algorithm without an effect, in words. */
export function suspicionsOfData(
  { name, settings }: Algorithm,
  known: Pick<KnownOfData, "dataset" | "unsafeSteps">,
): readonly string[] {
  return algorithmNamed(name).suspicions?.(settings as never, known) ?? [];
}

/**
 * The policy of a learner from counts.
 *
 * @returns [S, A] its probabilities in the states of the model.
 * @throws InputError if there is no algorithm of that name.
 *
 * @example SPIBB where the behaviour policy is known
 * ```ts
 * import { collectDataset, countModel, makeEnvironment, planTable } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("wetChicken");
 * const counted = countModel(collectDataset(mdp, behaviour, 20, 42), mdp, { behaviour });
 * const spibb = { name: "spibb", settings: { threshold: 7, gamma: 0.95 } } as const;
 * equal(planTable(spibb, counted).length, 25 * 5);
 * ```
 */
export function planTable(
  { name, settings }: TableAlgorithm,
  counted: CountedModel,
): Float64Array {
  return algorithmNamed(name).plan!(counted, settings as never);
}

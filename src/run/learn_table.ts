/**
 * Learns the policy of an algorithm whose policy is a table: at once, without steps and backend.
 *
 * @module
 */
import { planTable, type TableAlgorithm } from "../algorithms/index.ts";
import {
  countModel,
  countObservations,
} from "../algorithms/tabular/counted_model.ts";
import {
  tableOf,
  type TablePolicy,
} from "../algorithms/tabular/table_policy.ts";
import type { DatasetConfig } from "../config/config.ts";
import { checkTableLearner } from "../config/schema.ts";
import { named } from "../dataset/action_codes.ts";
import { ownObservationNames } from "../dataset/observation_names.ts";
import type { LearningProblem } from "./problem.ts";

/**
 * Counts the data, in the states of the world or, where it is not known, in their distinct observations,
 * and plans.
 *
 * @throws InputError if the data are not valid or a setting is missing or out of range.
 */
export function learnTable(
  { bootstrapOnTruncation }: Pick<DatasetConfig, "bootstrapOnTruncation">,
  { dataset, environment }: LearningProblem,
  algorithm: TableAlgorithm,
): TablePolicy {
  checkTableLearner(algorithm);
  const options = { bootstrapOnTruncation };
  const counted = environment
    ? countModel(dataset, environment.mdp, options)
    : countObservations(dataset, options);
  return tableOf(counted.model, planTable(algorithm, counted), {
    ...named(dataset.actionNames),
    ...(environment === null && ownObservationNames(dataset.observationNames)),
  });
}

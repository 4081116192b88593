/**
 * Planning in a model of the data whose places share displacements, cloned into a network. It is model-based:
 * no value is learnt.
 *
 * @module
 */
import type { Dataset } from "../dataset/dataset.ts";
import { InputError } from "../errors.ts";
import { number, type NumbersNamed } from "../settings.ts";
import { behaviourCloning } from "./behaviour_cloning.ts";
import {
  type AlgorithmDefinition,
  type LearnerSettings,
  learnerSettings,
  valueSettings,
} from "./define.ts";
import { displacementModel } from "./displacements/model.ts";

/** Settings of the planning and of the cloning. */
export type DisplacementPlanningSettings =
  & LearnerSettings
  & NumbersNamed<"beta" | "gamma">;

/**
 * Makes the policy that is worth most in the model of `displacementModel`, and clones it: each distinct
 * observation counts the same, however often the data have it. Data that do not fit the model are refused.
 */
export const displacementPlanning: AlgorithmDefinition<
  "displacementPlanning",
  DisplacementPlanningSettings
> = {
  name: "displacementPlanning",
  title: "planning with shared displacements",
  settings: {
    steps: { ...learnerSettings.steps, default: 4_000 },
    learningRate: { ...learnerSettings.learningRate, default: 3e-3 },
    learningRateSchedule: {
      ...learnerSettings.learningRateSchedule,
      default: "linear",
    },
    batchSize: learnerSettings.batchSize,
    gamma: valueSettings.gamma,
    beta: number(
      0,
      1_000,
      0,
      "weight of the mean squared normalised logit of the cloning",
    ),
    logInterval: learnerSettings.logInterval,
    ensembleSize: learnerSettings.ensembleSize,
  },
  relabel(dataset, { gamma }) {
    const model = displacementModel(dataset, gamma);
    if (typeof model === "string") {
      throw new InputError(
        `displacementPlanning: the data do not fit its model: ${model}; use an algorithm that assumes less, such as cql`,
      );
    }
    const { observations, allowed, count } = model.rows;
    return clonedPlan(
      dataset,
      observations,
      model.plan().actions,
      allowed,
      count,
    );
  },
  build: (settings, shape) => behaviourCloning.build(settings, shape),
};

/** One step in each distinct observation, with the planned action. */
function clonedPlan(
  dataset: Dataset,
  observations: Float32Array,
  actions: Int32Array,
  allowed: Uint8Array | undefined,
  count: number,
): Dataset {
  const { observationSize, actionCount } = dataset;
  const { observationNames, actionNames, observationCategories } = dataset;
  return {
    observationSize,
    actionCount,
    ...(observationNames && { observationNames }),
    ...(actionNames && { actionNames }),
    ...(observationCategories && { observationCategories }),
    // The observation after a terminated step is not looked at.
    observations: twice(observations, observationSize),
    actions,
    rewards: new Float32Array(count),
    terminated: new Uint8Array(count).fill(1),
    truncated: new Uint8Array(count),
    episodeOffsets: Uint32Array.from({ length: count + 1 }, (_, u) => u),
    ...(allowed && { allowed: twice(allowed, actionCount) }),
  };
}

/** Each row and again that row. */
function twice<T extends Float32Array | Uint8Array>(rows: T, size: number): T {
  const doubled = rows.constructor as new (length: number) => T;
  const result = new doubled(2 * rows.length);
  for (let row = 0; row * size < rows.length; row++) {
    const own = rows.subarray(row * size, (row + 1) * size);
    result.set(own, 2 * row * size);
    result.set(own, (2 * row + 1) * size);
  }
  return result;
}

/**
 * What the determinism check trains of a configuration.
 *
 * @module
 */
import type { Algorithm } from "../algorithms/index.ts";
import type { Config } from "../config/config.ts";
import { networkAlgorithms } from "../run/learn.ts";
import { openProblem } from "../run/problem.ts";
import { prepareTask } from "../training/task.ts";
import type { ComparedTask } from "./determinism.ts";

/** Target updates of a preset's training, at least. */
const TARGET_UPDATES = 3;

/**
 * The trainings of a configuration, with their own networks, minibatches and ensembles, and so often a target
 * update that there are several within the steps.
 *
 * @param name What the report calls the configuration.
 * @throws InputError if the configuration's data cannot be had.
 */
export function configuredTrainings(
  name: string,
  config: Config,
  steps: number,
): ComparedTask[] {
  const { dataset } = openProblem(config);
  return networkAlgorithms(config).map((algorithm) => {
    const { ensembleSize } = algorithm.settings;
    const shortened = withUpdates(algorithm, steps);
    const runs = Array.from(
      { length: ensembleSize },
      (_, member) => ({ seed: config.seed, member, dataset }),
    );
    return {
      name: `${name}, ${algorithm.name}`,
      open: () =>
        prepareTask(
          config.network,
          shortened,
          runs,
          config.dataset.bootstrapOnTruncation,
        ).task,
    };
  });
}

function withUpdates(algorithm: Algorithm, steps: number): Algorithm {
  const settings: Record<string, unknown> = {
    ...algorithm.settings,
    steps: Math.max(steps, algorithm.settings.steps),
  };
  const interval = settings.targetUpdateInterval;
  if (typeof interval === "number") {
    // The last update is not after the last step, so that steps are made with what it left.
    const largest = Math.floor((steps - 1) / TARGET_UPDATES);
    settings.targetUpdateInterval = Math.max(1, Math.min(interval, largest));
  }
  return { ...algorithm, settings } as unknown as Algorithm;
}

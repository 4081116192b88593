/**
 * Probabilities of logged actions from a network that clones who acted.
 *
 * @module
 */
import type { Dataset } from "../dataset/dataset.ts";
import { episodesWhere } from "../dataset/part.ts";
import type { Log } from "../evaluation/off_policy/log.ts";
import { networkTarget } from "../evaluation/off_policy/target.ts";
import { train } from "./train_policy.ts";

/** A small network for some thousand episodes; beta 0, as shrunk logits are no probabilities. */
const STEPS = 2000;
const SETTINGS = {
  steps: STEPS,
  batchSize: 256,
  learningRate: 1e-3,
  learningRateSchedule: "linear",
  beta: 0,
  logInterval: STEPS,
} as const;
const HIDDEN = [64, 64];

/**
 * Clones the behaviour once for each part of the episodes, from the others, so that no episode's
 * probabilities come from itself.
 *
 * @param parts [E] the part of each episode, below `folds`.
 * @param folds At least 2.
 * @returns [N]
 */
export async function clonedPropensities(
  dataset: Dataset,
  log: Log,
  parts: Uint32Array,
  folds: number,
  seed: number,
): Promise<Float64Array> {
  const propensities = new Float64Array(log.actions.length);
  for (let fold = 0; fold < folds; fold++) {
    const others = Uint8Array.from(parts, (part) => part === fold ? 0 : 1);
    const clone = await train(episodesWhere(dataset, others), "bc", SETTINGS, {
      seed,
      hidden: HIDDEN,
      encoder: dataset.observationCategories ? "oneHot" : "minmax",
    });
    const behaviour = networkTarget(log, clone, {
      kind: "softmax",
      temperature: 1,
    });
    parts.forEach((part, e) => {
      if (part !== fold) return;
      for (let i = log.offsets[e]; i < log.offsets[e + 1]; i++) {
        propensities[i] =
          behaviour[log.states[i] * log.actionCount + log.actions[i]];
      }
    });
  }
  return propensities;
}

/**
 * The actions that an environment allows, as data have them.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import type { Dataset } from "./dataset.ts";
import { datasetStates, OTHER_ENVIRONMENT } from "./states.ts";
import { validateDataset } from "./validate.ts";

/**
 * The same data with the environment's allowed actions, where they do not say themselves which there
 * were.
 *
 * @throws InputError if the data do not fit the environment, or hold an action that it forbids.
 */
export function withAllowedActions(dataset: Dataset, mdp: FiniteMdp): Dataset {
  const { actionCount } = mdp;
  if (!mdp.allowed || dataset.allowed) return dataset;
  const states = datasetStates(dataset, mdp);
  const allowed = new Uint8Array(states.length * actionCount);
  states.forEach((state, row) =>
    allowed.set(
      mdp.allowed!.subarray(state * actionCount, (state + 1) * actionCount),
      row * actionCount,
    )
  );
  const masked = { ...dataset, allowed };
  try {
    validateDataset(masked, "the data set");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${error.message}: ${OTHER_ENVIRONMENT}`);
  }
  return masked;
}

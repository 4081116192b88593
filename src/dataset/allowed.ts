/**
 * The actions that an environment allows, as data have them.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import type { Dataset } from "./dataset.ts";
import { datasetStates, OTHER_ENVIRONMENT, seenStates } from "./states.ts";
import { validateDataset } from "./validate.ts";

/**
 * The same data with the environment's allowed actions, where they do not say themselves which there
 * were.
 *
 * @throws InputError if the data do not fit the environment, hold an action that it forbids, or an
 *   observation of states that allow different actions.
 */
export function withAllowedActions(dataset: Dataset, mdp: FiniteMdp): Dataset {
  const { actionCount } = mdp;
  if (!mdp.allowed || dataset.allowed) return dataset;
  const states = datasetStates(dataset, mdp);
  requireOneMask(mdp, new Set(states));
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

/** States that look alike must allow the same actions, or an observation does not say which. */
function requireOneMask(mdp: FiniteMdp, visited: ReadonlySet<number>) {
  const { allowed, actionCount, outcomeOffsets } = mdp;
  const row = (s: number) =>
    allowed!.subarray(s * actionCount, (s + 1) * actionCount).join();
  seenStates(mdp).forEach((seen, s) => {
    const acts = outcomeOffsets[s * actionCount] <
      outcomeOffsets[(s + 1) * actionCount];
    if (acts && visited.has(seen) && row(s) !== row(seen)) {
      throw new InputError(
        `the data set does not say which actions were allowed, and states ${seen} and ${s} of the ` +
          "environment look alike but allow different ones: give the data a column of allowed actions",
      );
    }
  });
}

/**
 * What a policy is worth in a known environment.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import {
  evaluateExactly,
  type EvaluationOptions,
  type ExactEvaluation,
} from "../mdp/exact.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import {
  actionCountOf,
  evaluatePolicy,
  greedyActions,
  type NetworkPolicy,
  observationSize,
} from "../network/policy.ts";
import { requireLength } from "../numerics/arrays.ts";
import {
  isTable,
  probabilitiesIn,
  type TablePolicy,
} from "../algorithms/tabular/table_policy.ts";

/**
 * The greedy action of a policy in each state of an environment, of those allowed there.
 *
 * @returns [S]
 * @throws InputError if the policy is of other observations or actions.
 *
 * @example A policy over the cells of a grid
 * ```ts
 * import { collectDataset, greedyInStates, makeEnvironment, train } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const policy = await train(collectDataset(mdp, behaviour, 5, 7), "bc", { steps: 1 }, { hidden: [8] });
 * equal(greedyInStates(policy, mdp).length, 48);
 * ```
 */
export function greedyInStates(
  policy: NetworkPolicy,
  mdp: FiniteMdp,
): Int32Array {
  requireLength(
    mdp.observationSize,
    observationSize(policy),
    "an observation",
  );
  requireLength(mdp.actionCount, actionCountOf(policy), "the actions");
  refuseNames(policy, mdp);
  const allowed = mdp.allowed &&
    somethingAllowed(mdp.allowed, mdp.actionCount);
  return greedyActions(
    evaluatePolicy(policy, mdp.observations, allowed),
    mdp.actionCount,
    allowed,
  );
}

/**
 * What a policy does in each state of an environment: the greedy action of a network, the probabilities of
 * a table.
 *
 * @returns [S] actions or [S, A] probabilities.
 * @throws InputError if the policy is of other observations or actions.
 *
 * @example Frequencies as a table
 * ```ts
 * import { collectDataset, makeEnvironment, policyInStates, train } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const table = await train(collectDataset(mdp, behaviour, 5, 7), "spibb", { threshold: 7 });
 * equal(policyInStates(table, mdp).length, 48 * 4);
 * ```
 */
export function policyInStates(
  policy: NetworkPolicy | TablePolicy,
  mdp: FiniteMdp,
): Int32Array | Float64Array {
  if (!isTable(policy)) return greedyInStates(policy, mdp);
  refuseNames(policy, mdp);
  return probabilitiesIn(policy, mdp, "the policy").probabilities;
}

function refuseNames(
  { actionNames }: { readonly actionNames?: readonly string[] },
  { actionCount }: FiniteMdp,
): void {
  if (actionNames === undefined) return;
  throw new InputError(
    `the policy's actions have names of their own, those of the environment are 0 … ${
      actionCount - 1
    }: give actionCount with the data`,
  );
}

/** The same flags, all set in rows that allow nothing: no one acts in those states. */
function somethingAllowed(allowed: Uint8Array, actions: number): Uint8Array {
  const filled = allowed.slice();
  for (let row = 0; row < filled.length; row += actions) {
    const flags = filled.subarray(row, row + actions);
    if (!flags.includes(1)) flags.fill(1);
  }
  return filled;
}

/**
 * Exact values of a network's greedy actions, or of a table, by dynamic programming.
 *
 * @param mdp The true environment.
 * @param options What {@link evaluateExactly} takes.
 * @throws InputError if the policy is of other observations or actions.
 *
 * @example How often cloning ends in a hazard
 * ```ts
 * import { collectDataset, evaluate, makeEnvironment, train } from "@holdfast/offline-rl";
 * import { ok } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("gridworld", { size: 6 });
 * const policy = await train(collectDataset(mdp, behaviour, 10, 7), "bc", {
 *   steps: 10,
 *   batchSize: 8,
 * }, { hidden: [8] });
 * const { returnMean, outcomes } = evaluate(policy, mdp);
 * ok(returnMean! <= 50 && outcomes.hazard >= 0);
 * ```
 */
export function evaluate(
  policy: NetworkPolicy | TablePolicy,
  mdp: FiniteMdp,
  options: EvaluationOptions = {},
): ExactEvaluation {
  return evaluateExactly(mdp, policyInStates(policy, mdp), options);
}

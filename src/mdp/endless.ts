/**
 * Episodes that need not end.
 *
 * @module
 */
import { policyChain } from "./chain.ts";
import { endingOutcomes, type FiniteMdp, startStates } from "./mdp.ts";
import { chainSystem } from "./solve.ts";

/**
 * Whether an episode that nothing truncates can fail to end, with a probability above 0: whether it
 * can come to a part of the world that the policy never leaves.
 *
 * @param policy [S, A] action probabilities.
 * @throws InputError if the policy is none of this world.
 */
export function canRunForever(mdp: FiniteMdp, policy: Float64Array): boolean {
  const chain = policyChain(mdp, policy, null);
  return chainSystem(chain, endingOutcomes(mdp), startStates(mdp), 1).neverEnds;
}

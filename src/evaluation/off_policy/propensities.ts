/**
 * Probabilities of the logged actions where the log does not hold them.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { episodeOf } from "../../dataset/validate.ts";
import type { Log } from "./log.ts";
import type { Pairs } from "./pairs.ts";

/**
 * n(s, a) / n(s) of each step. The same episodes are counted that are weighted: that is consistent and
 * has less variance than true probabilities (Hanna, Niekum and Stone 2019, "Importance sampling policy
 * evaluation with an estimated behavior policy").
 *
 * @returns [N]
 */
export function countedPropensities(
  { stateCount, states }: Log,
  { pairOf, count }: Pairs,
): Float64Array {
  const ofPair = new Float64Array(count);
  const ofState = new Float64Array(stateCount);
  states.forEach((s, i) => {
    ofPair[pairOf[i]]++;
    ofState[s]++;
  });
  return Float64Array.from(states, (s, i) => ofPair[pairOf[i]] / ofState[s]);
}

/**
 * The probabilities of the logged actions under a policy.
 *
 * @param behaviour [U, A]
 * @throws InputError if the policy never takes an action that was taken.
 */
export function policyPropensities(
  { states, actions, actionCount, offsets }: Log,
  behaviour: Float64Array,
  name: string,
): Float64Array {
  return Float64Array.from(states, (s, i) => {
    const propensity = behaviour[s * actionCount + actions[i]];
    if (propensity > 0) return propensity;
    const episode = episodeOf(offsets, i);
    throw new InputError(
      `${name}: it never takes the action of episode ${episode}, step ${
        i - offsets[episode]
      } of the data, so it is not the policy that acted`,
    );
  });
}

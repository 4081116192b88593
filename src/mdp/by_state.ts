/**
 * What a policy is worth, and in which danger it is, from each state of a finite MDP.
 *
 * @module
 */
import { type ChainSystem, chainSystem } from "./solve.ts";
import { isActedIn, type PolicyChain, policyChain } from "./chain.ts";
import { everByState, expectations } from "./exact.ts";
import {
  endingOutcomes,
  type FiniteMdp,
  outcomeByState,
  unsafeOutcomes,
} from "./mdp.ts";
import type { Policy } from "./policy.ts";

/**
 * Probability that anything unsafe happens in an episode from each state, with the whole horizon
 * ahead. For a state that is never acted in, because entering it ends the episode: 1 if that is
 * unsafe, else 0.
 *
 * @param mdp The true environment.
 * @param policy As for {@link evaluateExactly}.
 * @returns [S]
 * @throws InputError if the policy has another shape.
 *
 * @example Safe from everywhere
 * ```ts
 * import { makeEnvironment, startStates, unsafeByState } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking", {}, { epsilon: 0 });
 * equal(unsafeByState(mdp, behaviour)[startStates(mdp)[0]], 0);
 * ```
 */
export function unsafeByState(mdp: FiniteMdp, policy: Policy): Float64Array {
  const { horizon, stateCount } = mdp;
  const chain = policyChain(mdp, policy, horizon);
  const ends = endingOutcomes(mdp);
  const unsafe = unsafeOutcomes(mdp);
  let risk = new Float64Array(stateCount);
  if (horizon === null) {
    risk.set(everByState(mdp, chain, unsafe, actingStates(mdp)));
  } else {
    for (let step = horizon - 1; step >= 0; step--) {
      chain.toStep(step);
      const after = risk;
      risk = expectations(
        chain,
        ends,
        (i, goesOn) =>
          unsafe[chain.outcome[i]] === 1
            ? 1
            : goesOn
            ? after[chain.nextState[i]]
            : 0,
      );
    }
  }
  const entered = outcomeByState(mdp);
  return risk.map((p, s) => ends[entered[s]] === 0 ? p : unsafe[entered[s]]);
}

/**
 * Expected return of an episode from each state, with the whole horizon ahead; discounted where the world
 * has a discount. It takes for granted that the episode begins there, also where entering would end it.
 *
 * @param mdp The true environment.
 * @param policy As for {@link evaluateExactly}.
 * @returns [S]; NaN where it is not defined, because an episode may be paid for ever.
 * @throws InputError if the policy has another shape.
 *
 * @example The step before the goal
 * ```ts
 * import { makeEnvironment, valueByState } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking", {}, { epsilon: 0 });
 * equal(valueByState(mdp, behaviour)[35], -1);
 * ```
 */
export function valueByState(mdp: FiniteMdp, policy: Policy): Float64Array {
  const { horizon, stateCount, discount } = mdp;
  const chain = policyChain(mdp, policy, horizon);
  const ends = endingOutcomes(mdp);
  if (horizon === null) {
    const system = chainSystem(chain, ends, actingStates(mdp), discount);
    const value = system.solve(
      expectations(chain, ends, (i) => chain.reward[i]),
    );
    return discount < 1
      ? value
      : withoutPaidForEver(chain, ends, system, value);
  }
  let value = new Float64Array(stateCount);
  for (let step = horizon - 1; step >= 0; step--) {
    chain.toStep(step);
    const after = value;
    value = expectations(
      chain,
      ends,
      (i, goesOn) =>
        chain.reward[i] + (goesOn ? discount * after[chain.nextState[i]] : 0),
    );
    // Where nothing changes from step to step any more, earlier steps have the same values.
    if (chain.isStationary && value.every((v, s) => v === after[s])) break;
  }
  return value;
}

/** Values without a discount, but NaN where an episode may come to a part that it never leaves and that pays. */
function withoutPaidForEver(
  { first, reward, nextState, outcome }: PolicyChain,
  ends: Uint8Array,
  { closed }: ChainSystem,
  value: Float64Array,
): Float64Array {
  const from: number[][] = Array.from(value, () => []);
  const found = new Set<number>();
  for (let s = 0; s < value.length; s++) {
    for (let i = first[s]; i < first[s + 1]; i++) {
      if (ends[outcome[i]] === 1) continue;
      from[nextState[i]].push(s);
      if (closed[s] === 1 && reward[i] !== 0) found.add(s);
    }
  }
  // A set visits what is added while it is visited.
  for (const state of found) {
    for (const before of from[state]) found.add(before);
  }
  return value.map((v, s) => found.has(s) ? NaN : v);
}

function actingStates(mdp: FiniteMdp): number[] {
  return Array.from({ length: mdp.stateCount }, (_, s) => s)
    .filter((s) => isActedIn(mdp, s));
}

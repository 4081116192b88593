/**
 * What learners from counts share: what they do where the data say nothing.
 *
 * @module
 */
import { mdpRows } from "../../mdp/build.ts";
import type { FiniteMdp } from "../../mdp/mdp.ts";
import { discountedActionValues } from "../../mdp/optimal.ts";
import type { CountedModel } from "./counted_model.ts";

/** The lowest action that is allowed in a state. */
export function lowestAllowed(
  { allowed, actionCount }: Pick<FiniteMdp, "allowed" | "actionCount">,
  state: number,
): number {
  const row = state * actionCount;
  const first = allowed?.subarray(row, row + actionCount).indexOf(1) ?? 0;
  return Math.max(0, first);
}

/** The best action of those seen at least `min` times, the lowest on ties; -1 if there is none. */
export function bestSupported(
  q: Float64Array,
  counts: Uint32Array,
  s: number,
  actionCount: number,
  min: number,
): number {
  let best = -1;
  for (let a = s * actionCount; a < (s + 1) * actionCount; a++) {
    if (counts[a] >= min && (best < 0 || q[a] > q[best])) best = a;
  }
  return best < 0 ? -1 : best - s * actionCount;
}

/** The lowest reward for ever: what a state without data is worth, so that no plan leads there. */
export function worstValue(model: FiniteMdp, gamma: number): number {
  return model.reward.reduce((min, r) => Math.min(min, r), 0) / (1 - gamma);
}

/**
 * Value iteration in the counted model over the pairs that were seen often enough, the lowest action on
 * ties. A state without one is worth the lowest reward for ever and takes the lowest allowed action.
 *
 * @param threshold How often, at least 1.
 * @returns [S]
 */
export function supportedActions(
  { counts, model }: Pick<CountedModel, "counts" | "model">,
  gamma: number,
  threshold: number,
): Int32Array {
  const { stateCount, actionCount } = model;
  const worst = worstValue(model, gamma);
  const best = (q: Float64Array, s: number) =>
    bestSupported(q, counts, s, actionCount, threshold);
  const q = discountedActionValues(model, gamma, (q, s) => {
    const action = best(q, s);
    return action < 0 ? worst : q[s * actionCount + action];
  });
  return Int32Array.from({ length: stateCount }, (_, s) => {
    const action = best(q, s);
    return action < 0 ? lowestAllowed(model, s) : action;
  });
}

/**
 * The counted model in which pairs that were never seen end the episode, worth the lowest reward for ever:
 * for learners that leave some probability on them.
 */
export function withUnseenPairs(
  { counts, model }: Pick<CountedModel, "counts" | "model">,
  gamma: number,
): FiniteMdp {
  const { stateCount, actionCount, allowed, outcomeOffsets } = model;
  const worst = worstValue(model, gamma);
  const rows = mdpRows(stateCount, actionCount);
  for (let pair = 0; pair < counts.length; pair++) {
    const action = pair % actionCount;
    const state = (pair - action) / actionCount;
    for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
      rows.add(state, action, {
        probability: model.probability[i],
        nextState: model.nextState[i],
        reward: model.reward[i],
        outcome: model.outcome[i],
      });
    }
    const row = pair - action;
    const isForbidden = allowed?.[pair] === 0 &&
      allowed.subarray(row, row + actionCount).includes(1);
    if (counts[pair] > 0 || isForbidden) continue;
    rows.add(state, action, {
      probability: 1,
      nextState: state,
      reward: worst,
      outcome: 1,
    });
  }
  return { ...model, ...rows.finish() };
}

/** The actions of a state, the best first, the lowest first among equals. */
export function bestFirst(values: Float64Array): number[] {
  return Array.from(values.keys()).sort((a, b) => values[b] - values[a]);
}

/**
 * SPIBB with a budget of error in place of a threshold.
 *
 * @module
 */
import { policyChain } from "../../mdp/chain.ts";
import { endingOutcomes, type FiniteMdp } from "../../mdp/mdp.ts";
import { chainSystem } from "../../mdp/solve.ts";
import { logarithm } from "../../numerics/logarithm.ts";
import { choice, number, type NumbersNamed } from "../../settings.ts";
import type { CountedModel } from "./counted_model.ts";
import {
  type PlanSettings,
  planSettings,
  type TableDefinition,
} from "./define.ts";
import { bestFirst, withUnseenPairs } from "./supported.ts";

/** Rounds of policy iteration at most; some ten are usual. */
const MOST_ROUNDS = 1000;
/** Values that change by less than this share of the largest have settled. */
const SETTLED = 1e-11;

/** Which of the three. */
export type SoftSpibbVariant = "approximate" | "advantageous" | "lower";

/** Settings of {@link softSpibb}. */
export type SoftSpibbSettings =
  & PlanSettings
  & NumbersNamed<"epsilon" | "delta">
  & { readonly variant: SoftSpibbVariant };

/** {@link softSpibbPolicy} as an algorithm. */
export const softSpibb: TableDefinition<"softSpibb", SoftSpibbSettings> = {
  name: "softSpibb",
  title: "Soft-SPIBB",
  settings: {
    variant: choice(
      ["advantageous", "approximate", "lower"],
      "`advantageous`: no move is worse by the behaviour policy's own values; `approximate`: without that; `lower`: only probability that is raised counts",
    ),
    epsilon: number(
      0,
      1_000,
      5,
      "budget of each state: the sum of |change of probability| times the pair's error",
    ),
    delta: number(
      1e-12,
      1,
      1,
      "a pair's error is sqrt(2 ln(2 S A / delta) / N(s, a))",
    ),
    ...planSettings,
  },
  plan: softSpibbPolicy,
};

/**
 * Approx-Soft-SPIBB (Nadjahi, Laroche and Tachet des Combes 2019, "Safe Policy Improvement with Soft
 * Baseline Bootstrapping", algorithm 1): in each state, probability moves from the worst action to those
 * that gain most for their error, as long as the sum of |pi - baseline| · error stays within epsilon. The
 * error of a pair is that of Hoeffding's inequality; one that was never seen has an infinite one and keeps
 * the baseline's probability. In their code a move may cost up to half as
 * much again as is left of the budget; here it never costs more than that.
 *
 * `advantageous` and `lower` are Adv- and Lower-Approx-Soft-SPIBB (Scholl, Dietrich, Otte and Udluft 2022,
 * "Safe Policy Improvement Approaches on Discrete Markov Decision Processes", section 5): a move may not
 * lower the value of the baseline's own action values, here those in the counted model; only increases of
 * probability are charged.
 *
 * Policy iteration with exact evaluation from the baseline. The greedy rule is not the best policy of the
 * set, so a state keeps its row where the new one is worse by the current values: values never fall. It
 * ends when they have settled.
 *
 * @returns [S, A] action probabilities.
 *
 * @example No budget, no change
 * ```ts
 * import {
 *   collectDataset,
 *   countModel,
 *   makeEnvironment,
 *   softSpibbPolicy,
 * } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("wetChicken");
 * const counted = countModel(collectDataset(mdp, behaviour, 5, 42), mdp, { behaviour });
 * const settings = { variant: "approximate", epsilon: 0, delta: 1, gamma: 0.95 } as const;
 * deepEqual(softSpibbPolicy(counted, settings), counted.baseline);
 * ```
 */
export function softSpibbPolicy(
  counted: CountedModel,
  { variant, epsilon, delta, gamma }: SoftSpibbSettings,
): Float64Array {
  const { counts, baseline } = counted;
  const model = withUnseenPairs(counted, gamma);
  const { stateCount, actionCount } = model;
  const ofOne = 2 * logarithm(2 * counts.length / delta);
  const errors = Float64Array.from(counts, (n) => Math.sqrt(ofOne / n));
  const policy = baseline.slice();
  let q = policyActionValues(model, policy, gamma);
  const ofBaseline = q;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (let s = 0; s < stateCount; s++) {
      const own = (table: Float64Array) =>
        table.subarray(s * actionCount, (s + 1) * actionCount);
      const row = improvedRow(
        {
          baseline: own(baseline),
          q: own(q),
          errors: own(errors),
          ofBaseline: own(ofBaseline),
        },
        epsilon,
        variant,
      );
      if (dot(row, own(q)) >= dot(own(policy), own(q))) own(policy).set(row);
    }
    const next = policyActionValues(model, policy, gamma);
    const hasSettled = settled(q, next);
    q = next;
    if (hasSettled) break;
  }
  return policy;
}

/** What is known of the actions of a state. */
interface Row {
  readonly baseline: Float64Array;
  readonly q: Float64Array;
  readonly errors: Float64Array;
  /** The baseline's own action values. */
  readonly ofBaseline: Float64Array;
}

function improvedRow(
  { baseline, q, errors, ofBaseline }: Row,
  epsilon: number,
  variant: SoftSpibbVariant,
): Float64Array {
  const row = baseline.slice();
  const isLower = variant === "lower";
  let budget = epsilon;
  // What the moves so far have gained by the baseline's action values.
  let advantage = 0;
  for (const from of bestFirst(q.map((value) => -value))) {
    // With both ends charged, half the budget is for either.
    let mass = isLower
      ? row[from]
      : Math.min(row[from], budget / (2 * errors[from]));
    const gains = q.map((value, a) => (value - q[from]) / errors[a]);
    for (const to of bestFirst(gains)) {
      if (to === from || mass === 0) break;
      const gain = ofBaseline[to] - ofBaseline[from];
      const price = isLower ? errors[to] : errors[from] + errors[to];
      const moved = Math.min(
        mass,
        budget / (isLower ? errors[to] : 2 * errors[to]),
        budget / price,
        variant === "advantageous" && gain < 0 ? advantage / -gain : Infinity,
      );
      if (!(moved > 0)) continue;
      advantage += gain * moved;
      mass -= moved;
      row[from] -= moved;
      row[to] += moved;
      budget -= moved * price;
    }
  }
  return row;
}

/** [S, A] values of a policy, without a horizon. */
function policyActionValues(
  model: FiniteMdp,
  policy: Float64Array,
  gamma: number,
): Float64Array {
  const { stateCount, outcomeOffsets, probability, nextState, reward } = model;
  const ends = endingOutcomes(model);
  const chain = policyChain(model, policy, null);
  const paid = new Float64Array(stateCount);
  for (let s = 0; s < stateCount; s++) {
    for (let i = chain.first[s]; i < chain.first[s + 1]; i++) {
      paid[s] += chain.probability[i] * chain.reward[i];
    }
  }
  const values = chainSystem(chain, ends, paid.keys(), gamma).solve(paid);
  return Float64Array.from(policy, (_, pair) => {
    let sum = 0;
    for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
      const after = ends[model.outcome[i]] === 0
        ? gamma * values[nextState[i]]
        : 0;
      sum += probability[i] * (reward[i] + after);
    }
    return sum;
  });
}

function settled(before: Float64Array, after: Float64Array): boolean {
  const largest = after.reduce((most, q) => Math.max(most, Math.abs(q)), 0);
  return after.every((q, i) => Math.abs(q - before[i]) <= SETTLED * largest);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

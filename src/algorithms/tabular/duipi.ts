/**
 * Planning with the uncertainty of the action values.
 *
 * @module
 */
import { number, type NumbersNamed } from "../../settings.ts";
import type { CountedModel } from "./counted_model.ts";
import {
  type PlanSettings,
  planSettings,
  type TableDefinition,
} from "./define.ts";
import { nextStates } from "./next_states.ts";
import { lowestAllowed } from "./supported.ts";

/** Sweeps at most, as in Scholl's code; more where the discount needs them. */
const MOST_SWEEPS = 5000;
/** Values that change by less than this share of the largest have settled. */
const SETTLED = 1e-12;

/** Settings of {@link duipi}. */
export type DuipiSettings = PlanSettings & NumbersNamed<"xi" | "priorCount">;

/** {@link duipiPolicy} as an algorithm. */
export const duipi: TableDefinition<"duipi", DuipiSettings> = {
  name: "duipi",
  title: "DUIPI",
  settings: {
    xi: number(
      0,
      1_000,
      1,
      "an action is worth its value minus xi standard deviations of it",
    ),
    priorCount: number(
      1e-6,
      1e6,
      2.5,
      "a pair's next states are counted as if it had been seen this often before, in all states alike",
    ),
    ...planSettings,
  },
  plan: duipiPolicy,
};

/**
 * Diagonal approximation of uncertainty incorporating policy iteration (Schneegass, Hans and Udluft 2010,
 * "Uncertainty in Reinforcement Learning"; Hans and Udluft 2009): with the values of the actions, their
 * variances are carried through Bellman's equation, those of the transition probabilities by a Dirichlet
 * prior over all states, and a policy drifts to the action of the highest value minus xi standard
 * deviations: in sweep t by 1 / t. Pairs that the data do not hold are never taken (Scholl and others
 * 2022); a state without data takes the lowest allowed action.
 *
 * What entering a state pays is taken from the pair's own transitions, elsewhere from all that entered it.
 * Ends when values have settled, after 5,000 sweeps or 50 / (1 - gamma), if that is more, at the latest.
 *
 * @returns [S, A] action probabilities.
 *
 * @example A policy for the river
 * ```ts
 * import { collectDataset, countModel, duipiPolicy, makeEnvironment } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("wetChicken");
 * const counted = countModel(collectDataset(mdp, behaviour, 50, 42), mdp);
 * const policy = duipiPolicy(counted, { xi: 0.5, priorCount: 2.5, gamma: 0.95 });
 * equal(policy.length, 25 * 5);
 * ```
 */
export function duipiPolicy(
  { counts, model }: CountedModel,
  { gamma, xi, priorCount }: DuipiSettings,
): Float64Array {
  const { stateCount, actionCount } = model;
  const seen = nextStates({ counts, model });
  const prior = priorCount / stateCount;
  const policy = new Float64Array(counts.length).fill(1 / actionCount);
  const q = new Float64Array(counts.length);
  const variance = new Float64Array(counts.length);
  const values = new Float64Array(stateCount);
  const variances = new Float64Array(stateCount);
  const square = (x: number) => x * x;
  const mostSweeps = Math.max(MOST_SWEEPS, 50 / (1 - gamma));
  for (let sweep = 1; sweep <= mostSweeps; sweep++) {
    for (let s = 0; s < stateCount; s++) {
      values[s] = 0;
      variances[s] = 0;
      for (let p = s * actionCount; p < (s + 1) * actionCount; p++) {
        values[s] += policy[p] * q[p];
        variances[s] += square(policy[p]) * variance[p];
      }
    }
    // Entering a state: what it is worth, and the variance of that.
    const worthOf = (reward: number, goesOn: number, s: number) =>
      reward + gamma * goesOn * values[s];
    const spreadOf = (goesOn: number, s: number) =>
      square(gamma * goesOn) * variances[s];
    const { entered } = seen;
    const worth = values.map((_, s) =>
      worthOf(entered.reward[s], entered.goesOn[s], s)
    );
    const spread = values.map((_, s) => spreadOf(entered.goesOn[s], s));
    let allWorth = 0;
    let allSquares = 0;
    let allSpread = 0;
    for (let s = 0; s < stateCount; s++) {
      allWorth += worth[s];
      allSquares += square(worth[s]);
      allSpread += spread[s];
    }
    let change = 0;
    let largest = 0;
    for (let pair = 0; pair < counts.length; pair++) {
      // Of the Dirichlet distribution: mean a / total, variance a (total - a) / (total² (total + 1)).
      const total = counts[pair] + priorCount;
      const scale = 1 / (square(total) * (total + 1));
      const rest = prior * (total - prior) * scale;
      let mean = prior * allWorth;
      let doubt = rest * allSquares;
      let carried = square(prior) * allSpread;
      // The sums over all states take each as not seen; these are corrected.
      for (let i = seen.first[pair]; i < seen.first[pair + 1]; i++) {
        const s = seen.next[i];
        const a = seen.count[i] + prior;
        const own = worthOf(seen.reward[i], seen.goesOn[i], s);
        mean += a * own - prior * worth[s];
        doubt += a * (total - a) * scale * square(own) -
          rest * square(worth[s]);
        carried += square(a) * spreadOf(seen.goesOn[i], s) -
          square(prior) * spread[s];
      }
      const value = mean / total;
      change = Math.max(change, Math.abs(value - q[pair]));
      largest = Math.max(largest, Math.abs(value));
      q[pair] = value;
      variance[pair] = Math.max(0, doubt + carried / square(total));
    }
    for (let s = 0; s < stateCount; s++) {
      const row = s * actionCount;
      let best = -1;
      let most = -Infinity;
      for (let a = 0; a < actionCount; a++) {
        const bound = q[row + a] - xi * Math.sqrt(variance[row + a]);
        if (counts[row + a] > 0 && bound > most) [best, most] = [a, bound];
      }
      if (best < 0) best = lowestAllowed(model, s);
      drift(policy.subarray(row, row + actionCount), best, 1 / sweep);
    }
    if (change <= SETTLED * largest) break;
  }
  return policy;
}

/** Moves at most `step` of the probability to an action, from the others in proportion. */
function drift(row: Float64Array, to: number, step: number): void {
  const others = 1 - row[to];
  const moved = Math.min(step, others);
  if (moved === 0) return;
  const kept = others - moved;
  for (let a = 0; a < row.length; a++) {
    if (a !== to) row[a] = kept === 0 ? 0 : row[a] * kept / others;
  }
  row[to] += moved;
}

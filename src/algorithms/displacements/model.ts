/**
 * A model of the data in which all places share the displacements of an action: a slip seen anywhere is
 * expected everywhere, and what was never entered is taken for the worst.
 *
 * @module
 */
import type { Dataset } from "../../dataset/dataset.ts";
import type { DistinctRows } from "../../dataset/distinct_rows.ts";
import { requireActions, requireLength } from "../../numerics/arrays.ts";
import { fitConcentration, grouped } from "./likelihood.ts";
import { misfitOf } from "./misfit.ts";
import {
  type ObservedDisplacements,
  observedDisplacements,
} from "./observed.ts";
import { sharedDisplacements } from "./shares.ts";

/** Probability with which an action is replaced by a uniform one of those allowed: caution beside the worst. */
const ACTION_NOISE = 0.2;
/** Sweeps end when no value changes by more, or by this share of the largest reward where that is below 1. */
const TOLERANCE = 1e-9;
/** Or after so many: an undiscounted loop has no value. */
const MOST_SWEEPS = 10_000;

/** A policy for the model. */
export interface Plan {
  /** [U] an action for each distinct observation. */
  readonly actions: Int32Array;
  /** Its mean discounted return over the data's first observations, in the model. */
  readonly value: number;
}

/** The model. */
export interface DisplacementModel {
  /** The U distinct observations; policies are given as an action for each. */
  readonly rows: DistinctRows;
  /** κ: how many visits of a place what all share counts as. */
  readonly kappa: number;
  /**
   * [U, A, K] probabilities of the displacements before the noise, those that lead to the same place added up
   * at the first of them.
   */
  readonly probabilities: Float64Array;
  /**
   * Mean discounted return over the data's first observations.
   * @param actions [U]
   */
  value(actions: Int32Array): number;
  /** The policy that is worth most; of actions worth the same, the lowest. */
  plan(): Plan;
}

/**
 * Makes the model of a data set.
 *
 * An action leads to a displacement of the observation with probability (count + κ · share) / (visits + κ): the
 * shares are those of all places, κ is fitted. Displacements are held within the range of the data, column by
 * column. Reward and end are the means over all transitions that entered an observation; one never entered
 * ends with the lowest reward. Only `terminated` ends. An action is replaced by a uniform one with
 * probability 0.2.
 *
 * @param dataset A valid one.
 * @param discount γ
 * @returns The model, or, as the end of a sentence, why the data do not fit its assumptions.
 */
export function displacementModel(
  dataset: Dataset,
  discount: number,
): DisplacementModel | string {
  const observed = observedDisplacements(dataset);
  if (typeof observed === "string") return observed;
  const shares = sharedDisplacements(observed);
  const concentration = fitConcentration(observed, shares);
  const misfit = misfitOf(dataset, observed, shares, concentration);
  if (misfit !== null) return misfit;
  const { kappa } = concentration;
  const probabilities = placeProbabilities(observed, shares, kappa);
  return {
    rows: observed.rows,
    kappa,
    probabilities,
    ...solver(dataset, observed, probabilities, discount),
  };
}

/** [U, A, K] */
function placeProbabilities(
  { actionCount, displacementCount: kinds, counts, patternOf, groups }:
    ObservedDisplacements,
  shares: Float64Array,
  kappa: number,
): Float64Array {
  const priors = groups.map((group) => grouped(shares, group));
  const probabilities = new Float64Array(counts.length);
  const width = actionCount * kinds;
  patternOf.forEach((pattern, u) => {
    for (let a = 0; a < width; a += kinds) {
      const at = u * width + a;
      let visits = 0;
      for (let k = 0; k < kinds; k++) visits += counts[at + k];
      for (let k = 0; k < kinds; k++) {
        probabilities[at + k] =
          (counts[at + k] + kappa * priors[pattern][a + k]) /
          (visits + kappa);
      }
    }
  });
  return probabilities;
}

/** Values and plans by sweeps over the observations, each using the newest values. */
function solver(
  { rewards, terminated, episodeOffsets, actionCount }: Dataset,
  { rows, displacementCount: kinds, landing, rowOf, entered }:
    ObservedDisplacements,
  probabilities: Float64Array,
  discount: number,
): Pick<DisplacementModel, "value" | "plan"> {
  const { count, allowed } = rows;
  const seen = rowOf.length;
  const lowest = rewards.reduce((low, r) => Math.min(low, r), Infinity);
  // What entering an observation brings: the last place is for those never seen.
  const visits = new Uint32Array(seen + 1);
  const gain = new Float64Array(seen + 1);
  const future = new Float64Array(seen + 1);
  entered.forEach((s, i) => {
    visits[s]++;
    gain[s] += rewards[i];
    future[s] += 1 - terminated[i];
  });
  for (let s = 0; s <= seen; s++) {
    gain[s] = visits[s] > 0 ? gain[s] / visits[s] : lowest;
    future[s] = visits[s] > 0 ? discount * future[s] / visits[s] : 0;
  }
  const mayTake = (u: number, a: number) =>
    allowed === undefined || allowed[u * actionCount + a] === 1;

  const largest = rewards.reduce((most, r) => Math.max(most, Math.abs(r)), 0);
  const tolerance = TOLERANCE * Math.min(1, largest);
  const values = new Float64Array(count);
  const outcomes = new Float64Array(kinds);
  /** Worth of each action in an observation, in `own`; -Infinity for what is not allowed. */
  const own = new Float64Array(actionCount);
  const backup = (u: number) => {
    for (let k = 0; k < kinds; k++) {
      const place = landing[u * kinds + k];
      const s = place < 0 ? seen : place;
      outcomes[k] = gain[s] +
        (future[s] === 0 ? 0 : future[s] * values[rowOf[s]]);
    }
    let mean = 0;
    let open = 0;
    for (let a = 0; a < actionCount; a++) {
      own[a] = -Infinity;
      if (!mayTake(u, a)) continue;
      let sum = 0;
      const at = (u * actionCount + a) * kinds;
      for (let k = 0; k < kinds; k++) {
        sum += probabilities[at + k] * outcomes[k];
      }
      own[a] = sum;
      mean += sum;
      open++;
    }
    mean /= open;
    for (let a = 0; a < actionCount; a++) {
      own[a] = (1 - ACTION_NOISE) * own[a] + ACTION_NOISE * mean;
    }
  };
  const sweepUntilSettled = (choose: (u: number) => number) => {
    values.fill(0);
    let change = Infinity;
    for (let n = 0; change > tolerance && n < MOST_SWEEPS; n++) {
      change = 0;
      for (let u = 0; u < count; u++) {
        backup(u);
        const value = own[choose(u)];
        change = Math.max(change, Math.abs(value - values[u]));
        values[u] = value;
      }
    }
    const episodes = episodeOffsets.length - 1;
    let total = 0;
    for (let e = 0; e < episodes; e++) {
      total += values[rows.rowOf[episodeOffsets[e] + e]];
    }
    return total / episodes;
  };
  return {
    value(actions) {
      requireLength(actions.length, count, "actions");
      requireActions(actions, actionCount);
      return sweepUntilSettled((u) => actions[u]);
    },
    plan() {
      const actions = new Int32Array(count);
      sweepUntilSettled((u) => {
        let best = 0;
        for (let a = 1; a < actionCount; a++) if (own[a] > own[best]) best = a;
        return actions[u] = best;
      });
      // As any other policy's: sweeps may have ended a bit elsewhere.
      return { actions, value: sweepUntilSettled((u) => actions[u]) };
    },
  };
}

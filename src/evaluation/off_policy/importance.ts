/**
 * Importance sampling: returns of logged episodes, weighted.
 *
 * @module
 */
import type { Log } from "./log.ts";
import { episodeReturns, powers, type Quantity } from "./quantity.ts";
import type { Weights } from "./weights.ts";

/**
 * An estimate as a function of how often each episode counts, [E]: once each for the estimate itself,
 * resampled for the bootstrap. Null where it is not defined: no episode has weight.
 */
export type Estimator = (multiplicity: Float64Array) => number | null;

/** [E] w · G of each episode; importance sampling (IS) is their mean (Precup, Sutton and Singh 2000). */
export function trajectoryTerms(
  log: Log,
  quantity: Quantity,
  { last }: Weights,
): Float64Array {
  return episodeReturns(log, quantity).map((g, e) => last[e] * g);
}

/** [E] Σ γ^t w_t r_t of each episode; per-decision importance sampling (PDIS) is their mean (ibid.). */
export function perDecisionTerms(
  log: Log,
  { rewards, discount }: Quantity,
  { weight }: Weights,
): Float64Array {
  const weighted = rewards.map((r, i) => weight[i] * r);
  return episodeReturns(log, { rewards: weighted, discount });
}

/** The mean of terms of each episode. */
export function meanOf(terms: Float64Array): Estimator {
  return (multiplicity) => {
    let sum = 0;
    let count = 0;
    for (let e = 0; e < terms.length; e++) {
      sum += multiplicity[e] * terms[e];
      count += multiplicity[e];
    }
    return sum / count;
  };
}

/** Weighted importance sampling, Σ w G / Σ w (ibid.). */
export function weightedTrajectories(
  log: Log,
  quantity: Quantity,
  { last }: Weights,
): Estimator {
  const returns = episodeReturns(log, quantity);
  return (multiplicity) => {
    let sum = 0;
    let weights = 0;
    for (let e = 0; e < last.length; e++) {
      const weight = multiplicity[e] * last[e];
      sum += weight * returns[e];
      weights += weight;
    }
    return weights === 0 ? null : sum / weights;
  };
}

/**
 * Weighted per-decision importance sampling in its consistent form: at each step the mean reward under
 * the weights of that step, Σ_t γ^t (Σ_i w_t r_t) / (Σ_i w_t) (Thomas 2015, thesis, CWPDIS). A step at
 * which no episode has weight adds 0.
 */
export function weightedDecisions(
  log: Log,
  { rewards, discount }: Quantity,
  weights: Weights,
): Estimator {
  const { offsets, longest } = log;
  const scale = powers(discount, longest);
  return (multiplicity) => {
    const paid = new Float64Array(longest);
    for (let e = 0; e + 1 < offsets.length; e++) {
      if (multiplicity[e] === 0) continue;
      for (let i = offsets[e], t = 0; i < offsets[e + 1]; i++, t++) {
        paid[t] += multiplicity[e] * weights.weight[i] * rewards[i];
      }
    }
    const sums = weightSums(log, weights, multiplicity);
    let value = 0;
    for (let t = 0; t < longest; t++) {
      if (sums[t] > 0) value += scale[t] * paid[t] / sums[t];
    }
    return value;
  };
}

/** [steps] Σ_i w_t over all episodes, those that are over with their last weight. */
export function weightSums(
  { offsets, longest }: Log,
  { weight, last }: Weights,
  multiplicity: Float64Array,
): Float64Array {
  const sums = new Float64Array(longest);
  const over = new Float64Array(longest + 1);
  for (let e = 0; e < last.length; e++) {
    if (multiplicity[e] === 0) continue;
    for (let i = offsets[e], t = 0; i < offsets[e + 1]; i++, t++) {
      sums[t] += multiplicity[e] * weight[i];
    }
    over[offsets[e + 1] - offsets[e]] += multiplicity[e] * last[e];
  }
  for (let t = 0, finished = 0; t < longest; t++) {
    finished += over[t];
    sums[t] += finished;
  }
  return sums;
}

/**
 * The estimators that weight episodes, as functions of sums over episodes: a resample adds rows of numbers and
 * nothing else, for all quantities at once.
 *
 * With n episodes, G the return and x the recursion of the doubly robust estimate:
 *
 * - IS: Σ w G / n. PDIS: Σ_i Σ_t γ^t w_t r_t / n. WIS: Σ w G / Σ w (Precup, Sutton and Singh 2000).
 * - WPDIS, in its consistent form: Σ_t γ^t (Σ_i w_t r_t) / (Σ_i w_t) (Thomas 2015, thesis, CWPDIS).
 * - DR: Σ x / n (Jiang and Li 2016, section 4, equation 10).
 * - WDR: Σ_i Σ_t γ^t [u_t (r_t - Q_t) + u_{t-1} V_t] over live steps, u_t = w_t / Σ_i w_t, and 1 / n before the
 *   first step (Thomas and Brunskill 2016).
 *
 * A step at which no episode has weight adds 0; an episode that is over keeps its last weight.
 *
 * @module
 */
import { type Baseline, doublyRobustTerms } from "./doubly_robust.ts";
import { perDecisionTerms, trajectoryTerms } from "./importance.ts";
import { episodeCount, type Log } from "./log.ts";
import { powers, type Quantity } from "./quantity.ts";
import type { Weights } from "./weights.ts";

/** The estimators, in the order in which {@link EpisodeSums} gives them. */
export const WEIGHTED = ["is", "wis", "pdis", "wpdis", "dr", "wdr"] as const;

/** Sums over episodes and what is estimated from them. */
export interface EpisodeSums {
  /** How many sums there are. */
  readonly size: number;
  /** Estimates: {@link WEIGHTED} of each quantity. */
  readonly count: number;
  /** Adds an episode so many times. */
  add(episode: number, times: number, into: Float64Array): void;
  /** The estimates, [count]; NaN where one is not defined: no episode has weight. */
  finish(sums: Float64Array, into: Float64Array): void;
}

/** A quantity and a model's values of it at the log's steps. */
export interface WeightedCase {
  /** What is estimated. */
  readonly quantity: Quantity;
  /** For the doubly robust estimates. */
  readonly values: Baseline;
}

/** The sums of a log under weights, for some quantities. */
export function episodeSums(
  log: Log,
  weights: Weights,
  cases: readonly WeightedCase[],
): EpisodeSums {
  const { offsets, longest } = log;
  const { weight, last } = weights;
  const episodes = episodeCount(log);
  // Of an episode: 1, w, and of each quantity w G, the term of PDIS, that of DR, and the first V.
  const headSize = 2 + 4 * cases.length;
  const head = new Float64Array(episodes * headSize);
  // Of a step: w, and of each quantity γ^t w r, and γ^t w (r - Q) + γ^(t+1) w V of the next step.
  const stepSize = 1 + 2 * cases.length;
  const steps = new Float64Array(weight.length * stepSize);
  // Steps after which an episode has no weight add nothing.
  const ends = new Uint32Array(episodes);
  for (let e = 0; e < episodes; e++) {
    head[e * headSize] = 1;
    head[e * headSize + 1] = last[e];
    let i = offsets[e];
    for (; i < offsets[e + 1] && weight[i] > 0; i++) {
      steps[i * stepSize] = weight[i];
    }
    ends[e] = i;
  }
  cases.forEach(({ quantity, values: { actionValues, values } }, q) => {
    const { rewards, discount } = quantity;
    const terms = [
      trajectoryTerms(log, quantity, weights),
      perDecisionTerms(log, quantity, weights),
      doublyRobustTerms(log, quantity, weights, { actionValues, values }),
    ];
    const scale = powers(discount, longest);
    for (let e = 0; e < episodes; e++) {
      const at = e * headSize + 2 + 4 * q;
      terms.forEach((term, k) => head[at + k] = term[e]);
      head[at + 3] = values[offsets[e]];
      for (let i = offsets[e]; i < ends[e]; i++) {
        const next = i + 1 < offsets[e + 1] ? discount * values[i + 1] : 0;
        const scaled = scale[i - offsets[e]] * weight[i];
        const to = i * stepSize + 1 + 2 * q;
        steps[to] = scaled * rewards[i];
        steps[to + 1] = scaled * (rewards[i] - actionValues[i] + next);
      }
    }
  });
  const overAt = headSize;
  const stepsAt = overAt + longest + 1;
  return {
    size: stepsAt + longest * stepSize,
    count: cases.length * WEIGHTED.length,
    add(e, times, into) {
      for (let k = 0, from = e * headSize; k < headSize; k++, from++) {
        into[k] += times * head[from];
      }
      into[overAt + offsets[e + 1] - offsets[e]] += times * last[e];
      const end = ends[e] * stepSize;
      let to = stepsAt;
      for (let from = offsets[e] * stepSize; from < end; from++, to++) {
        into[to] += times * steps[from];
      }
    },
    finish(sums, into) {
      const n = sums[0];
      const w = sums[1];
      for (let q = 0; q < cases.length; q++) {
        const at = 2 + 4 * q;
        let decisions = 0;
        let robust = sums[at + 3] / n;
        let over = 0;
        for (let t = 0; t < longest; t++) {
          over += sums[overAt + t];
          const step = stepsAt + t * stepSize;
          const all = sums[step] + over;
          if (all === 0) continue;
          decisions += sums[step + 1 + 2 * q] / all;
          robust += sums[step + 2 + 2 * q] / all;
        }
        const to = q * WEIGHTED.length;
        into[to] = sums[at] / n;
        into[to + 1] = w === 0 ? NaN : sums[at] / w;
        into[to + 2] = sums[at + 1] / n;
        into[to + 3] = decisions;
        into[to + 4] = sums[at + 2] / n;
        into[to + 5] = robust;
      }
    },
  };
}

/** The estimates of the log itself, as `finish` gives them. */
export function estimatesOf(
  sums: EpisodeSums,
  episodes: number,
): Float64Array {
  const total = new Float64Array(sums.size);
  for (let e = 0; e < episodes; e++) sums.add(e, 1, total);
  const estimates = new Float64Array(sums.count);
  sums.finish(total, estimates);
  return estimates;
}

/** Groups of episodes that are left out in turn: more cost time and change little. */
const GROUPS = 200;
/** Numbers that the groups' sums may take. */
const MOST_NUMBERS = 4e6;

/**
 * The estimates without each group of episodes, for the acceleration of BCa.
 *
 * @returns [count] of each, one number a group.
 */
export function jackknife(sums: EpisodeSums, episodes: number): Float64Array[] {
  const { size, count } = sums;
  const groups = Math.min(
    episodes,
    GROUPS,
    Math.max(2, Math.floor(MOST_NUMBERS / size)),
  );
  // Sums of the groups before and after one, not the total less its own: rounding must not leave weight
  // where none is left.
  const after = new Float64Array((groups + 1) * size);
  const groupSums = (g: number, into: Float64Array) => {
    for (let e = g; e < episodes; e += groups) sums.add(e, 1, into);
  };
  for (let g = groups - 1; g >= 0; g--) {
    const own = after.subarray(g * size, (g + 1) * size);
    own.set(after.subarray((g + 1) * size, (g + 2) * size));
    groupSums(g, own);
  }
  const before = new Float64Array(size);
  const others = new Float64Array(size);
  const estimates = new Float64Array(count);
  const found = Array.from({ length: count }, () => new Float64Array(groups));
  for (let g = 0; g < groups; g++) {
    const rest = (g + 1) * size;
    for (let k = 0; k < size; k++) others[k] = before[k] + after[rest + k];
    sums.finish(others, estimates);
    found.forEach((values, k) => values[g] = estimates[k]);
    groupSums(g, before);
  }
  return found;
}

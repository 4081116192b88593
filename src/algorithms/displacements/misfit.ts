/**
 * Whether data are as a model with shared displacements assumes, as far as they tell.
 *
 * @module
 */
import type { Dataset } from "../../dataset/dataset.ts";
import { meanAndStd } from "../../numerics/moments.ts";
import { type Concentration, fitConcentration, grouped } from "./likelihood.ts";
import type { ObservedDisplacements } from "./observed.ts";

/** A logarithm of a likelihood ratio that chance does not explain. */
const CLEAR = 5;
/** Probability at most with which places that are all alike make one look different. */
const LEVEL = 0.01;
/** Errors must shrink to less than this share for what shrinks them to count. */
const SHRINKS = 0.9;
/** A share of the variance that is rounding. */
const ROUNDING = 1e-9;

/**
 * Why the assumption does not hold; null where nothing speaks against it and displacements shared by all
 * places explain the data clearly better than counts of each place.
 *
 * @param shares [A, K] what all places have in common.
 * @param shared The concentration about them.
 */
export function misfitOf(
  { rewards, terminated, actions }: Dataset,
  observed: ObservedDisplacements,
  shares: Float64Array,
  shared: Concentration,
): string | null {
  const { actionCount, displacementCount: kinds, from, entered } = observed;
  if (shared.best - shared.alike > CLEAR) {
    return "the same action leads to other displacements in some places than in others";
  }
  // One wall among many places moves the concentration by nothing.
  const place = placeApart(observed, shares);
  if (place !== null) {
    return `from the observation (${place}) actions lead elsewhere than from others`;
  }
  const uniform = new Float64Array(actionCount * kinds).fill(1 / kinds);
  const unshared = fitConcentration(observed, uniform).best;
  // As Schwarz (1978): what fitting the shares themselves is worth.
  const fitted = actionCount * (kinds - 1) * Math.log(actions.length) / 2;
  if (shared.alike - fitted - unshared < CLEAR) {
    return "counts of each place explain the data as well as displacements that all share";
  }
  const finer = {
    "the action": Float64Array.from(
      entered,
      (s, i) => s * actionCount + actions[i],
    ),
    "the observation left": Float64Array.from(
      entered,
      (s, i) => s * observed.rows.count + from[i],
    ),
  };
  for (const [what, values] of Object.entries({ rewards, ends: terminated })) {
    const own = leftOutErrors(values, entered, () => 0);
    const error = sumOfSquares(own);
    if (error <= ROUNDING * values.length * meanAndStd(values).std ** 2) {
      continue;
    }
    for (const [name, groups] of Object.entries(finer)) {
      const better = leftOutErrors(values, groups, (i) => own[i]);
      if (sumOfSquares(better) < SHRINKS * error) {
        return `${what} depend on ${name}, not only on the observation entered`;
      }
    }
  }
  return null;
}

/**
 * A place where an action, or all actions alike, lead clearly elsewhere than in the others: the likelihood of its
 * counts with shares of its own, drawn about the common ones (Dirichlet, one visit's worth), over that with
 * the common ones. If a place is like the others, the ratio exceeds 1 / δ with probability δ at most
 * (Markov's inequality), and all of them together with Bonferroni's share of it.
 *
 * @returns The observation; null where there is none.
 */
function placeApart(
  { rows, actionCount, displacementCount: kinds, counts, patternOf, groups }:
    ObservedDisplacements,
  shares: Float64Array,
): string | null {
  const priors = groups.map((group) => grouped(shares, group));
  const width = actionCount * kinds;
  const clear = Math.log(patternOf.length * (actionCount + 1) / LEVEL);
  const { observations, count } = rows;
  const size = observations.length / count;
  for (let u = 0; u < count; u++) {
    const prior = priors[patternOf[u]];
    const together = new Float64Array(kinds);
    const mean = new Float64Array(kinds);
    let common = 0;
    let isApart = false;
    for (let a = 0; a < width; a += kinds) {
      const own = counts.subarray(u * width + a, u * width + a + kinds);
      const share = prior.subarray(a, a + kinds);
      let alike = 0;
      own.forEach((n, k) => {
        if (n > 0) alike += n * Math.log(share[k]);
        together[k] += n;
        mean[k] += share[k] / actionCount;
      });
      isApart ||= ownLikelihood(own, share) - alike > clear;
      common += alike;
    }
    if (isApart || ownLikelihood(together, mean) - common > clear) {
      return observations.subarray(u * size, (u + 1) * size).join(", ");
    }
  }
  return null;
}

/** Logarithm of the likelihood of counts, one after the other, whose shares are drawn about a mean. */
function ownLikelihood(
  counts: ArrayLike<number>,
  mean: Float64Array,
): number {
  let sum = 0;
  let total = 0;
  mean.forEach((share, k) => {
    for (let i = 0; i < counts[k]; i++) {
      sum += Math.log(share + i) - Math.log(1 + total++);
    }
  });
  return sum;
}

/**
 * How far each value is from the mean of the others of its group.
 *
 * @param alone The error of a value whose group has no other.
 */
function leftOutErrors(
  values: ArrayLike<number>,
  groupOf: Float64Array | Uint32Array,
  alone: (i: number) => number,
): Float64Array {
  const groups = new Map<number, { n: number; sum: number }>();
  groupOf.forEach((key, i) => {
    const group = groups.get(key) ?? { n: 0, sum: 0 };
    group.n++;
    group.sum += values[i];
    groups.set(key, group);
  });
  return Float64Array.from(groupOf, (key, i) => {
    const { n, sum } = groups.get(key)!;
    return n === 1 ? alone(i) : values[i] - (sum - values[i]) / (n - 1);
  });
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((sum, x) => sum + x * x, 0);
}

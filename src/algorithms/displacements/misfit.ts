/**
 * Whether data are as a model with shared displacements assumes, as far as they tell.
 *
 * @module
 */
import type { Dataset } from "../../dataset/dataset.ts";
import { meanAndStd } from "../../numerics/moments.ts";
import { type Concentration, fitConcentration } from "./likelihood.ts";
import type { ObservedDisplacements } from "./observed.ts";

/** A logarithm of a likelihood ratio that chance does not explain. */
const CLEAR = 5;
/** Errors must shrink to less than this share for what shrinks them to count. */
const SHRINKS = 0.9;
/** A share of the variance that is rounding. */
const ROUNDING = 1e-9;

/**
 * Why the assumption does not hold; null where nothing speaks against it and displacements shared by all
 * places explain the data clearly better than counts of each place.
 *
 * @param shared The concentration about the shares.
 */
export function misfitOf(
  { rewards, terminated, actions }: Dataset,
  observed: ObservedDisplacements,
  shared: Concentration,
): string | null {
  const { actionCount, displacementCount: kinds, from, entered } = observed;
  if (shared.best - shared.alike > CLEAR) {
    return "the same action leads to other displacements in some places than in others";
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

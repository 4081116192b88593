/**
 * How alike places are: the concentration of a prior that their counts share.
 *
 * @module
 */
import type { ObservedDisplacements } from "./observed.ts";

/** Concentrations from 0.5 to 2,000, evenly in the logarithm: 4,000^(1 / 59) apart. */
const CANDIDATES = 60;
const RATIO = 1.150937827887011;

/** The concentration that explains counts best. */
export interface Concentration {
  /** κ: how many visits the prior counts as. */
  readonly kappa: number;
  /** Logarithm of the likelihood at κ. */
  readonly best: number;
  /** The same at the largest candidate, where places hardly differ. */
  readonly alike: number;
}

/**
 * Maximises the Dirichlet-multinomial likelihood (Minka, 2000, equation 53) of the counts of all places and
 * actions, whose prior is κ times the shares, over 60 values of κ from 0.5 to 2,000.
 *
 * @param shares [A, K] of displacements; what leads to the same place adds up.
 */
export function fitConcentration(
  observed: ObservedDisplacements,
  shares: Float64Array,
): Concentration {
  const { actionCount, displacementCount: kinds, counts, patternOf } = observed;
  const priors = observed.groups.map((group) => grouped(shares, group));
  // A sum of logarithms of rising factorials: of how many counts there is an i-th visit, for each prior.
  const totals: number[] = [];
  const visits = new Map<number, number[]>();
  for (let u = 0, at = 0; u < patternOf.length; u++) {
    const prior = priors[patternOf[u]];
    for (let a = 0; a < actionCount; a++) {
      let total = 0;
      for (let k = 0; k < kinds; k++, at++) {
        if (counts[at] === 0) continue;
        const share = prior[a * kinds + k];
        let own = visits.get(share);
        if (!own) visits.set(share, own = []);
        countVisits(own, counts[at]);
        total += counts[at];
      }
      countVisits(totals, total);
    }
  }
  let kappa = 0.5;
  let found = { kappa, best: -Infinity };
  let alike = 0;
  for (let c = 0; c < CANDIDATES; c++) {
    if (c > 0) kappa *= RATIO;
    alike = 0;
    totals.forEach((n, i) => alike -= n * Math.log(kappa + i));
    for (const [share, own] of visits) {
      own.forEach((n, i) => alike += n * Math.log(kappa * share + i));
    }
    if (alike > found.best) found = { kappa, best: alike };
  }
  return { ...found, alike };
}

function countVisits(visits: number[], n: number): void {
  for (let i = 0; i < n; i++) visits[i] = (visits[i] ?? 0) + 1;
}

/**
 * Shares of places: those of the displacements that lead there, at the first of them.
 *
 * @param shares [A, K]
 * @param group See `groups`.
 */
export function grouped(
  shares: Float64Array,
  group: Uint32Array,
): Float64Array {
  const sums = new Float64Array(shares.length);
  shares.forEach((share, i) => {
    const k = i % group.length;
    sums[i - k + group[k]] += share;
  });
  return sums;
}

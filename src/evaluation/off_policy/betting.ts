/**
 * A lower bound for the mean of terms that are never negative and may be large, which importance weights
 * are: valid for any number of them, whatever their distribution.
 *
 * @module
 */

/** Odds f / (1 - f) of the shares f of the wealth that are bet: 2^-8 … 2^4. */
const LOWEST_ODDS = 2 ** -8;
const BETS = 13;

/**
 * The largest m at which a bet against "the mean is at most m" wins 1 / δ-fold. Wealth that starts at 1 and
 * is multiplied by 1 + f (x / m - 1) for each term x does not grow in expectation if the mean is at most m, so
 * by Ville's inequality it ever reaches 1 / δ with probability δ at most. The wealth is the mean over
 * fixed shares f, so no order of the terms matters and nothing is tuned (Waudby-Smith and Ramdas 2024, "Estimating means of bounded
 * random variables by betting"; for off-policy evaluation Karampatziakis, Mineiro and Ramdas 2021).
 *
 * @param terms [E] independent, at least 0, of one distribution.
 * @param delta Probability with which the bound may lie above the mean.
 */
export function meanAtLeast(terms: Float64Array, delta: number): number {
  const mean = terms.reduce((sum, x) => sum + x, 0) / terms.length;
  const above = terms.filter((x) => x > 0);
  const zeros = terms.length - above.length;
  let [low, high] = [0, mean];
  for (let i = 0; i < 40 && high > low; i++) {
    const middle = (low + high) / 2;
    if (wealth(above, zeros, middle) >= 1 / delta) low = middle;
    else high = middle;
  }
  return low;
}

/** @param zeros How many more terms there are that are 0. */
function wealth(terms: Float64Array, zeros: number, mean: number): number {
  if (mean === 0) return 0;
  let total = 0;
  for (let bet = 0, odds = LOWEST_ODDS; bet < BETS; bet++, odds *= 2) {
    const share = odds / (1 + odds);
    const kept = 1 - share;
    const slope = share / mean;
    // Products of a few factors, so that one logarithm serves them all.
    let sum = zeros * Math.log(kept);
    let product = 1;
    for (const x of terms) {
      product *= kept + slope * x;
      if (product > 1e100 || product < 1e-100) {
        sum += Math.log(product);
        product = 1;
      }
    }
    total += Math.exp(sum + Math.log(product)) / BETS;
  }
  return total;
}

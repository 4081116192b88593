/**
 * How numbers are written for people, with a true minus sign and whatever the locale.
 *
 * @module
 */

/** A number with so many decimals. */
export function decimal(value: number, digits = 2): string {
  return value.toFixed(digits).replace(/^-(?=.*[1-9])/, "−").replace("-", "");
}

/** A probability in percent with three significant digits: `4.2 %`, `0.00242 %`, `0 %`. */
export function percent(probability: number): string {
  // Through text, because toPrecision may answer with an exponent.
  const value = Number((100 * probability).toPrecision(3));
  if (value !== 0 && Math.abs(value) < 1e-4) {
    return `${value.toExponential()} %`;
  }
  return `${value} %`;
}

/** An integer with a comma every three digits. */
export function group(value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** How often something of that probability happens: `once in 25 episodes`, `never`. */
export function oneIn(probability: number): string {
  if (probability <= 0) return "never";
  if (probability >= 1) return "in every episode";
  const episodes = Number((1 / probability).toPrecision(2));
  return episodes < 2
    ? "in more than half of the episodes"
    : `once in ${group(episodes)} episodes`;
}

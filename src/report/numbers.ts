/**
 * How numbers are written for people, with a true minus sign and whatever the locale.
 *
 * @module
 */

/** A number with that many decimals. */
export function decimal(value: number, digits = 2): string {
  return value.toFixed(digits).replace(/^-(?=.*[1-9])/, "−").replace("-", "");
}

/** How many decimals tell such numbers apart: four below 2, three below 10, else two. */
export function digitsFor(
  values: readonly (number | null | undefined)[],
): number {
  const largest = Math.max(...values.map((value) => Math.abs(value ?? 0)));
  return largest < 2 ? 4 : largest < 10 ? 3 : 2;
}

/** A number as `write` writes it, or a dash where there is none. */
export function orDash(
  value: number | null | undefined,
  write: (value: number) => string,
): string {
  return value === null || value === undefined ? "–" : write(value);
}

/** A name of something that happens, as it stands in a sentence: `a hazard`, `anything unsafe`. */
export function withArticle(name: string): string {
  if (name === "unsafe") return "anything unsafe";
  return /^[aeiou]/i.test(name) ? `an ${name}` : `a ${name}`;
}

/** A number with at most that many significant digits, without trailing zeros. */
export function significant(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits))).replace(/^-/, "−");
}

/**
 * A probability in percent with three significant digits: `4.2 %`, `< 0.0001 %`, `0 %`. Only
 * 1, up to the rounding of sums, is `100 %`: `99.96 %`, `> 99.9999 %`.
 */
export function percent(probability: number): string {
  // Through text, because toPrecision may answer with an exponent.
  const value = Number((100 * probability).toPrecision(3));
  if (value > 0 && value < 1e-4) return "< 0.0001 %";
  if (value < 100 || probability >= 1 - 1e-13) return `${value} %`;
  for (let digits = 1; digits <= 4; digits++) {
    const text = (100 * probability).toFixed(digits);
    if (Number(text) < 100) return `${text} %`;
  }
  return "> 99.9999 %";
}

/** A difference of two probabilities in percentage points: `−4.2 %`. */
export function percentDifference(difference: number): string {
  return difference < 0 ? `−${percent(-difference)}` : percent(difference);
}

/** A probability as people say it: `4 % (once in 25 episodes)`, `70 %`, `0 % (never)`. */
export function frequency(probability: number): string {
  if (probability <= 0) return `${percent(probability)} (never)`;
  if (probability > 0.5) return percent(probability);
  const episodes = Number((1 / probability).toPrecision(2));
  return `${percent(probability)} (once in ${group(episodes)} episodes)`;
}

/** An integer with a comma every three digits. */
export function group(value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

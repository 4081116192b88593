/**
 * When a vertical axis is logarithmic, and where its labels stand.
 *
 * @module
 */

/** A wider range of positive values than this is shown logarithmically. */
const LOG_RATIO = 30;

/** Scale and axis of a channel in Vega-Lite's terms. */
export interface ValueScale {
  /** Linear if without a type. */
  readonly scale: {
    type?: "log";
    domain?: number[];
    nice?: boolean;
    zero?: boolean;
  };
  /** Either how many labels or which, and how they are written. */
  readonly axis: {
    tickCount?: number;
    values?: number[];
    format?: string;
    labelExpr?: string;
  };
}

/**
 * The scale and axis for some values: linear without a forced zero, or logarithmic where all
 * are positive and the largest is more than 30 times the smallest.
 *
 * @param values At least one.
 */
export function valueScale(values: readonly number[]): ValueScale {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  if (low <= 0 || high <= LOG_RATIO * low) {
    return { scale: { zero: false }, axis: { tickCount: 4, format: "~g" } };
  }
  const scale: ValueScale["scale"] = {
    type: "log",
    domain: [low, high],
    nice: false,
  };
  return { scale, axis: { values: labelsBetween(low, high), format: "~g" } };
}

/** Lower probabilities are drawn as this one: a logarithmic scale has no zero. */
const MIN_PROBABILITY = 1e-5;

/** A probability as {@link probabilityScale} can place it. */
export function drawnProbability(probability: number): number {
  return Math.max(MIN_PROBABILITY, probability);
}

/** How the label of a probability is written, as a Vega expression. */
export const probabilityLabel: string =
  `(datum.value <= ${MIN_PROBABILITY} ? '≤ ' : '') + format(100 * datum.value, '~g') + ' %'`;

/**
 * The scale and axis of every probability: the same from plot to plot, logarithmic from
 * 0.001 % to 100 %.
 */
export function probabilityScale(): ValueScale {
  return {
    scale: { type: "log", domain: [MIN_PROBABILITY, 1], nice: false },
    axis: {
      values: [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1],
      labelExpr: probabilityLabel,
    },
  };
}

/** A title that says so where the scale is logarithmic. */
export function scaleTitle(title: string, { scale }: ValueScale): string {
  return scale.type === "log" ? `${title} (log)` : title;
}

/** Powers of ten, a few at most, with threes between them where the range is short. */
function labelsBetween(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const every = Math.ceil(decades / 5);
  const labels: number[] = [];
  for (let k = Math.floor(Math.log10(low)); k <= Math.log10(high); k++) {
    // Through text, because 10 ** -3 need not be the double nearest to 0.001.
    if (k % every === 0) labels.push(Number(`1e${k}`));
    if (decades < 2.5) labels.push(Number(`3e${k}`));
  }
  return labels.filter((label) => low <= label && label <= high);
}

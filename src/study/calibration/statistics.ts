/**
 * What the data sets of a calibration show of each estimator.
 *
 * @module
 */
import { shareInterval } from "../../evaluation/statistics.ts";
import { ESTIMATORS, type FoundPolicy } from "./cell.ts";
import { TARGETS, type Truth } from "./targets.ts";

/** A count of data sets, its share and the exact interval of 95 % of that share. */
export interface Share {
  /** Data sets that are counted. */
  readonly of: number;
  /** Those of which it is true. */
  readonly count: number;
  /** null of none. */
  readonly share: number | null;
  /** Lower end of its interval. */
  readonly low: number | null;
  /** Upper end. */
  readonly high: number | null;
}

/** How an estimator does on one policy, or on all. */
export interface Accuracy {
  /** Data sets in which it is defined. */
  readonly defined: number;
  /** Mean error; null where it is never defined. */
  readonly bias: number | null;
  /** Root of the mean squared error. */
  readonly rmse: number | null;
  /** Data sets whose interval holds the truth, of those with an interval. */
  readonly coverage: Share;
  /** The same where the data support the policy. */
  readonly coverageSupported: Share;
  /** Mean width of intervals. */
  readonly width: number | null;
}

/** An estimator of a quantity at a size. */
export interface EstimatorResult {
  /** By its name in `--json`. */
  readonly estimator: string;
  /** Over all policies. */
  readonly all: Accuracy;
  /** By policy. */
  readonly policies: Readonly<Record<string, Accuracy>>;
  /** Coverage of the policy with the lowest; null where there is no interval. */
  readonly lowestCoverage: number | null;
  /** Spearman's rank correlation of estimates and truth over the policies; mean over data sets. */
  readonly rankCorrelation: number | null;
  /** Mean of the best policy's worth less the best of the one that looks best. */
  readonly regret1: number;
  /** The same of three. */
  readonly regret3: number;
}

/** A one-sided bound of 95 %, and decisions by it. */
export interface BoundResult {
  /** `<=`: from above. */
  readonly side: "<=" | ">=";
  /** Data sets in which the bound holds. */
  readonly valid: Share;
  /** By policy. */
  readonly policies: Readonly<Record<string, Share>>;
  /**
   * Data sets that support the policy and whose bound lies beyond the truth: some limit that the policy
   * does not meet would be answered with "meets it".
   */
  readonly errs: Share;
}

/** Decisions on "no worse than whoever acted": value and what is unsafe, as the behaviour policy has them. */
export interface DecisionResult {
  /** "meets it" where it is not so. */
  readonly wrong: Share;
  /** "meets it" where it is so. */
  readonly shown: Share;
}

/** All of a size. */
export interface SizeResult {
  /** Of a data set. */
  readonly episodes: number;
  /** Mean effective sample size by policy. */
  readonly effectiveSampleSize: Readonly<Record<string, number>>;
  /** Data sets that support each policy. */
  readonly supported: Readonly<Record<string, Share>>;
  /** By quantity. */
  readonly quantities: readonly {
    readonly name: string;
    readonly estimators: readonly EstimatorResult[];
    readonly bound: BoundResult;
  }[];
  /** On "no worse than whoever acted". */
  readonly decision: DecisionResult;
}

/** A share this far outside of an interval is rounding. */
const ROUNDING = 1e-9;

function share(flags: readonly boolean[]): Share {
  const count = flags.filter((flag) => flag).length;
  if (flags.length === 0) {
    return { of: 0, count, share: null, low: null, high: null };
  }
  const [low, high] = shareInterval(count, flags.length);
  return { of: flags.length, count, share: count / flags.length, low, high };
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/**
 * Statistics of one size.
 *
 * @param cells One list a data set, in the order of {@link TARGETS}.
 * @param names Of the quantities.
 * @param acting What whoever acted is worth.
 */
export function sizeResult(
  episodes: number,
  cells: readonly (readonly FoundPolicy[])[],
  names: readonly string[],
  acting: Truth,
): SizeResult {
  const byTarget = <T>(of: (found: readonly FoundPolicy[]) => T) =>
    Object.fromEntries(
      TARGETS.map((name, k) => [name, of(cells.map((cell) => cell[k]))]),
    );
  return {
    episodes,
    effectiveSampleSize: byTarget((found) =>
      mean(found.map(({ episodes }) => episodes))!
    ),
    supported: byTarget((found) =>
      share(found.map(({ isSupported }) => isSupported))
    ),
    quantities: names.map((name, q) => ({
      name,
      estimators: ESTIMATORS.map((estimator, m) => {
        const policies = byTarget((found) => accuracy(found, q, m));
        const coverages = Object.values(policies).flatMap(({ coverage }) =>
          coverage.share ?? []
        );
        return {
          estimator,
          all: accuracy(cells.flat(), q, m),
          policies,
          lowestCoverage: coverages.length === 0
            ? null
            : Math.min(...coverages),
          ...selection(cells, q, m),
        };
      }),
      bound: {
        side: q === 0 ? ">=" : "<=",
        valid: share(cells.flat().map((found) => holds(found, q))),
        policies: byTarget((found) => share(found.map((one) => holds(one, q)))),
        errs: share(
          cells.flat().map((found) => found.isSupported && !holds(found, q)),
        ),
      },
    })),
    decision: decisions(cells.flat(), acting),
  };
}

function truthOf({ truth }: FoundPolicy, quantity: number): number {
  return quantity === 0 ? truth.value : truth.unsafe!;
}

function holds(found: FoundPolicy, q: number): boolean {
  const { bound } = found.quantities[q];
  if (bound === null) return true;
  const truth = truthOf(found, q);
  const margin = ROUNDING * Math.max(1, Math.abs(truth));
  return q === 0 ? bound <= truth + margin : bound >= truth - margin;
}

function accuracy(
  found: readonly FoundPolicy[],
  q: number,
  m: number,
): Accuracy {
  const errors = found.flatMap((one) => {
    const value = one.quantities[q].values[m];
    return value === null ? [] : [value - truthOf(one, q)];
  });
  const withInterval = found.flatMap((one) => {
    const interval = one.quantities[q].intervals[m];
    if (interval === null) return [];
    const [low, high] = interval;
    const truth = truthOf(one, q);
    const margin = ROUNDING * Math.max(1, Math.abs(truth));
    return [{
      isCovered: low <= truth + margin && truth - margin <= high,
      width: high - low,
      isSupported: one.isSupported,
    }];
  });
  const squares = mean(errors.map((error) => error * error));
  return {
    defined: errors.length,
    bias: mean(errors),
    rmse: squares === null ? null : Math.sqrt(squares),
    coverage: share(withInterval.map(({ isCovered }) => isCovered)),
    coverageSupported: share(
      withInterval.filter(({ isSupported }) => isSupported)
        .map(({ isCovered }) => isCovered),
    ),
    width: mean(withInterval.map(({ width }) => width)),
  };
}

/** How well an estimator orders the policies; more is better of the value, less of what is unsafe. */
function selection(
  cells: readonly (readonly FoundPolicy[])[],
  q: number,
  m: number,
) {
  const sign = q === 0 ? 1 : -1;
  const correlations: number[] = [];
  const regrets: [number, number][] = [];
  for (const cell of cells) {
    const policies = cell.map((one) => ({
      truth: sign * truthOf(one, q),
      value: one.quantities[q].values[m],
    }));
    const defined = policies.flatMap(({ truth, value }) =>
      value === null ? [] : [{ truth, value: sign * value }]
    );
    const correlation = pearson(
      ranks(defined.map(({ value }) => value)),
      ranks(defined.map(({ truth }) => truth)),
    );
    if (correlation !== null) correlations.push(correlation);
    const best = Math.max(...policies.map(({ truth }) => truth));
    // Equal estimates keep the order of the policies, of which the first is the behaviour's.
    const chosen = defined.toSorted((a, b) => b.value - a.value);
    const regret = (k: number) =>
      best - Math.max(...chosen.slice(0, k).map(({ truth }) => truth));
    regrets.push([regret(1), regret(3)]);
  }
  return {
    rankCorrelation: mean(correlations),
    regret1: mean(regrets.map(([one]) => one))!,
    regret3: mean(regrets.map(([, three]) => three))!,
  };
}

/** Ranks from 1; equal values share the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}

/** null where one of them does not vary. */
function pearson(x: readonly number[], y: readonly number[]): number | null {
  const [mx, my] = [mean(x) ?? 0, mean(y) ?? 0];
  let [xy, xx, yy] = [0, 0, 0];
  x.forEach((value, i) => {
    xy += (value - mx) * (y[i] - my);
    xx += (value - mx) ** 2;
    yy += (y[i] - my) ** 2;
  });
  return xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy);
}

function decisions(
  found: readonly FoundPolicy[],
  acting: Truth,
): DecisionResult {
  const answers = found.map(({ truth, quantities, isSupported }) => {
    const [value, unsafe] = quantities;
    const isShown = isSupported &&
      (value.sharedBound ?? -Infinity) >= acting.value &&
      (acting.unsafe === null ||
        (unsafe.sharedBound ?? Infinity) <= acting.unsafe);
    const isSo = truth.value >= acting.value &&
      (acting.unsafe === null || truth.unsafe! <= acting.unsafe);
    return { isShown, isSo };
  });
  const shown = (isSo: boolean) =>
    share(
      answers.filter((answer) => answer.isSo === isSo)
        .map(({ isShown }) => isShown),
    );
  return { wrong: shown(false), shown: shown(true) };
}

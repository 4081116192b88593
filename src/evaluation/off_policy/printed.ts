/**
 * Which intervals people are shown.
 *
 * @module
 */
import type { EstimatorName } from "./estimates.ts";
import { isCalibrated, type PropensitySource } from "./support.ts";

/**
 * Estimators whose interval of 95 % holds the truth in at least 93 % of data sets, for every policy, world and
 * size of the published calibration. A test holds this list against its tables in docs/calibration.md; the
 * other intervals are in `--json` and `metrics.json` alone.
 */
export const PRINTED_INTERVALS: readonly EstimatorName[] = ["is"];

/**
 * Whether people are shown an interval. Where propensities are counted and the data do not support the
 * policy, none is valid: the calibration's sepsis simulator, whose hidden cause drives the actions. With
 * cloned propensities nothing was calibrated.
 */
export function isPrinted(
  estimator: EstimatorName,
  source: PropensitySource,
  isSupported: boolean,
): boolean {
  return PRINTED_INTERVALS.includes(estimator) && isCalibrated(source) &&
    (isSupported || source !== "counts");
}

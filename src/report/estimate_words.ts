/**
 * What off-policy estimates are called.
 *
 * @module
 */
import type {
  EstimatorName,
  QuantityEstimates,
} from "../evaluation/off_policy/estimates.ts";
import type { OffPolicyEvaluation } from "../evaluation/off_policy/evaluate.ts";

/** What people call the estimators. */
export const ESTIMATOR_WORDS: Readonly<Record<EstimatorName, string>> = {
  is: "importance sampling",
  wis: "weighted importance sampling",
  pdis: "per-decision importance sampling",
  wpdis: "weighted per-decision",
  pluginPessimistic: "model, unseen pairs at their worst",
  plugin: "model, unseen pairs worth 0",
  fqe: "fitted Q evaluation",
  dr: "doubly robust",
  wdr: "weighted doubly robust",
};

/** What is estimated, in words, and its estimates. */
export function quantitiesOf(
  { estimates, settings }: Pick<OffPolicyEvaluation, "estimates" | "settings">,
): [name: string, estimates: QuantityEstimates][] {
  return [
    ["return", estimates.return],
    [`return, discount ${settings.discount}`, estimates.discountedReturn],
    ["length", estimates.length],
    ...Object.entries(estimates.outcomes),
  ];
}

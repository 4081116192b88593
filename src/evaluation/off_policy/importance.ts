/**
 * Importance sampling: returns of logged episodes, weighted.
 *
 * @module
 */
import type { Log } from "./log.ts";
import { episodeReturns, type Quantity } from "./quantity.ts";
import type { Weights } from "./weights.ts";

/** [E] w · G of each episode; importance sampling (IS) is their mean (Precup, Sutton and Singh 2000). */
export function trajectoryTerms(
  log: Log,
  quantity: Quantity,
  { last }: Weights,
): Float64Array {
  return episodeReturns(log, quantity).map((g, e) => last[e] * g);
}

/** [E] Σ γ^t w_t r_t of each episode; per-decision importance sampling (PDIS) is their mean (ibid.). */
export function perDecisionTerms(
  log: Log,
  { rewards, discount }: Quantity,
  { weight }: Weights,
): Float64Array {
  const weighted = rewards.map((r, i) => weight[i] * r);
  return episodeReturns(log, { rewards: weighted, discount });
}

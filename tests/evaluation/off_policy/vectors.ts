import { countedPropensities } from "../../../src/evaluation/off_policy/propensities.ts";
import { baseline } from "../../../src/evaluation/off_policy/doubly_robust.ts";
import type { Log } from "../../../src/evaluation/off_policy/log.ts";
import {
  type Pairs,
  pairsOf,
} from "../../../src/evaluation/off_policy/pairs.ts";
import {
  countedModel,
  endlessValue,
  plugInValue,
  targetOnPairs,
} from "../../../src/evaluation/off_policy/plug_in.ts";
import type { Quantity } from "../../../src/evaluation/off_policy/quantity.ts";
import {
  type EpisodeSums,
  episodeSums,
  WEIGHTED,
} from "../../../src/evaluation/off_policy/sums.ts";
import {
  effectiveSampleSize,
  importanceWeights,
} from "../../../src/evaluation/off_policy/weights.ts";

/** What a pair without a sample is worth, by the name in the vectors. */
export function fills(
  horizon: number,
  discount: number,
  lowest: number,
  hazard: number,
): Record<string, Float64Array> {
  const constant = (value: number) => new Float64Array(horizon + 1).fill(value);
  const everyStep = new Float64Array(horizon + 1);
  for (let h = 1; h <= horizon; h++) {
    everyStep[h] = lowest + discount * everyStep[h - 1];
  }
  return {
    zero: constant(0),
    worst_reward: constant(lowest),
    worst_reward_every_step: everyStep,
    hazard: constant(hazard),
  };
}

/** Each episode once. */
export const once = (log: Log): Float64Array =>
  new Float64Array(log.offsets.length - 1).fill(1);

/** Counted propensities of a log. */
export const counted = (log: Log, pairs: Pairs): Float64Array =>
  countedPropensities(log, pairs);

/** An estimate as a function of how often each episode counts, [E]; null where it is not defined. */
type Estimator = (multiplicity: Float64Array) => number | null;

/** One of the weighted estimates. */
function estimator(
  sums: EpisodeSums,
  name: typeof WEIGHTED[number],
): Estimator {
  return (multiplicity) => {
    const total = new Float64Array(sums.size);
    multiplicity.forEach((times, e) => sums.add(e, times, total));
    const found = new Float64Array(sums.count);
    sums.finish(total, found);
    const value = found[WEIGHTED.indexOf(name)];
    return Number.isNaN(value) ? null : value;
  };
}

/** The importance samplers of the vectors, as functions of the episodes' multiplicities. */
export function samplers(
  log: Log,
  quantity: Quantity,
  target: Float64Array,
  propensities: Float64Array,
): Record<"IS" | "WIS" | "PDIS" | "WPDIS", Estimator> {
  const weights = importanceWeights(log, target, propensities);
  const none = new Float64Array(log.actions.length);
  const values = { actionValues: none, values: none };
  const sums = episodeSums(log, weights, [{ quantity, values }]);
  return {
    IS: estimator(sums, "is"),
    WIS: estimator(sums, "wis"),
    PDIS: estimator(sums, "pdis"),
    WPDIS: estimator(sums, "wpdis"),
  };
}

/** The models of the vectors, as functions of the episodes' multiplicities. */
export function models(
  log: Log,
  pairs: Pairs,
  quantity: Quantity,
  target: Float64Array,
  horizon: number,
  unseen: Record<string, Float64Array>,
): Record<string, Estimator> {
  const fit = (multiplicity: Float64Array) => {
    const model = countedModel(log, pairs, quantity, multiplicity);
    return { model, policy: targetOnPairs(log, pairs, model, target) };
  };
  const { discount } = quantity;
  const value = (fill: Float64Array | "mask"): Estimator => (multiplicity) => {
    const { model, policy } = fit(multiplicity);
    return plugInValue(log, pairs, model, policy, discount, horizon, fill);
  };
  return {
    ...Object.fromEntries(
      Object.entries(unseen).map(([name, fill]) => [`MB_${name}`, value(fill)]),
    ),
    MB_mask: value("mask"),
    FQE: value(unseen.zero),
    ...(discount < 1 && {
      FQE_no_horizon: (multiplicity: Float64Array) => {
        const { model, policy } = fit(multiplicity);
        return endlessValue(log, pairs, model, policy, discount);
      },
    }),
  };
}

/** Every estimate of the vectors by its name. */
export function estimates(
  log: Log,
  quantity: Quantity,
  target: Float64Array,
  logged: Float64Array | undefined,
  horizon: number,
  unseen: Record<string, Float64Array>,
): Record<string, number | null> {
  const pairs = pairsOf(log);
  const propensities = logged ?? counted(log, pairs);
  const weights = importanceWeights(log, target, propensities);
  const all = {
    ...samplers(log, quantity, target, propensities),
    ...models(log, pairs, quantity, target, horizon, unseen),
  };
  const found: Record<string, number | null> = {
    ESS: effectiveSampleSize(weights),
    weight_sum: weights.last.reduce((sum, w) => sum + w, 0),
    weight_max: weights.last.reduce((most, w) => Math.max(most, w), 0),
    episodes_with_positive_weight: weights.last.filter((w) => w > 0).length,
  };
  for (const [name, estimator] of Object.entries(all)) {
    found[name] = estimator(once(log));
  }
  const model = countedModel(log, pairs, quantity, once(log));
  const policy = targetOnPairs(log, pairs, model, target);
  for (const name of ["zero", "hazard"]) {
    const into = {
      actionValues: new Float64Array(log.actions.length),
      values: new Float64Array(log.actions.length),
    };
    const { discount } = quantity;
    baseline(log, pairs, model, policy, discount, horizon, unseen[name], into);
    const sums = episodeSums(log, weights, [{ quantity, values: into }]);
    found[`DR_${name}`] = estimator(sums, "dr")(once(log));
    found[`WDR_${name}`] = estimator(sums, "wdr")(once(log));
  }
  return found;
}

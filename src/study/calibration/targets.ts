/**
 * The policies that a calibration evaluates. All of them see what the log shows.
 *
 * @module
 */
import { collectDataset } from "../../dataset/collect.ts";
import type { Dataset } from "../../dataset/dataset.ts";
import { type Log, logOf } from "../../evaluation/off_policy/log.ts";
import { pairsOf } from "../../evaluation/off_policy/pairs.ts";
import { returnQuantity } from "../../evaluation/off_policy/quantity.ts";
import { referenceTarget } from "../../evaluation/off_policy/references.ts";
import { REFERENCE_GAMMA } from "../../evaluation/references.ts";
import { evaluateExactly } from "../../mdp/exact.ts";
import type { FiniteMdp } from "../../mdp/mdp.ts";
import { uniformPolicy } from "../../mdp/mix.ts";
import { optimalStationaryActions } from "../../mdp/optimal.ts";
import { greedyPolicy } from "../../mdp/policy.ts";
import { valueName } from "../../evaluation/measures.ts";
import { randomStream } from "../../numerics/random.ts";
import {
  asObserved,
  countedForEver,
  inStates,
  keyOf,
  type ObservedWorld,
} from "./observed.ts";

/** The policies, in the order of every table; the last is another one in each data set. */
export const TARGETS = [
  "behaviour",
  "halfUniform",
  "fifthOptimal",
  "halfOptimal",
  "mostlyOptimal",
  "optimal",
  "learntFrom50",
  "learntFrom1000",
  "learntHere",
] as const;

/** Name of a policy. */
export type TargetName = typeof TARGETS[number];

/** What a policy is worth. */
export interface Truth {
  /** Expected return, discounted where the world comes with a discount. */
  readonly value: number;
  /** Probability of what is unsafe; null where no episode ends so. */
  readonly unsafe: number | null;
}

/** The end that a safe policy avoids; null where no episode ends unsafe. */
export function unsafeEnd({ outcomes }: FiniteMdp): string | null {
  return outcomes.find(({ ends, unsafe }) => ends && unsafe)?.name ?? null;
}

/**
 * Exact values of a policy of observations.
 *
 * @param policy [C, A]
 */
export function truthOf(
  mdp: FiniteMdp,
  world: ObservedWorld,
  policy: Float64Array,
): Truth {
  const found = evaluateExactly(mdp, inStates(world, policy, mdp.actionCount));
  const end = unsafeEnd(mdp);
  return {
    value: found[valueName(mdp)]!,
    unsafe: end === null ? null : found.outcomes[end],
  };
}

/** The policies that do not depend on the data set, [C, A] each, in the order of {@link TARGETS}. */
export function fixedTargets(
  mdp: FiniteMdp,
  world: ObservedWorld,
  behaviour: Float64Array,
  seed: number,
): Float64Array[] {
  const { actionCount } = mdp;
  const acting = asObserved(world, behaviour, actionCount);
  const uniform = asObserved(world, uniformPolicy(mdp), actionCount);
  const discount = Math.min(mdp.discount, REFERENCE_GAMMA);
  const best = greedyPolicy(
    optimalStationaryActions(countedForEver(mdp, world), discount),
    actionCount,
  );
  const mix = (a: Float64Array, share: number, b: Float64Array) =>
    a.map((p, i) => share * p + (1 - share) * b[i]);
  const learnt = (episodes: number) => {
    const drawn = seedOf(seed, `learning/${episodes}`);
    const dataset = collectDataset(mdp, behaviour, episodes, drawn);
    return learntPolicy(dataset, logOf(dataset), world, uniform);
  };
  return [
    acting,
    mix(acting, 0.5, uniform),
    mix(acting, 0.8, best),
    mix(acting, 0.5, best),
    mix(best, 0.8, uniform),
    best,
    learnt(50),
    learnt(1000),
  ];
}

/** The plan in the counts of a log, [C, A]; uniform in what it does not hold. */
export function learntPolicy(
  dataset: Dataset,
  log: Log,
  world: ObservedWorld,
  elsewhere: Float64Array,
): Float64Array {
  const { actionCount } = log;
  const plan = referenceTarget(
    log,
    pairsOf(log),
    returnQuantity(dataset, 1),
    "maximumLikelihoodModel",
  );
  const policy = elsewhere.slice();
  placesOf(log, world).forEach((place, u) =>
    policy.set(
      plan.subarray(u * actionCount, (u + 1) * actionCount),
      place * actionCount,
    )
  );
  return policy;
}

/** [U] the observation of each state of a log. */
function placesOf(
  { observations, observationSize: size, stateCount }: Log,
  { places }: ObservedWorld,
): Uint32Array {
  return Uint32Array.from(
    { length: stateCount },
    (_, u) =>
      places.get(keyOf(observations.subarray(u * size, (u + 1) * size)))!,
  );
}

/** A policy of observations, [C, A], in the states of a log: [U, A]. */
export function inLog(
  log: Log,
  world: ObservedWorld,
  policy: Float64Array,
): Float64Array {
  const { actionCount } = log;
  const target = new Float64Array(log.stateCount * actionCount);
  placesOf(log, world).forEach((place, u) =>
    target.set(
      policy.subarray(place * actionCount, (place + 1) * actionCount),
      u * actionCount,
    )
  );
  return target;
}

/** A seed of its own for everything that is drawn. */
export function seedOf(seed: number, name: string): number {
  return Math.floor(
    randomStream(seed, `calibration/${name}`).uniform() * 2 ** 32,
  );
}

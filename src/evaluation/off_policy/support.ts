/**
 * What the data say about a policy at all, before what it is worth.
 *
 * @module
 */
import { meanAtLeast } from "./betting.ts";
import type { Interval } from "./intervals.ts";
import type { Log } from "./log.ts";
import { episodeCount } from "./log.ts";
import type { MarkovTest } from "./markov.ts";
import type { Pairs } from "./pairs.ts";
import { countedModel, plugInValue, targetOnPairs } from "./plug_in.ts";
import { effectiveSampleSize, type Weights } from "./weights.ts";

/** Pairs seen less often count as rarely seen. */
const RARE = 5;

/** Where more of the log is rare than this, observations hardly repeat, and counts say nothing. */
export const MOST_UNCOUNTED = 0.5;

/** Share of a log's steps that are on pairs seen at most so often, by default rarely. */
export function rareShareOf(
  { pairOf, count }: Pairs,
  most: number = RARE - 1,
): number {
  const visits = new Uint32Array(count);
  for (const pair of pairOf) visits[pair]++;
  const rare = visits.reduce((sum, n) => n <= most ? sum + n : sum, 0);
  return rare / pairOf.length;
}

/** Where the probabilities of the logged actions come from. */
export type PropensitySource = "column" | "counts" | "clone" | "policy";

/** Whether the calibration measured how often intervals and bounds hold with such propensities. */
export function isCalibrated(source: PropensitySource): boolean {
  return source !== "clone";
}

/** How far a policy stays where the data are. */
export interface Support {
  /** Of how many episodes of its own the weighted episodes are worth. */
  readonly effectiveSampleSize: number;
  /** Episodes that the policy could have made. */
  readonly episodesWithWeight: number;
  /** What the mean weight of episodes is at least, at a level of 0.001; it is 1, or less for actions never taken. */
  readonly meanWeightAtLeast: number;
  /** Expected steps of an episode in the counted model, up to its first decision that the data do not hold. */
  readonly expectedSteps: number;
  /** Of these, steps on pairs seen fewer than 5 times or never. */
  readonly stepsOnRarePairs: number;
  /** Share of the log's own steps that are on such pairs: near 1 where observations hardly repeat. */
  readonly rareShareOfLog: number;
  /**
   * Share of the log's steps on pairs seen once: with about this probability whoever acted would next do what the
   * log does not hold (Good 1953, "The population frequencies of species").
   */
  readonly unseenShareOfLog: number;
  /** Probability that an episode comes to a decision that the data do not hold, in the counted model. */
  readonly probabilityOfUnseenPair: number;
  /** Share of the policy's decisions in the log's own steps that the data do not hold. */
  readonly decisionsWithoutData: number;
  /** The largest action value of the policy, if it has action values. */
  readonly largestActionValue: number | null;
  /** The largest return that the rewards in the data allow. */
  readonly largestReturn: number;
  /** Does what follows a step depend on the step before it? */
  readonly outcomeDependence: MarkovTest;
  /** Does the logged action? */
  readonly actionDependence: MarkovTest;
}

/** What {@link supportOf} takes from elsewhere. */
export type GivenSupport = Pick<
  Support,
  "largestActionValue" | "outcomeDependence" | "actionDependence"
>;

/**
 * Measures the support of a policy.
 *
 * @param target [U, A]
 * @param horizon H
 * @param allowed See `allowedReturns`, of the return with the discount of the action values.
 */
export function supportOf(
  log: Log,
  pairs: Pairs,
  target: Float64Array,
  weights: Weights,
  horizon: number,
  allowed: Interval,
  given: GivenSupport,
): Support {
  const once = new Float64Array(episodeCount(log)).fill(1);
  const quantity = {
    rewards: new Float64Array(log.actions.length),
    discount: 1,
  };
  const model = countedModel(log, pairs, quantity, once);
  const policy = targetOnPairs(log, pairs, model, target);
  const value = (ofPair: (visits: number) => number, unseen: Float64Array) =>
    plugInValue(
      log,
      pairs,
      { ...model, reward: model.visits.map(ofPair) },
      policy,
      1,
      horizon,
      unseen,
    );
  const one = new Float64Array(horizon + 1).fill(1);
  let without = 0;
  for (const s of log.states) without += policy.unseen[s];
  return {
    effectiveSampleSize: effectiveSampleSize(weights),
    episodesWithWeight: weights.last.filter((w) => w > 0).length,
    meanWeightAtLeast: meanAtLeast(weights.last, WEIGHT_LEVEL),
    expectedSteps: value(() => 1, one),
    stepsOnRarePairs: value((visits) => visits < RARE ? 1 : 0, one),
    rareShareOfLog: rareShareOf(pairs),
    unseenShareOfLog: rareShareOf(pairs, 1),
    probabilityOfUnseenPair: value(() => 0, one),
    decisionsWithoutData: without / log.states.length,
    largestReturn: allowed[1],
    ...given,
  };
}

/** Fewer effective episodes than this support no figure: two or three of them decide it. */
const FEWEST_EPISODES = 10;
/**
 * A policy is one of another place where its share of steps on rarely seen pairs is above twice the log's own and
 * this. (Whoever acted comes to pairs not seen as well: their share is about the log's own.)
 */
const MOST_RARE = 0.05;
/** The same for decisions that the data do not hold, of the steps of an episode: above thrice the log's and this. */
const MOST_UNSEEN = 0.01;
/** By how much of itself the largest return may be exceeded by an action value: networks err. */
const VALUE_MARGIN = 0.2;
/** Level at which weights may contradict their propensities by chance. */
const WEIGHT_LEVEL = 0.001;
/** Level of each of the two tests of the past. */
const LEVEL = 0.025;

/**
 * Why a policy is not supported by the data, one line each; none where it is.
 *
 * @param source Where the propensities come from.
 */
export function unsupported(
  support: Support,
  source: PropensitySource,
): string[] {
  const found: string[] = [];
  const {
    effectiveSampleSize: ess,
    episodesWithWeight,
    meanWeightAtLeast,
    stepsOnRarePairs,
    expectedSteps,
    rareShareOfLog,
    largestActionValue: value,
    largestReturn,
  } = support;
  if (meanWeightAtLeast > 1) {
    found.push(
      `the propensities are not those of whoever acted: the weights of episodes are ${
        meanWeightAtLeast.toPrecision(3)
      } or more in the mean, where right ones make it 1`,
    );
  }
  if (ess < FEWEST_EPISODES) {
    found.push(
      `effective sample size ${ess.toFixed(2)}, below ${FEWEST_EPISODES}: ` +
        (episodesWithWeight === 0
          ? "no episode of the data could be the policy's"
          : "a few episodes decide every weighted estimate"),
    );
  }
  if (stepsOnRarePairs > (MOST_RARE + 2 * rareShareOfLog) * expectedSteps) {
    found.push(
      `${stepsOnRarePairs.toFixed(1)} of ${
        expectedSteps.toFixed(1)
      } expected steps on pairs seen fewer than ${RARE} times`,
    );
  }
  const unseen = support.probabilityOfUnseenPair;
  if (unseen > (MOST_UNSEEN + 3 * support.unseenShareOfLog) * expectedSteps) {
    found.push(
      `${
        (100 * unseen).toFixed(0)
      } % of episodes come to a decision that the data do not hold: no estimate sees what follows, however many data there are`,
    );
  }
  if (
    value !== null &&
    value > largestReturn + VALUE_MARGIN * Math.abs(largestReturn)
  ) {
    found.push(
      `largest action value ${
        value.toFixed(1)
      }, where the rewards in the data allow ${
        largestReturn.toFixed(1)
      } at most`,
    );
  }
  if (source === "counts" && rareShareOfLog > MOST_UNCOUNTED) {
    found.push(
      "the propensities are counted, but observations hardly repeat: log them, or clone who acted",
    );
  }
  const isEstimated = source === "counts" || source === "clone";
  if (isEstimated && support.actionDependence.pValue <= LEVEL) {
    found.push(
      "the propensities are estimated from the observations, but whoever acted used more than these",
    );
  }
  return found;
}

/** What makes estimates doubtful though the data support the policy, one line each. */
export function doubts(
  { outcomeDependence, actionDependence, rareShareOfLog }: Support,
  source: PropensitySource,
): string[] {
  const found: string[] = [];
  if (!isCalibrated(source)) {
    found.push(
      "the propensities are cloned: how often intervals and bounds then hold was never measured, so none is shown",
    );
  }
  if (rareShareOfLog > MOST_UNCOUNTED) {
    found.push(
      `observations hardly repeat (${
        (100 * rareShareOfLog).toFixed(0)
      } % of the steps are on pairs seen fewer than ${RARE} times): models of counts say nothing`,
    );
  }
  if (outcomeDependence.pValue <= LEVEL) {
    found.push(
      `the observation is no state: the step before still tells what follows (p = ${outcomeDependence.pValue}); ` +
        "estimates by a model are not to be trusted",
    );
  }
  if (actionDependence.pValue <= LEVEL) {
    found.push(
      `whoever acted used more than the observation: the step before still tells the action (p = ${actionDependence.pValue}); ` +
        "counted and cloned propensities are not those of the actions",
    );
  }
  return found;
}

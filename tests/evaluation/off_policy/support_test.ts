import { deepEqual, equal, match } from "node:assert/strict";
import { datasetFromArrays } from "../../../src/dataset/formats/arrays.ts";
import { logOf } from "../../../src/evaluation/off_policy/log.ts";
import { pairsOf } from "../../../src/evaluation/off_policy/pairs.ts";
import { allowedReturns } from "../../../src/evaluation/off_policy/range.ts";
import {
  doubts,
  type Support,
  supportOf,
  unsupported,
} from "../../../src/evaluation/off_policy/support.ts";
import { importanceWeights } from "../../../src/evaluation/off_policy/weights.ts";

const test = { pValue: 0.5, compared: 100 };

/** 30 episodes from 0 by action 0 or 1 to 1, then to the end; one more by action 2. */
const actions = Array.from({ length: 30 }, (_, e) => [e % 2, 0]).flat();
const dataset = datasetFromArrays({
  observations: [...actions.map((_, i) => i % 2), 0],
  actions: [...actions, 2],
  rewards: [...actions.map((_, i) => i % 2 === 0 ? -1 : 4), -7],
  terminated: [...actions.map((_, i) => i % 2), 1],
  actionCount: 3,
});
const log = logOf(dataset);
const pairs = pairsOf(log);
const allowed = allowedReturns(dataset, 1, 2);

function support(
  target: number[],
  given: Partial<Pick<Support, "largestActionValue">> = {},
): Support {
  const policy = Float64Array.from(target);
  // In state 1 all take the same action.
  const propensities = Float64Array.from(log.states, (s) => s === 1 ? 1 : 0.5);
  const weights = importanceWeights(log, policy, propensities);
  return supportOf(log, pairs, policy, weights, 2, allowed, {
    largestActionValue: null,
    outcomeDependence: test,
    actionDependence: test,
    ...given,
  });
}

Deno.test("sums that the rewards allow: what ends and what goes on", () => {
  deepEqual(allowed, [-8, 4]);
  deepEqual(allowedReturns(dataset, 0.5, 3), [-7, 4]);
  deepEqual(allowedReturns(dataset, 0.5, 1), [-7, 4]);
});

Deno.test("steps on rare pairs and decisions without data, in the counted model", () => {
  const own = support([0.5, 0.5, 0, 1, 0, 0]);
  deepEqual(
    [own.expectedSteps, own.stepsOnRarePairs, own.probabilityOfUnseenPair],
    [2, 0, 0],
  );
  equal(own.rareShareOfLog, 1 / 61);
  equal(own.unseenShareOfLog, 1 / 61);
  deepEqual(unsupported(own, "column"), []);
  // Half of the time the rare action, else in 1 half of the time one never taken.
  const odd = support([0.5, 0, 0.5, 0.5, 0.5, 0]);
  deepEqual(
    [odd.expectedSteps, odd.stepsOnRarePairs, odd.probabilityOfUnseenPair],
    [1.5, 0.75, 0.25],
  );
  equal(odd.decisionsWithoutData, 0.5 * 30 / 61);
  const [rare, unseen, ...more] = unsupported(odd, "column");
  match(rare, /^0.8 of 1.5 expected steps on pairs seen fewer than 5 times/);
  match(unseen, /^25 % of episodes come to a decision that the data do not/);
  equal(more.length, 0);
});

Deno.test("an action value beyond what rewards allow is an alarm", () => {
  const own = [0.5, 0.5, 0, 1, 0, 0];
  const reasons = (largestActionValue: number) =>
    unsupported(support(own, { largestActionValue }), "column");
  deepEqual(reasons(4.7), []);
  match(reasons(4.9)[0], /^largest action value 4.9, where .* allow 4.0 at/);
});

Deno.test("a past that tells the action makes estimated propensities useless", () => {
  const own = support([0.5, 0.5, 0, 1, 0, 0]);
  const hidden = { ...own, actionDependence: { pValue: 0.001, compared: 9 } };
  deepEqual(unsupported(hidden, "column"), []);
  equal(unsupported(hidden, "counts").length, 1);
  equal(unsupported(hidden, "clone").length, 1);
  equal(doubts(hidden, "counts").length, 1);
  const continuous = { ...own, rareShareOfLog: 0.9 };
  equal(unsupported(continuous, "counts").length, 1);
  deepEqual(unsupported(continuous, "clone"), []);
  match(doubts(continuous, "column")[0], /^observations hardly repeat \(90 %/);
  match(doubts(continuous, "clone")[0], /are cloned: .* never measured/);
});

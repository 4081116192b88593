import assert from "node:assert/strict";
import {
  binomialTail,
  checkAgreement,
} from "../../src/evaluation/agreement.ts";
import { rollOut } from "../../src/evaluation/rollout.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import {
  gridworldMdp,
  resolveGridworld,
} from "../../src/environments/gridworld.ts";
import { optimalStationaryActions } from "../../src/mdp/optimal.ts";
import { greedyPolicy } from "../../src/mdp/policy.ts";

function close(actual: number, expected: number): void {
  assert.ok(
    Math.abs(actual / expected - 1) < 1e-10,
    `${actual} is not ${expected}`,
  );
}

Deno.test("binomial tails against sums of binomial coefficients", () => {
  // Computed in Python: min(sum(pmf[:k+1]), sum(pmf[k:])), pmf by math.comb.
  close(binomialTail(30, 0.05, 3), 0.18782118685303942);
  close(binomialTail(30, 2.4e-5, 1), 0.0007197494961163483);
  close(binomialTail(30, 0.9, 20), 0.0004543551149053818);
  close(binomialTail(1000, 0.3, 300), 0.5119274840071203);
  assert.equal(binomialTail(3, 0.5, 0), 0.125);
  assert.equal(binomialTail(30, 0, 0), 1);
  assert.equal(binomialTail(30, 0, 1), 0);
  assert.equal(binomialTail(30, 1, 30), 1);
  assert.equal(binomialTail(30, 1, 29), 0);
});

const mdp = gridworldMdp(resolveGridworld({
  size: 15,
  maxSteps: 80,
  slipProbability: 0.05,
  start: [0, 0],
  goal: [14, 14],
  hazards: null,
}, 42));
const actions = optimalStationaryActions(mdp, 0.99);
const exact = evaluateExactly(mdp, greedyPolicy(actions, 4));

Deno.test("rollouts of the same policy and world agree", () => {
  console.log("seeds 0 to 19");
  for (let seed = 0; seed < 20; seed++) {
    for (const episodes of [1, 30, 1000]) {
      const agreement = checkAgreement(
        rollOut(mdp, actions, episodes, seed),
        exact,
      );
      assert.ok(agreement.agrees, JSON.stringify(agreement));
      assert.equal(
        agreement.distanceLimit,
        2.6933861344527097 / Math.sqrt(episodes),
      );
    }
  }
});

Deno.test("another world or too many hazards do not", () => {
  // A little more slip shifts the return.
  const slippery = gridworldMdp(resolveGridworld({
    size: 15,
    maxSteps: 80,
    slipProbability: 0.15,
    start: [0, 0],
    goal: [14, 14],
    hazards: null,
  }, 42));
  assert.equal(
    checkAgreement(rollOut(slippery, actions, 1000, 1), exact).agrees,
    false,
  );
  // Every return one too low, no hazard too many.
  const right = rollOut(mdp, actions, 1000, 1);
  const shifted = checkAgreement({
    ...right,
    returns: right.returns.map((r) => r - 1),
  }, exact);
  assert.ok(shifted.unsafeTail > 0.001);
  assert.equal(shifted.agrees, false);
  // Three hazards of 30 move the distribution by a tenth only, but are far too many.
  const rollouts = rollOut(mdp, actions, 30, 1);
  const returns = rollouts.returns.slice();
  returns.fill(-110, 0, 3);
  const wrong = checkAgreement(
    { ...rollouts, returns, unsafeRate: 0.1 },
    exact,
  );
  assert.ok(wrong.distance! <= wrong.distanceLimit);
  assert.equal(wrong.agrees, false);
});

Deno.test("the distance of distribution functions by hand", () => {
  const half = {
    ...exact,
    distribution: {
      returns: Float64Array.of(0, 10),
      probabilities: Float64Array.of(0.5, 0.5),
    },
  };
  const rollouts = rollOut(mdp, actions, 4, 1);
  const distance = (...values: number[]) =>
    checkAgreement({ ...rollouts, returns: Float64Array.from(values) }, half)
      .distance;
  assert.equal(distance(0, 0, 10, 10), 0);
  assert.equal(distance(0, 0, 0, 10), 0.25);
  assert.equal(distance(5, 5, 5, 5), 0.5);
  assert.equal(distance(11, 11, 11, 11), 1);
  assert.equal(distance(-1, -1, -1, 10), 0.75);
});

import assert from "node:assert/strict";
import {
  type CountedModel,
  countModel,
} from "../../../src/algorithms/tabular/counted_model.ts";
import { duipi } from "../../../src/algorithms/tabular/duipi.ts";
import { lowerBound } from "../../../src/algorithms/tabular/lower_bound.ts";
import { maximumLikelihood } from "../../../src/algorithms/tabular/maximum_likelihood.ts";
import { ramdp } from "../../../src/algorithms/tabular/ramdp.ts";
import { rmin } from "../../../src/algorithms/tabular/rmin.ts";
import { softSpibb } from "../../../src/algorithms/tabular/soft_spibb.ts";
import { spibb } from "../../../src/algorithms/tabular/spibb.ts";
import { spibbAtMost } from "../../../src/algorithms/tabular/spibb_at_most.ts";
import { collectDataset } from "../../../src/dataset/collect.ts";
import { makeEnvironment } from "../../../src/run/problem.ts";
import type { Plan } from "./learners.ts";

/** By world and learner, [S, A]; and the counts. See tests/fixtures/README.md. */
const recorded: Record<string, Record<string, number[]>> = JSON.parse(
  Deno.readTextFileSync(
    new URL("../../fixtures/tabular/policies.json", import.meta.url),
  ),
);

const gamma = 0.95;
const soft = (
  variant: "approximate" | "advantageous" | "lower",
): Plan =>
(counted) =>
  softSpibb.plan(counted, { gamma, epsilon: 0.8, delta: 1, variant });
const plans: Record<string, Plan> = {
  "maximumLikelihood": (counted) => maximumLikelihood.plan(counted, { gamma }),
  "spibb": (counted) => spibb.plan(counted, { gamma, threshold: 4 }),
  "spibbAtMost": (counted) =>
    spibbAtMost.plan(counted, { gamma, threshold: 4 }),
  "softSpibb approximate": soft("approximate"),
  "softSpibb advantageous": soft("advantageous"),
  "softSpibb lower": soft("lower"),
  "duipi": (counted) =>
    duipi.plan(counted, { gamma, xi: 0.5, priorCount: 2.5 }),
  "ramdp": (counted) => ramdp.plan(counted, { gamma, kappa: 0.7 }),
  "rmin": (counted) => rmin.plan(counted, { gamma, threshold: 4 }),
  "lowerBound": (counted) => lowerBound.plan(counted, { gamma, width: 0.6 }),
};

function compare(counted: CountedModel, expected: Record<string, number[]>) {
  assert.deepEqual([...counted.counts], expected.counts);
  for (const [learner, plan] of Object.entries(plans)) {
    const policy = plan(counted);
    assert.equal(policy.length, expected[learner].length);
    expected[learner].forEach((p, pair) =>
      assert.ok(
        Math.abs(policy[pair] - p) <= 1e-9,
        `${learner}, pair ${pair}: ${policy[pair]} instead of ${p}`,
      )
    );
  }
}

Deno.test("the policies of eight trips on the river, the behaviour known", () => {
  const { mdp, behaviour } = makeEnvironment("wetChicken", {}, { seed: 7 });
  const data = collectDataset(mdp, behaviour, 8, 7);
  compare(countModel(data, mdp, { behaviour }), recorded.wetChicken);
});

Deno.test("the policies of sixty episodes among hazards, the behaviour counted", () => {
  const { mdp, behaviour } = makeEnvironment("gridworld", {
    size: 4,
    start: [0, 0],
    goal: [3, 3],
    hazards: [[1, 1], [2, 1]],
    maxSteps: 30,
  }, { seed: 7 });
  const data = collectDataset(mdp, behaviour, 60, 7);
  compare(countModel(data, mdp), recorded.gridworld);
});

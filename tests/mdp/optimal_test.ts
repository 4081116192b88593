import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import {
  gridworldMdp,
  resolveGridworld,
} from "../../src/environments/gridworld.ts";
import {
  discountedActionValues,
  optimalActions,
  optimalStationaryActions,
} from "../../src/mdp/optimal.ts";
import { greedyPolicy } from "../../src/mdp/policy.ts";
import { readSeed42 } from "../dataset/seed42.ts";

// States 0 and 2 act; 1 is the hazard and 3 the goal.
const tiny = gridworldMdp(resolveGridworld({
  size: 2,
  maxSteps: 3,
  slipProbability: 0.4,
  start: [0, 0],
  goal: [1, 1],
  hazards: [[0, 1]],
}, 0));

Deno.test("backward induction finds the best of all 4,096 policies", () => {
  let best = -Infinity;
  const actions = new Int32Array(12);
  for (let code = 0; code < 4 ** 6; code++) {
    for (let step = 0; step < 3; step++) {
      actions[step * 4] = (code >> (4 * step)) & 3;
      actions[step * 4 + 2] = (code >> (4 * step + 2)) & 3;
    }
    best = Math.max(
      best,
      evaluateExactly(tiny, actions).returnMean!,
    );
  }
  const found = evaluateExactly(tiny, optimalActions(tiny)).returnMean!;
  assert.ok(Math.abs(found - best) < 1e-12);
});

Deno.test("without chance the optimal policy takes the shortest way, and ties go to the lowest index", () => {
  const world = resolveGridworld(
    {
      size: 3,
      maxSteps: 5,
      slipProbability: 0,
      start: [0, 0],
      goal: [2, 2],
      hazards: [[0, 1]],
    },
    0,
  );
  const mdp = gridworldMdp(world);
  const actions = optimalActions(mdp);
  // At [1, 0] up and right are as good; at [2, 0] up; at [0, 0] up is the hazard.
  assert.deepEqual([actions[3], actions[6], actions[0]], [0, 0, 1]);
  const { returnMean, lengthMean } = evaluateExactly(
    mdp,
    greedyPolicy(actions, 4),
  );
  assert.deepEqual([returnMean, lengthMean], [47, 4]);
  const stationary = optimalStationaryActions(mdp, 0.9);
  assert.deepEqual([stationary[3], stationary[6], stationary[0]], [0, 0, 1]);
  // The value of the way by hand: -1 - 0.9 - 0.81 + 0.729 * 50.
  const q = discountedActionValues(
    mdp,
    0.9,
    (q, s) => Math.max(...q.subarray(4 * s, 4 * s + 4)),
  );
  assert.ok(Math.abs(q[1] - (-1 - 0.9 - 0.81 + 0.729 * 50)) < 1e-12);
  assert.equal(q[0], -100);
});

Deno.test("value iteration finds the best of all 16 stationary policies", () => {
  const gamma = 0.9;
  let best = -Infinity;
  for (let a = 0; a < 4; a++) {
    for (let b = 0; b < 4; b++) {
      const q = discountedActionValues(
        tiny,
        gamma,
        (q, s) => q[4 * s + (s === 0 ? a : b)],
      );
      best = Math.max(best, q[a]);
    }
  }
  const actions = optimalStationaryActions(tiny, gamma);
  const q = discountedActionValues(
    tiny,
    gamma,
    (q, s) => q[4 * s + actions[s]],
  );
  assert.ok(Math.abs(q[actions[0]] - best) < 1e-11);
  assert.throws(() => optimalStationaryActions(tiny, 1.5), InputError);
});

Deno.test("the optimal policy of the seed-42 world, to the published digits", () => {
  const mdp = gridworldMdp(readSeed42().world);
  const digits = (actions: Int32Array) => {
    const exact = evaluateExactly(mdp, greedyPolicy(actions, 4));
    return [
      exact.returnMean!.toFixed(4),
      exact.outcomes.hazard.toFixed(7),
      exact.outcomes.goal.toFixed(6),
      exact.lengthMean!.toFixed(3),
    ];
  };
  assert.deepEqual(digits(optimalActions(mdp)), [
    "21.6885",
    "0.0000242",
    "0.999976",
    "29.308",
  ]);
  assert.deepEqual(
    digits(optimalStationaryActions(mdp, 0.99)),
    ["21.6885", "0.0000255", "0.999975", "29.308"],
  );
});

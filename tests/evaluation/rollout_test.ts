import type { Cell } from "../../src/settings.ts";
import assert from "node:assert/strict";
import { collectDataset } from "../../src/dataset/collect.ts";
import { InputError } from "../../src/errors.ts";
import { checkAgreement } from "../../src/evaluation/agreement.ts";
import { actionMismatchRate } from "../../src/evaluation/mismatch.ts";
import { rollOut } from "../../src/evaluation/rollout.ts";
import { behaviourPolicy } from "../../src/environments/gridworld.ts";
import {
  gridworldMdp,
  resolveGridworld,
} from "../../src/environments/gridworld.ts";

import { evaluateExactly } from "../../src/mdp/exact.ts";
import { greedyPolicy } from "../../src/mdp/policy.ts";

function worldOf(hazards: Cell[], slipProbability: number, maxSteps = 20) {
  return resolveGridworld(
    {
      size: 4,
      maxSteps,
      slipProbability,
      start: [0, 0],
      goal: [3, 3],
      hazards,
    },
    0,
  );
}

/** Right to the edge, then up. */
const rightThenUp = Int32Array.from({ length: 16 }, (_, s) => s < 12 ? 1 : 0);

Deno.test("rollouts without chance", () => {
  const rollouts = (hazards: Cell[], maxSteps?: number) =>
    rollOut(gridworldMdp(worldOf(hazards, 0, maxSteps)), rightThenUp, 3, 9);
  assert.deepEqual(rollouts([]), {
    episodes: 3,
    returnMean: 45,
    returnStd: 0,
    lengthMean: 6,
    outcomeRates: { hazard: 0, goal: 1 },
    unsafeRate: 0,
    returns: Float64Array.of(45, 45, 45),
  });
  assert.deepEqual(rollouts([[3, 1]]), {
    episodes: 3,
    returnMean: -103,
    returnStd: 0,
    lengthMean: 4,
    outcomeRates: { hazard: 1, goal: 0 },
    unsafeRate: 1,
    returns: Float64Array.of(-103, -103, -103),
  });
  assert.deepEqual(rollouts([], 5), {
    episodes: 3,
    returnMean: -5,
    returnStd: 0,
    lengthMean: 5,
    outcomeRates: { hazard: 0, goal: 0 },
    unsafeRate: 0,
    returns: Float64Array.of(-5, -5, -5),
  });
});

Deno.test("rollouts are episode by episode, and two-valued returns have their known spread", () => {
  // One step: action 1 slips up into the hazard with probability 1/4.
  const world = resolveGridworld(
    {
      size: 2,
      maxSteps: 1,
      slipProbability: 1,
      start: [0, 0],
      goal: [1, 0],
      hazards: [[0, 1]],
    },
    0,
  );
  const mdp = gridworldMdp(world);
  const actions = new Int32Array(4).fill(1);
  const few = rollOut(mdp, actions, 10, 4);
  const more = rollOut(mdp, actions, 400, 4);
  assert.deepEqual(more.returns.subarray(0, 10), few.returns);
  assert.notDeepEqual(rollOut(mdp, actions, 400, 5).returns, more.returns);
  const { outcomeRates, returnMean, returnStd } = more;
  const { goal: g, hazard: h } = outcomeRates;
  assert.equal(more.unsafeRate, h);
  const values = [50, -100, -1];
  const shares = [g, h, 1 - g - h];
  const mean = values.reduce((sum, v, i) => sum + v * shares[i], 0);
  const variance = values.reduce(
    (sum, v, i) => sum + (v - mean) ** 2 * shares[i],
    0,
  );
  assert.ok(Math.abs(returnMean - mean) < 1e-10);
  assert.ok(Math.abs(returnStd - Math.sqrt(variance)) < 1e-10);
  assert.ok(Math.abs(g - 0.25) < 4 * Math.sqrt(0.25 * 0.75 / 400));
  assert.ok(Math.abs(h - 0.25) < 4 * Math.sqrt(0.25 * 0.75 / 400));
  assert.equal(more.lengthMean, 1);
  assert.throws(() => rollOut(mdp, actions, 0, 4), InputError);
});

Deno.test("rollouts of a policy that chooses by chance agree with its exact values; one that is certain rolls as its actions", () => {
  const world = worldOf([], 0.1);
  const mdp = gridworldMdp(world);
  const policy = behaviourPolicy(world, 0.4);
  const rollouts = rollOut(mdp, policy, 1_000, 1);
  const exact = evaluateExactly(mdp, policy);
  assert.ok(checkAgreement(rollouts, exact).agrees);
  const other = evaluateExactly(mdp, behaviourPolicy(world, 0));
  assert.ok(!checkAgreement(rollouts, other).agrees);
  const actions = new Int32Array(mdp.stateCount).fill(1);
  const certain = greedyPolicy(actions, mdp.actionCount);
  assert.deepEqual(
    rollOut(mdp, certain, 20, 3),
    rollOut(mdp, actions, 20, 3),
  );
  assert.throws(() => rollOut(mdp, policy.subarray(4), 3, 1), InputError);
});

Deno.test("the mismatch of a policy that chooses by chance is an expectation", () => {
  const world = worldOf([], 0.1);
  const policy = behaviourPolicy(world, 0.4);
  const data = collectDataset(gridworldMdp(world), policy, 30, 2);
  const n = data.actions.length;
  const ones = data.actions.filter((a) => a === 1).length;
  assert.equal(
    actionMismatchRate(data, () => [0.25, 0.75, 0, 0], n, 0),
    (0.25 * ones + 0.75 * data.actions.filter((a) => a === 0).length +
      data.actions.filter((a) => a > 1).length) / n,
  );
  assert.equal(
    actionMismatchRate(data, () => [0, 1, 0, 0], n, 0),
    (n - ones) / n,
  );
});

Deno.test("action mismatch over all transitions is counted", () => {
  const world = worldOf([], 0.1);
  const data = collectDataset(
    gridworldMdp(world),
    behaviourPolicy(world, 0.4),
    30,
    2,
  );
  const n = data.actions.length;
  const ones = data.actions.filter((a) => a === 1).length;
  assert.equal(actionMismatchRate(data, () => 1, n, 0), (n - ones) / n);
  assert.equal(actionMismatchRate(data, () => 1, 10 * n, 0), (n - ones) / n);
  // The lookup is given the row of the transition's own observation.
  const actionOfRow = new Int32Array(data.observations.length / 2).fill(-1);
  for (let e = 0; e < 30; e++) {
    for (let i = data.episodeOffsets[e]; i < data.episodeOffsets[e + 1]; i++) {
      actionOfRow[i + e] = data.actions[i];
    }
  }
  assert.equal(actionMismatchRate(data, (row) => actionOfRow[row], n, 0), 0);
  assert.throws(() => actionMismatchRate(data, () => 1, 0, 0), InputError);
});

Deno.test("mismatch samples are without replacement and from their own stream", () => {
  const world = worldOf([], 0.1);
  const data = collectDataset(
    gridworldMdp(world),
    behaviourPolicy(world, 0.4),
    30,
    2,
  );
  const rowsOf = (samples: number, seed: number) => {
    const rows: number[] = [];
    actionMismatchRate(data, (row) => rows.push(row), samples, seed);
    return rows;
  };
  const rows = rowsOf(100, 1);
  assert.equal(new Set(rows).size, 100);
  assert.deepEqual(rowsOf(50, 1), rows.slice(0, 50));
  assert.notDeepEqual(rowsOf(100, 2), rows);
});

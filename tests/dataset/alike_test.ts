import assert from "node:assert/strict";
import { withAllowedActions } from "../../src/dataset/allowed.ts";
import { collectDataset } from "../../src/dataset/collect.ts";
import { seenStates } from "../../src/dataset/states.ts";
import { summariseDataset } from "../../src/dataset/summary.ts";
import { countModel } from "../../src/algorithms/tabular/counted_model.ts";
import { referencePolicies } from "../../src/evaluation/references.ts";
import { mdpRows } from "../../src/mdp/build.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import type { FiniteMdp } from "../../src/mdp/mdp.ts";

// States 2 and 3 look alike; so do the ends 0 and 1, and 4 which is acted in. Action 0 loses, 1 wins.
const rows = mdpRows(5, 2);
for (const state of [2, 3, 4]) {
  for (const [action, reward] of [[0, -1], [1, 1]]) {
    rows.add(state, action, {
      probability: 1,
      nextState: action,
      reward,
      outcome: action + 1,
    });
  }
}
const mdp: FiniteMdp = {
  stateCount: 5,
  actionCount: 2,
  ...rows.finish(),
  outcomes: [
    { name: "loss", ends: true, unsafe: true },
    { name: "win", ends: true, unsafe: false },
  ],
  start: Float64Array.of(0, 0, 0.25, 0.25, 0.5),
  horizon: null,
  discount: 1,
  observations: Float32Array.of(0, 0, 7, 7, 0),
  observationSize: 1,
};
const behaviour = new Float64Array(10).fill(0.5);
const data = collectDataset(mdp, behaviour, 40, 1);
const wins = data.rewards.filter((reward) => reward === 1).length;

Deno.test("what happened is known where ends and states look alike", () => {
  assert.deepEqual([...seenStates(mdp)], [4, 4, 2, 2, 4]);
  assert.ok(wins > 0 && wins < 40);
  const { winRate, lossRate, distinctObservations } = summariseDataset(
    data,
    mdp,
  );
  assert.equal(winRate, wins / 40);
  assert.equal(lossRate, 1 - wins / 40);
  assert.equal(distinctObservations, 2);
});

Deno.test("reference policies do the same in states that look alike", () => {
  const { counts } = countModel(data, mdp);
  assert.deepEqual(counts.slice(4, 6), counts.slice(6, 8));
  assert.deepEqual([...counts.slice(0, 4)], [0, 0, 0, 0]);
  assert.equal(
    counts.slice(6, 10).reduce((sum, count) => sum + count),
    data.actions.length,
  );
  const { maximumLikelihoodModel, spibb } = referencePolicies(
    mdp,
    behaviour,
    data,
  );
  assert.equal(evaluateExactly(mdp, maximumLikelihoodModel).returnMean, 1);
  assert.deepEqual(spibb.slice(4, 6), spibb.slice(6, 8));
});

Deno.test("states that look alike and allow different actions say so in the data, or no data are taken", () => {
  const differ = {
    ...mdp,
    allowed: Uint8Array.of(1, 1, 1, 1, 1, 1, 0, 1, 1, 1),
  };
  assert.throws(
    () => withAllowedActions(data, differ),
    /states 2 and 3 of the environment look alike but allow different ones/,
  );
});

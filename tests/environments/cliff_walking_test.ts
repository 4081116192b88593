import { deepEqual, equal, ok } from "node:assert/strict";
import { startStates } from "../../src/mdp/mdp.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { collectDataset } from "../../src/dataset/collect.ts";
import { summariseDataset } from "../../src/dataset/summary.ts";
import { cliffWalking } from "../../src/environments/cliff_walking.ts";
import { rollOut } from "../../src/evaluation/rollout.ts";
import { unsafeByState } from "../../src/mdp/by_state.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import { optimalActions } from "../../src/mdp/optimal.ts";
import { greedyPolicy } from "../../src/mdp/policy.ts";
import { defaultsOf } from "../../src/settings.ts";

const settings = defaultsOf<Parameters<typeof cliffWalking.complete>[0]>(
  cliffWalking.settings,
);
const { detour, edge } = cliffWalking.behaviours;

const close = (actual: number, expected: number) =>
  ok(
    Math.abs(actual - expected) < 1e-12 * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );

Deno.test("the optimal policy takes thirteen steps along the edge (Sutton and Barto, example 6.6)", () => {
  const mdp = cliffWalking.mdp(settings);
  const best = evaluateExactly(mdp, greedyPolicy(optimalActions(mdp), 4));
  equal(best.returnMean, -13);
  equal(best.lengthMean, 13);
  deepEqual(best.outcomes, { fall: 0, goal: 1 });
  equal(evaluateExactly(mdp, edge(settings, 0)).returnMean, -13);
  equal(evaluateExactly(mdp, detour(settings, 0)).returnMean, -17);
});

Deno.test("a fall ends nothing and is counted once an episode", () => {
  // To the right for three steps: each is a fall, and the episode continues.
  const mdp = cliffWalking.mdp({ ...settings, maxSteps: 3 });
  const right = greedyPolicy(new Int32Array(mdp.stateCount).fill(1), 4);
  const exact = evaluateExactly(mdp, right);
  equal(exact.returnMean, -300);
  equal(exact.lengthMean, 3);
  equal(exact.timeoutProbability, 1);
  deepEqual(exact.outcomes, { fall: 1, goal: 0 });
  equal(exact.unsafeProbability, 1);
  const rollouts = rollOut(mdp, new Int32Array(mdp.stateCount).fill(1), 5, 0);
  deepEqual(rollouts.outcomeRates, { fall: 1, goal: 0 });
  const data = collectDataset(mdp, right, 4, 0);
  deepEqual([...data.terminated], new Array(12).fill(0));
  deepEqual([...data.truncated], [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]);
  const summary = summariseDataset(data, mdp);
  equal(summary.fallRate, 1);
  equal(summary.goalRate, 0);
});

Deno.test("on slippery ground: the probability of a first fall, against a count by hand", () => {
  // Three columns: one cliff cell. From the start, up and then right: a slip of the second step
  // leads down to the start or stays, one of the first to the left wall or onto the cliff.
  const slip = 0.2;
  const mdp = cliffWalking.mdp({
    ...settings,
    width: 3,
    height: 2,
    maxSteps: 1,
    slipProbability: slip,
  });
  const up = greedyPolicy(new Int32Array(mdp.stateCount), 4);
  close(evaluateExactly(mdp, up).outcomes.fall, slip / 2);
  // Two steps up: the second is made at the start (after the slip to the left) or above it, or
  // again at the start after a fall, which counts no second time.
  const twice = { ...mdp, horizon: 2 };
  close(
    evaluateExactly(twice, up).outcomes.fall,
    slip / 2 + slip / 2 * (slip / 2),
  );
  const risk = unsafeByState(twice, up);
  close(risk[3], slip / 2 + slip / 2 * (slip / 2));
});

Deno.test("the numbers of states and the drawing agree", () => {
  const drawing = cliffWalking.draw!(settings);
  const mdp = cliffWalking.mdp(settings);
  equal(drawing.cells.length, mdp.stateCount);
  deepEqual(drawing.cells[startStates(mdp)[0]], [...drawing.starts[0]]);
  equal(drawing.hazards.length, 10);
});

Deno.test("another environment starts from its own defaults, and keeps its name", () => {
  const config = resolveConfig("tutorial", {
    environment: { name: "cliffWalking", width: 6 },
    dataset: { behaviour: "edge" },
  });
  deepEqual(config.environment, {
    name: "cliffWalking",
    width: 6,
    height: 4,
    maxSteps: 100,
    slipProbability: 0,
  });
  equal(config.dataset.behaviour, "edge");
  deepEqual(resolveConfig("tutorial", config), config);
});

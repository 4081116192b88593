import { startStates } from "../../src/mdp/mdp.ts";
import type { Cell } from "../../src/settings.ts";
import assert from "node:assert/strict";
import { collectDataset } from "../../src/dataset/collect.ts";
import { datasetStates } from "../../src/dataset/states.ts";
import { summariseDataset } from "../../src/dataset/summary.ts";
import { InputError } from "../../src/errors.ts";
import { behaviourPolicy } from "../../src/environments/gridworld.ts";
import {
  gridworldMdp,
  resolveGridworld,
} from "../../src/environments/gridworld.ts";

function worldOf(
  hazards: Cell[] | null,
  slipProbability: number,
  maxSteps = 80,
  size = 15,
) {
  const goal: Cell = [size - 1, size - 1];
  const world = resolveGridworld(
    { size, maxSteps, slipProbability, start: [0, 0], goal, hazards },
    42,
  );
  return { world, mdp: gridworldMdp(world) };
}

Deno.test("the columns hold whole episodes with their final observations", () => {
  const { world, mdp } = worldOf(null, 0.05, 40);
  const policy = behaviourPolicy(world, 0.5);
  const data = collectDataset(mdp, policy, 200, 7);
  const n = data.actions.length;
  const e = data.episodeOffsets.length - 1;
  assert.equal(e, 200);
  assert.equal(data.episodeOffsets[e], n);
  assert.equal(data.observations.length, (n + e) * 2);
  for (const column of [data.rewards, data.terminated, data.truncated]) {
    assert.equal(column.length, n);
  }
  const states = datasetStates(data, mdp);
  const kinds = new Set<string>();
  for (let episode = 0; episode < e; episode++) {
    const first = data.episodeOffsets[episode];
    const last = data.episodeOffsets[episode + 1] - 1;
    assert.equal(states[first + episode], startStates(mdp)[0]);
    for (let i = first; i <= last; i++) {
      const [s, next] = [states[i + episode], states[i + episode + 1]];
      let possible = false;
      for (let k = 0; k < 4; k++) {
        const o = (s * 4 + data.actions[i]) * 4 + k;
        possible ||= mdp.nextState[o] === next &&
          mdp.reward[o] === data.rewards[i] &&
          (mdp.outcome[o] !== 0) === (data.terminated[i] === 1);
      }
      assert.ok(possible, `transition ${i} is impossible`);
      const cut = data.terminated[i] === 0 && i - first === 39;
      assert.equal(data.truncated[i], cut ? 1 : 0);
      assert.equal(data.terminated[i] + data.truncated[i], i === last ? 1 : 0);
    }
    kinds.add(`${data.rewards[last]} ${data.truncated[last]}`);
  }
  assert.deepEqual([...kinds].sort(), ["-1 1", "-100 0", "50 0"]);
});

Deno.test("an episode depends on its own number only", () => {
  const { world, mdp } = worldOf(null, 0.05);
  const policy = behaviourPolicy(world, 0.22);
  const few = collectDataset(mdp, policy, 3, 5);
  const more = collectDataset(mdp, policy, 6, 5);
  const n = few.actions.length;
  assert.deepEqual(more.actions.subarray(0, n), few.actions);
  assert.deepEqual(
    more.observations.subarray(0, (n + 3) * 2),
    few.observations,
  );
  const other = collectDataset(mdp, policy, 3, 6);
  assert.notDeepEqual(other.actions, few.actions);
});

Deno.test("actions are taken as often as the policy says", () => {
  const seed = 11;
  console.log(`seed ${seed}`);
  const { world, mdp } = worldOf([], 0.05);
  const data = collectDataset(mdp, behaviourPolicy(world, 0.22), 4000, seed);
  const counts = [0, 0, 0, 0];
  for (let e = 0; e < 4000; e++) counts[data.actions[data.episodeOffsets[e]]]++;
  [0.445, 0.445, 0.055, 0.055].forEach((p, a) => {
    const error = Math.abs(counts[a] / 4000 - p) /
      Math.sqrt(p * (1 - p) / 4000);
    assert.ok(error < 4, `action ${a}: ${error} standard errors off`);
  });
});

Deno.test("the summary of episodes without chance", () => {
  // No slip, epsilon 0: each episode takes 4 steps to the goal of a 3 x 3 grid.
  const open = worldOf([], 0, 80, 3);
  const data = collectDataset(open.mdp, behaviourPolicy(open.world, 0), 10, 1);
  assert.deepEqual(summariseDataset(data, open.mdp), {
    episodes: 10,
    transitions: 40,
    distinctObservations: new Set(datasetStates(data, open.mdp)).size - 1,
    returnMean: 47,
    returnStd: 0,
    cutEpisodes: 0,
    goalRate: 1,
    hazardRate: 0,
  });
  // Boxed in at the start: the first preferred action leads into the hazard at once.
  const boxed = worldOf([[0, 1], [1, 0]], 0, 80, 3);
  const lost = collectDataset(boxed.mdp, behaviourPolicy(boxed.world, 0), 4, 1);
  assert.deepEqual(summariseDataset(lost, boxed.mdp), {
    episodes: 4,
    transitions: 4,
    distinctObservations: 1,
    returnMean: -100,
    returnStd: 0,
    cutEpisodes: 0,
    goalRate: 0,
    hazardRate: 1,
  });
  // Time runs out.
  const short = worldOf([], 0, 3, 3);
  const cut = collectDataset(short.mdp, behaviourPolicy(short.world, 0), 4, 1);
  const summary = summariseDataset(cut, short.mdp);
  const { returnMean, cutEpisodes, goalRate, hazardRate } = summary;
  assert.deepEqual([returnMean, cutEpisodes, goalRate, hazardRate], [
    -3,
    4,
    0,
    0,
  ]);
});

Deno.test("the standard deviation divides by the number of episodes", () => {
  const { world, mdp } = worldOf([[0, 1]], 0, 80, 3);
  const policy = behaviourPolicy(world, 0);
  policy.set([0.5, 0.5, 0, 0]);
  const data = collectDataset(mdp, policy, 50, 3);
  const { returnMean, returnStd, goalRate, hazardRate } = summariseDataset(
    data,
    mdp,
  );
  assert.ok(goalRate > 0.2 && hazardRate > 0.2);
  assert.equal(goalRate + hazardRate, 1);
  // Two values, 47 and -100: variance p (1 - p) 147².
  assert.ok(Math.abs(returnMean - (47 * goalRate - 100 * hazardRate)) < 1e-12);
  assert.ok(
    Math.abs(returnStd - 147 * Math.sqrt(goalRate * hazardRate)) < 1e-12,
  );
});

Deno.test("data of another environment are refused", () => {
  const { world, mdp } = worldOf([], 0.05, 80, 5);
  const data = collectDataset(mdp, behaviourPolicy(world, 0.22), 5, 1);
  const refused = (change: object, pattern: RegExp) =>
    assert.throws(
      () => summariseDataset({ ...data, ...change }, mdp),
      (e) => e instanceof InputError && pattern.test(e.message),
    );
  refused(
    { observations: data.observations.map((v) => v + 0.5) },
    /is not a state/,
  );
  refused({ actionCount: 5 }, /5 actions/);
  refused({
    terminated: data.terminated.map((_, i) =>
      data.episodeOffsets.includes(i + 1) ? 1 : 0
    ),
    observations: data.observations.map(() => 1),
  }, /terminates where/);
  refused(
    { actions: data.actions.map(() => 7) },
    /episode 0, step 0: action 7 is outside 0 … 3/,
  );
  assert.throws(
    () => collectDataset(mdp, behaviourPolicy(world, 0.22), 0, 1),
    InputError,
  );
  assert.throws(
    () => collectDataset(mdp, new Float64Array(4), 1, 1),
    InputError,
  );
});

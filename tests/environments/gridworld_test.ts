import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { openEnvironment } from "../../src/mdp/stepping.ts";
import {
  cellState,
  type GridworldConfig,
  gridworldMdp,
  isHazard,
  resolveGridworld,
} from "../../src/environments/gridworld.ts";
import { outcomeByState } from "../../src/mdp/mdp.ts";
import { randomStream } from "../../src/numerics/random.ts";

const tutorial: GridworldConfig = {
  size: 15,
  maxSteps: 80,
  slipProbability: 0.05,
  start: [0, 0],
  goal: [14, 14],
  hazards: null,
};
const small: GridworldConfig = {
  size: 5,
  maxSteps: 10,
  slipProbability: 0.2,
  start: [0, 0],
  goal: [4, 4],
  hazards: [[2, 2], [1, 0], [2, 2]],
};

function mdpOf(config: GridworldConfig, seed = 0) {
  return gridworldMdp(resolveGridworld(config, seed));
}

/** Where the rule of the environment leads, written apart from the code under test. */
function moved(
  size: number,
  x: number,
  y: number,
  action: number,
): [number, number] {
  if (action === 0) y = y === size - 1 ? y : y + 1;
  if (action === 1) x = x === size - 1 ? x : x + 1;
  if (action === 2) y = y === 0 ? y : y - 1;
  if (action === 3) x = x === 0 ? x : x - 1;
  return [x, y];
}

Deno.test("every transition probability follows the slip rule", () => {
  const { size, slipProbability: slip } = small;
  const mdp = mdpOf(small);
  assert.equal(mdp.stateCount, 25);
  assert.equal(mdp.actionCount, 4);
  for (let x = 0; x < size; x++) {
    for (let y = 0; y < size; y++) {
      for (let a = 0; a < 4; a++) {
        const expected = new Float64Array(25);
        for (let b = 0; b < 4; b++) {
          const [nx, ny] = moved(size, x, y, b);
          expected[nx * size + ny] += (a === b ? 1 - slip : 0) + slip / 4;
        }
        const actual = new Float64Array(25);
        let sum = 0;
        for (let k = 0; k < 4; k++) {
          const i = ((x * size + y) * 4 + a) * 4 + k;
          actual[mdp.nextState[i]] += mdp.probability[i];
          sum += mdp.probability[i];
        }
        assert.deepEqual(actual, expected);
        assert.ok(Math.abs(sum - 1) <= 2 ** -52);
      }
    }
  }
});

Deno.test("observations are (x, y)", () => {
  const mdp = mdpOf(small);
  assert.equal(mdp.observations.length, 50);
  const s = cellState(5, 3, 1);
  assert.deepEqual([...mdp.observations.subarray(2 * s, 2 * s + 2)], [3, 1]);
});

Deno.test("entering a cell decides reward and outcome; the goal wins over a hazard", () => {
  const mdp = mdpOf({ ...small, hazards: [[2, 2], [4, 4]] });
  for (let i = 0; i < mdp.nextState.length; i++) {
    const cell = mdp.nextState[i];
    const kind = cell === 24 ? 2 : cell === 12 ? 1 : 0;
    assert.equal(mdp.outcome[i], kind);
    assert.equal(mdp.reward[i], [-1, -100, 50][kind]);
  }
  const entered = outcomeByState(mdp);
  assert.deepEqual([...entered].flatMap((e, s) => e ? [[s, e]] : []), [
    [12, 1],
    [24, 2],
  ]);
});

Deno.test("a cell is a hazard if it is listed and not the goal", () => {
  const world = resolveGridworld({ ...small, hazards: [[2, 2], [4, 4]] }, 0);
  assert.equal(isHazard(world, 2, 2), true);
  assert.equal(isHazard(world, 2, 3), false);
  assert.equal(isHazard(world, 4, 4), false);
});

Deno.test("given hazards are merged and ordered", () => {
  assert.deepEqual(resolveGridworld(small, 0).hazards, [[1, 0], [2, 2]]);
});

Deno.test("hazards are drawn by the rule from their own stream", () => {
  const merged: number[] = [];
  for (let seed = 0; seed < 50; seed++) {
    const stream = randomStream(seed, "hazards");
    const drawn = new Set<number>();
    for (let i = 0; i < 7; i++) {
      const x = 2 + Math.floor(stream.uniform() * 11);
      const y = 2 + Math.floor(stream.uniform() * 11);
      drawn.add(x * 15 + y);
    }
    const { hazards } = resolveGridworld(tutorial, seed);
    assert.deepEqual(new Set(hazards.map(([x, y]) => x * 15 + y)), drawn);
    assert.equal(hazards.length, drawn.size);
    if (drawn.size < 7) merged.push(seed);
    for (const cell of hazards) assert.ok(cell.every((c) => c >= 2 && c <= 12));
  }
  assert.ok(merged.length > 0, "no seed shows that duplicates are merged");
  // Size 5 leaves one cell: both draws hit it.
  assert.deepEqual(resolveGridworld({ ...small, hazards: null }, 3).hazards, [[
    2,
    2,
  ]]);
});

Deno.test("a configuration without sense is refused in one line", () => {
  const refused = (change: Partial<GridworldConfig>, pattern: RegExp) =>
    assert.throws(
      () => resolveGridworld({ ...small, ...change }, 0),
      (e) =>
        e instanceof InputError && pattern.test(e.message) &&
        !e.message.includes("\n"),
    );
  refused({ size: 1 }, /size is 1/);
  refused({ size: 5.5 }, /size is 5.5/);
  refused({ size: 100000 }, /size is 100000/);
  refused(
    { size: 4, goal: [3, 3], hazards: null },
    /too small to draw hazards/,
  );
  refused({ maxSteps: 0 }, /maxSteps is 0/);
  refused({ slipProbability: 1.01 }, /slipProbability is 1.01/);
  refused({ slipProbability: -0.1 }, /slipProbability is -0.1/);
  refused({ slipProbability: NaN }, /slipProbability is NaN/);
  refused({ start: [0, 5] }, /start is \[0,5\]/);
  refused({ goal: [-1, 4] }, /goal is \[-1,4\]/);
  refused({ goal: [0.5, 4] }, /goal is \[0.5,4\]/);
  refused({ goal: [0, 0] }, /both \[0,0\]/);
  refused({ hazards: [[1, 1], [5, 1]] }, /hazards\[1\] is \[5,1\]/);
  refused({ hazards: [[0, 0]] }, /start \[0,0\] is on a hazard/);
  refused(
    { start: [2, 2], hazards: null },
    /start \[2,2\] is on a hazard drawn with seed 0/,
  );
});

Deno.test("an episode without slip: steps, clipping, goal", () => {
  const env = openEnvironment(
    mdpOf({ ...small, slipProbability: 0, hazards: [] }),
  );
  assert.deepEqual([...env.reset(1)], [0, 0]);
  const path = [2, 3, 0, 0, 0, 0, 0, 1, 1, 1];
  const cells = [
    [0, 0],
    [0, 0],
    [0, 1],
    [0, 2],
    [0, 3],
    [0, 4],
    [0, 4],
    [1, 4],
    [2, 4],
    [3, 4],
  ];
  path.slice(0, 9).forEach((action, i) => {
    const { observation, ...rest } = env.step(action);
    assert.deepEqual([...observation], cells[i]);
    assert.deepEqual(rest, { reward: -1, terminated: false, truncated: false });
  });
  const last = env.step(path[9]);
  assert.deepEqual([...last.observation], cells[9]);
  assert.equal(last.truncated, true);
  assert.equal(last.terminated, false);
  assert.throws(() => env.step(0), InputError);
});

Deno.test("an episode that ends on the last step is terminated, not truncated", () => {
  const config = { ...small, slipProbability: 0, hazards: [], maxSteps: 8 };
  const env = openEnvironment(mdpOf(config));
  env.reset(1);
  for (const action of [0, 0, 0, 0, 1, 1, 1]) {
    assert.equal(env.step(action).terminated, false);
  }
  const { reward, terminated, truncated } = env.step(1);
  assert.deepEqual({ reward, terminated, truncated }, {
    reward: 50,
    terminated: true,
    truncated: false,
  });
});

Deno.test("entering a hazard ends the episode with its reward", () => {
  const env = openEnvironment(mdpOf({ ...small, slipProbability: 0 }));
  env.reset(1);
  const { observation, ...rest } = env.step(1);
  assert.deepEqual([...observation], [1, 0]);
  assert.deepEqual(rest, { reward: -100, terminated: true, truncated: false });
  assert.throws(() => env.step(1), InputError);
});

Deno.test("the episode interface refuses what it cannot do", () => {
  const env = openEnvironment(mdpOf(small));
  assert.throws(() => env.step(0), InputError);
  env.reset(0);
  assert.throws(() => env.step(4), InputError);
  assert.throws(() => env.step(0.5), InputError);
});

Deno.test("the same seed and actions give the same episode; other seeds differ", () => {
  const env = openEnvironment(
    mdpOf({ ...tutorial, slipProbability: 0.5, hazards: [] }),
  );
  const walk = (seed: number) => {
    env.reset(seed);
    return Array.from(
      { length: 20 },
      (_, i) => env.step(i % 2).observation.join(),
    );
  };
  assert.deepEqual(walk(1), walk(1));
  assert.notDeepEqual(walk(1), walk(2));
});

Deno.test("slips happen as often as stated", () => {
  const seed = 20260101;
  console.log(`seed ${seed}`);
  const env = openEnvironment(
    mdpOf({
      ...tutorial,
      start: [7, 7],
      hazards: [],
      maxSteps: 1,
      slipProbability: 0.2,
    }),
  );
  const n = 20000;
  const counts = new Map<string, number>();
  for (let i = 0; i < n; i++) {
    env.reset(seed + i);
    const to = env.step(1).observation.join();
    counts.set(to, (counts.get(to) ?? 0) + 1);
  }
  const expected = { "8,7": 0.85, "6,7": 0.05, "7,6": 0.05, "7,8": 0.05 };
  assert.equal(counts.size, 4);
  for (const [cell, p] of Object.entries(expected)) {
    const error = Math.abs(counts.get(cell)! / n - p) /
      Math.sqrt(p * (1 - p) / n);
    assert.ok(error < 4, `${cell}: ${error} standard errors off`);
  }
});

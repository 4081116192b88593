import type { Cell } from "../../src/settings.ts";
import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { behaviourPolicy } from "../../src/environments/gridworld.ts";
import { resolveGridworld } from "../../src/environments/gridworld.ts";

/** Probabilities at a cell of a 6 x 6 grid with these hazards, epsilon 0.2. */
function rowAt(cell: Cell, hazards: Cell[], goal: Cell = [5, 5]): number[] {
  const world = resolveGridworld(
    {
      size: 6,
      maxSteps: 9,
      slipProbability: 0.1,
      start: [0, 0],
      goal,
      hazards,
    },
    0,
  );
  const row = (cell[0] * 6 + cell[1]) * 4;
  return [...behaviourPolicy(world, 0.2).subarray(row, row + 4)];
}

/** epsilon / 4 everywhere and the rest shared among the chosen actions. */
function sharing(...chosen: number[]): number[] {
  return [0, 1, 2, 3].map((a) =>
    (chosen.includes(a) ? 0.8 / chosen.length : 0) + 0.05
  );
}

Deno.test("in the open both actions towards the goal share", () => {
  assert.deepEqual(rowAt([0, 0], []), sharing(0, 1));
  assert.deepEqual(rowAt([3, 3], [], [1, 2]), sharing(2, 3));
  assert.deepEqual(rowAt([3, 3], [], [1, 4]), sharing(0, 3));
});

Deno.test("in line with the goal one action is left", () => {
  assert.deepEqual(rowAt([5, 2], []), sharing(0));
  assert.deepEqual(rowAt([2, 5], []), sharing(1));
  // A corner that is not the goal's.
  assert.deepEqual(rowAt([5, 0], []), sharing(0));
});

Deno.test("beside a hazard the clear action is chosen", () => {
  assert.deepEqual(rowAt([2, 2], [[3, 2]]), sharing(0));
  assert.deepEqual(rowAt([2, 2], [[2, 3]]), sharing(1));
  // A hazard behind changes nothing.
  assert.deepEqual(rowAt([2, 2], [[1, 2], [2, 1]]), sharing(0, 1));
});

Deno.test("boxed in, the first preferred action is taken: x before y", () => {
  assert.deepEqual(rowAt([2, 2], [[3, 2], [2, 3]]), sharing(1));
  assert.deepEqual(rowAt([5, 2], [[5, 3]]), sharing(0));
  assert.deepEqual(rowAt([4, 4], [[2, 4], [3, 4], [4, 3]], [2, 2]), sharing(3));
});

Deno.test("a goal that is also a hazard is not a hazard", () => {
  assert.deepEqual(rowAt([4, 5], [[5, 5]]), sharing(1));
  assert.deepEqual(rowAt([5, 4], [[5, 5], [4, 4]]), sharing(0));
});

Deno.test("at the goal any action is as good, hazards or not", () => {
  const uniform = [0.25, 0.25, 0.25, 0.25];
  assert.deepEqual(rowAt([5, 5], []), uniform);
  assert.deepEqual(rowAt([3, 3], [[3, 4], [4, 3]], [3, 3]), uniform);
});

Deno.test("epsilon must be a probability", () => {
  const world = resolveGridworld(
    {
      size: 3,
      maxSteps: 9,
      slipProbability: 0,
      start: [0, 0],
      goal: [2, 2],
      hazards: [],
    },
    0,
  );
  for (const epsilon of [-0.1, 1.1, NaN]) {
    assert.throws(() => behaviourPolicy(world, epsilon), InputError);
  }
  assert.deepEqual([...behaviourPolicy(world, 1)], new Array(36).fill(0.25));
});

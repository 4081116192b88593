import { deepEqual } from "node:assert/strict";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import { close, openWorld, rowOf } from "./tables.ts";

const [UP, RIGHT, DOWN, LEFT] = [0, 1, 2, 3];
const at = (x: number, y: number) => 5 * y + x;

Deno.test("three quarters ahead, a tenth to either side, a twentieth back", () => {
  const { mdp } = openWorld("spibbGridworld");
  deepEqual(rowOf(mdp, at(1, 1), UP), [
    [0.75, at(1, 2), 0],
    [0.1, at(2, 1), 0],
    [0.05, at(1, 0), 0],
    [0.1, at(0, 1), 0],
  ]);
  deepEqual(rowOf(mdp, at(4, 3), UP), [
    [0.75, 24, 1, "goal"],
    [0.1, at(4, 3), 0],
    [0.05, at(4, 2), 0],
    // A wall on the left.
    [0.1, at(4, 3), 0],
  ]);
  deepEqual(rowOf(mdp, 24, UP), []);
});

Deno.test("two walls", () => {
  const { mdp, drawing } = openWorld("spibbGridworld");
  const walled: number[][] = [];
  for (let y = 0; y < 5; y++) {
    for (let x = 0; x < 4; x++) {
      const [[, next]] = rowOf(mdp, at(x, y), RIGHT);
      if (next === at(x, y)) walled.push([x, y]);
      const isGoal = at(x + 1, y) === 24;
      const back = isGoal ? null : rowOf(mdp, at(x + 1, y), LEFT)[0][1];
      if (back === at(x + 1, y)) deepEqual(walled.at(-1), [x, y]);
    }
    for (let x = 0; x < 5 && y < 4; x++) {
      deepEqual(rowOf(mdp, at(x, y), UP)[0][1], at(x, y + 1));
      if (y > 0) deepEqual(rowOf(mdp, at(x, y), DOWN)[0][1], at(x, y - 1));
    }
  }
  deepEqual(walled, [[2, 0], [2, 1], [2, 2], [3, 2], [3, 3]]);
  deepEqual(drawing!.walls, walled.map(([x, y]) => [[x, y], [x + 1, y]]));
});

Deno.test("the baseline: half the shortest way, half any action", () => {
  const { mdp, behaviour } = openWorld("spibbGridworld");
  const row = (x: number, y: number) => [
    ...behaviour.subarray(at(x, y) * 4, at(x, y) * 4 + 4),
  ];
  deepEqual(row(0, 0), [0.375, 0.375, 0.125, 0.125]);
  // Beside a wall, and behind both.
  deepEqual(row(2, 2), [0.625, 0.125, 0.125, 0.125]);
  deepEqual(row(3, 3), [0.625, 0.125, 0.125, 0.125]);
  deepEqual(row(3, 2), [0.625, 0.125, 0.125, 0.125]);
  const valueOf = (name?: string) => {
    const { behaviour } = openWorld("spibbGridworld", {}, name);
    return evaluateExactly(mdp, behaviour, { horizon: null })
      .discountedReturnMean;
  };
  close(valueOf(), 0.36006553924343415);
  // As NumPy has it from the paper's tables.
  close(valueOf("uniform"), 0.05221598337868828);
  close(valueOf("optimal"), 0.597741608668291);
});

import { deepEqual, equal } from "node:assert/strict";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import { close, openWorld, rowOf } from "./tables.ts";

const [DOWN, UP, RIGHT, LEFT, PICK_UP, LET_OUT] = [0, 1, 2, 3, 4, 5];
const [RED, GREEN, YELLOW, BLUE, RIDES] = [0, 1, 2, 3, 4];

const at = (row: number, column: number, passenger: number, to: number) =>
  ((row * 5 + column) * 5 + passenger) * 4 + to;

Deno.test("moves, walls and the edge of the town", () => {
  const { mdp } = openWorld("taxi");
  const leads = (row: number, column: number, action: number) => {
    const [[probability, next, reward]] = rowOf(
      mdp,
      at(row, column, GREEN, BLUE),
      action,
    );
    deepEqual([probability, reward], [1, -1]);
    return [Math.floor(next / 100), Math.floor(next / 20) % 5];
  };
  deepEqual(leads(2, 2, DOWN), [3, 2]);
  deepEqual(leads(2, 2, UP), [1, 2]);
  deepEqual(leads(2, 2, RIGHT), [2, 3]);
  deepEqual(leads(2, 2, LEFT), [2, 1]);
  deepEqual(leads(4, 2, DOWN), [4, 2]);
  deepEqual(leads(0, 2, UP), [0, 2]);
  deepEqual(leads(2, 4, RIGHT), [2, 4]);
  deepEqual(leads(2, 0, LEFT), [2, 0]);
  // Walls: right of column 1 in the upper two rows, of columns 0 and 2 in the lower two.
  for (const row of [0, 1]) deepEqual(leads(row, 1, RIGHT), [row, 1]);
  for (const row of [0, 1]) deepEqual(leads(row, 2, LEFT), [row, 2]);
  for (const row of [3, 4]) deepEqual(leads(row, 0, RIGHT), [row, 0]);
  for (const row of [3, 4]) deepEqual(leads(row, 3, LEFT), [row, 3]);
});

Deno.test("picking up and letting out, where one can and where one cannot", () => {
  const { mdp } = openWorld("taxi");
  const atBlue = at(4, 3, BLUE, RED);
  deepEqual(rowOf(mdp, atBlue, PICK_UP), [[1, at(4, 3, RIDES, RED), -1]]);
  deepEqual(rowOf(mdp, atBlue, LET_OUT), [[1, atBlue, -10]]);
  const riding = at(4, 0, RIDES, RED);
  deepEqual(rowOf(mdp, riding, PICK_UP), [[1, riding, -10]]);
  // At yellow, but the passenger wants to go to red.
  deepEqual(rowOf(mdp, riding, LET_OUT), [[1, at(4, 0, YELLOW, RED), -1]]);
  deepEqual(rowOf(mdp, at(0, 0, RIDES, RED), LET_OUT), [
    [1, at(0, 0, RED, RED), 20, "delivered"],
  ]);
  const nowhere = at(2, 2, RIDES, RED);
  deepEqual(rowOf(mdp, nowhere, LET_OUT), [[1, nowhere, -10]]);
});

Deno.test("in the rain a move drifts, but not through walls nor when it is blocked", () => {
  const { mdp } = openWorld("taxiRainy", { rainyProbability: 0.5 });
  const there = (row: number, column: number) => at(row, column, GREEN, BLUE);
  deepEqual(rowOf(mdp, there(2, 2), DOWN), [
    [0.5, there(3, 2), -1],
    [0.25, there(2, 3), -1],
    [0.25, there(2, 1), -1],
  ]);
  // A wall on the right.
  deepEqual(rowOf(mdp, there(0, 1), DOWN), [
    [0.5, there(1, 1), -1],
    [0.25, there(0, 1), -1],
    [0.25, there(0, 0), -1],
  ]);
  deepEqual(rowOf(mdp, there(0, 1), RIGHT), [
    [0.5, there(0, 1), -1],
    [0.25, there(0, 1), -1],
    [0.25, there(0, 1), -1],
  ]);
  deepEqual(rowOf(mdp, there(0, 4), PICK_UP), [
    [1, at(0, 4, RIDES, BLUE), -1],
  ]);
});

Deno.test("the shortest way is the optimum where it is dry: 7.93 in 13.07 steps", () => {
  for (const masked of [false, true]) {
    const { mdp, behaviour } = openWorld("taxi", { masked });
    const exact = evaluateExactly(mdp, behaviour);
    close(exact.returnMean, 7.93);
    close(exact.lengthMean, 13.07);
    close(exact.outcomes.delivered, 1);
  }
});

Deno.test("with the mask only what changes the state is allowed, in each policy too", () => {
  const { mdp } = openWorld("taxi", { masked: true });
  equal(mdp.allowed!.length, 3000);
  const allowedAt = (state: number) => [
    ...mdp.allowed!.subarray(state * 6, state * 6 + 6),
  ];
  deepEqual(allowedAt(at(0, 0, RED, GREEN)), [1, 0, 1, 0, 1, 0]);
  deepEqual(allowedAt(at(0, 0, RIDES, GREEN)), [1, 0, 1, 0, 0, 1]);
  deepEqual(allowedAt(at(3, 0, RIDES, GREEN)), [1, 1, 0, 0, 0, 0]);
  deepEqual(rowOf(mdp, at(0, 0, RED, GREEN), UP), []);
  for (const name of ["shortest", "uniform"]) {
    const { behaviour } = openWorld("taxi", { masked: true }, name, 0.5);
    for (let s = 0; s < 500; s++) {
      const row = behaviour.subarray(s * 6, s * 6 + 6);
      close(row.reduce((a, b) => a + b), 1);
      deepEqual([...row].map((p) => Number(p > 0)), allowedAt(s));
    }
  }
});

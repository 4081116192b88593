import { deepEqual, equal, throws } from "node:assert/strict";
import { collectDataset } from "../../src/dataset/collect.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import { close, openWorld, type Row, rowOf } from "./tables.ts";

const [DRIFT, HOLD, BACK, LEFT, RIGHT] = [0, 1, 2, 3, 4];

function sameRow(actual: Row, expected: Row) {
  deepEqual(
    actual.map(([, ...what]) => what),
    expected.map(([, ...what]) => what),
  );
  expected.forEach(([p], i) => close(actual[i][0], p, 1e-15));
}

Deno.test("at the left bank there is no current and a turbulence of 3.5", () => {
  const { mdp } = openWorld("wetChicken");
  sameRow(rowOf(mdp, 0, DRIFT), [
    [4 / 7, 0, 0],
    [1 / 7, 5, 1],
    [1 / 7, 10, 2],
    [1 / 7, 15, 3],
  ]);
  // From x = 4 the new x lies in 0.5 … 7.5, uniformly.
  sameRow(rowOf(mdp, 20, DRIFT), [
    [1 / 7, 5, 1],
    [1 / 7, 10, 2],
    [1 / 7, 15, 3],
    [1 / 7, 20, 4],
    [3 / 7, 0, 0, "fall"],
  ]);
  // Paddling moves that by one or two, and steering to the side.
  equal(rowOf(mdp, 20, HOLD).at(-1)![0], 2 / 7);
  close(rowOf(mdp, 20, BACK).at(-1)![0], 1 / 7);
  sameRow(rowOf(mdp, 20, RIGHT), [
    [1 / 7, 6, 1],
    [1 / 7, 11, 2],
    [1 / 7, 16, 3],
    [1 / 7, 21, 4],
    [3 / 7, 0, 0, "fall"],
  ]);
  sameRow(rowOf(mdp, 20, LEFT), rowOf(mdp, 20, DRIFT));
});

Deno.test("at the right bank the current is 2.4 and the turbulence 1.1", () => {
  const { mdp } = openWorld("wetChicken");
  // From x = 4: 5.3 … 7.5.
  sameRow(rowOf(mdp, 24, DRIFT), [[1, 0, 0, "fall"]]);
  // 3.3 … 5.5
  sameRow(rowOf(mdp, 24, BACK), [
    [0.2 / 2.2, 19, 3],
    [1 / 2.2, 24, 4],
    [1 / 2.2, 0, 0, "fall"],
  ]);
});

Deno.test("the heuristic goes to the middle and stays there", () => {
  const { behaviour } = openWorld("wetChicken");
  const actions = Array.from(
    { length: 25 },
    (_, s) => behaviour.subarray(s * 5, s * 5 + 5).indexOf(1),
  );
  deepEqual(actions, [
    ...[RIGHT, RIGHT, DRIFT, LEFT, LEFT],
    ...[RIGHT, RIGHT, HOLD, LEFT, LEFT],
    ...[RIGHT, RIGHT, BACK, LEFT, LEFT],
    ...new Array(10).fill(BACK),
  ]);
});

Deno.test("it never ends: without a horizon no data are collected, with one all are cut", () => {
  const endless = openWorld("wetChicken", { maxSteps: null });
  throws(
    () => collectDataset(endless.mdp, endless.behaviour, 1, 0),
    /environment.maxSteps/,
  );
  const { mdp, behaviour } = openWorld("wetChicken", { maxSteps: 7 });
  close(evaluateExactly(mdp, behaviour).timeoutProbability, 1);
  deepEqual(
    [...collectDataset(mdp, behaviour, 3, 0).episodeOffsets],
    [0, 7, 14, 21],
  );
});

import { deepEqual, equal, throws } from "node:assert/strict";
import { resolveConfig } from "../../src/config/resolve.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import { close, openWorld, rowOf } from "./tables.ts";

const [LEFT, DOWN, RIGHT, UP] = [0, 1, 2, 3];

Deno.test("slippery ice: a third to where it is meant to, a third to either side", () => {
  const { mdp } = openWorld("frozenLake");
  const third = 1 / 3;
  const side = (1 - third) / 2;
  deepEqual(rowOf(mdp, 0, LEFT), [[side, 0, 0], [third, 0, 0], [side, 4, 0]]);
  deepEqual(rowOf(mdp, 14, RIGHT), [
    [side, 14, 0],
    [third, 15, 1, "goal"],
    [side, 10, 0],
  ]);
  deepEqual(rowOf(mdp, 4, UP), [
    [side, 5, 0, "hole"],
    [third, 0, 0],
    [side, 4, 0],
  ]);
  // Nobody acts in a hole or at the goal.
  for (const state of [5, 7, 11, 12, 15]) {
    for (const action of [LEFT, DOWN, RIGHT, UP]) {
      deepEqual(rowOf(mdp, state, action), []);
    }
  }
  deepEqual([...mdp.observations], Array.from({ length: 16 }, (_, s) => s));
  deepEqual(mdp.observationCategories, [16]);
});

Deno.test("a success rate of three quarters, and dry ice", () => {
  const { mdp } = openWorld("frozenLake", { successRate: 0.75 });
  deepEqual(rowOf(mdp, 6, DOWN), [
    [0.125, 5, 0, "hole"],
    [0.75, 10, 0],
    [0.125, 7, 0, "hole"],
  ]);
  const dry = openWorld("frozenLake", { slippery: false });
  deepEqual(rowOf(dry.mdp, 6, DOWN), [[1, 10, 0]]);
  const exact = evaluateExactly(dry.mdp, dry.behaviour);
  equal(exact.returnMean, 1);
  equal(exact.lengthMean, 6);
});

Deno.test("without a horizon the optimum is 14/17, on the larger map 1 in 168 steps", () => {
  const optimum = (name: string) => {
    const { mdp, behaviour } = openWorld(name, { maxSteps: null }, "optimal");
    return evaluateExactly(mdp, behaviour);
  };
  close(optimum("frozenLake").returnMean, 14 / 17);
  close(optimum("frozenLake8x8").returnMean, 1);
  close(optimum("frozenLake8x8").lengthMean, 168);
});

Deno.test("an own map: two starts, two goals, the shortest way to the nearer one", () => {
  const map = ["GFSHG", "FFFFS"];
  const { mdp, behaviour, drawing } = openWorld("frozenLake", {
    map,
    slippery: false,
  });
  deepEqual([...mdp.start], [0, 0, 0.5, 0, 0, 0, 0, 0, 0, 0.5]);
  const exact = evaluateExactly(mdp, behaviour);
  equal(exact.returnMean, 1);
  equal(exact.lengthMean, 1.5);
  // From the cell below the first start: one way up and left, one left and up, one left, up, left.
  deepEqual([...behaviour.subarray(7 * 4, 8 * 4)], [
    1 / 3,
    0,
    1 / 3,
    1 / 3,
  ]);
  deepEqual(drawing!.starts, [[2, 1], [4, 0]]);
  deepEqual(drawing!.goals, [[0, 1], [4, 1]]);
  deepEqual(drawing!.hazards, [[3, 1]]);
});

Deno.test("a variant stands for its settings, and the configuration has them", () => {
  const config = resolveConfig("smoke", {
    environment: { name: "frozenLake8x8", maxSteps: null },
  });
  const { map, ...rest } = config.environment as { map: readonly string[] };
  deepEqual(rest, {
    name: "frozenLake",
    slippery: true,
    successRate: 1 / 3,
    maxSteps: null,
  });
  equal(map.length, 8);
  equal(map[5], "FHHFFFHF");
  deepEqual(resolveConfig("smoke", config), config);
});

Deno.test("what makes no sense is refused in one line", () => {
  for (
    const [environment, message] of [
      [{ name: "frozenLake8x" }, "did you mean frozenLake8x8?"],
      [{ name: "frozenLake", map: ["FG"] }, "environment.map: has no start"],
      [{ name: "frozenLake", map: ["SF"] }, "environment.map: has no goal"],
      [{ name: "frozenLake", map: ["SG", "F"] }, "rows of one length"],
      [{ name: "frozenLake", map: ["SG", "Fg"] }, "environment.map[1]: "],
      [{ name: "frozenLake", map: "SG" }, "environment.map: must be a list"],
      [{ name: "frozenLake", slippery: 1 }, "must be true or false, not 1"],
      [{ name: "frozenLake", maxSteps: 0 }, "environment.maxSteps: "],
    ] as const
  ) {
    throws(
      () => resolveConfig("smoke", { environment }),
      (error: Error) =>
        error.name === "InputError" && error.message.includes(message) &&
        !error.message.includes("\n"),
      message,
    );
  }
});

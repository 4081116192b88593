import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { randomMdp } from "../../src/environments/random_mdp.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import type { FiniteMdp } from "../../src/mdp/mdp.ts";
import { optimalStationaryActions } from "../../src/mdp/optimal.ts";
import { defaultsOf } from "../../src/settings.ts";
import { close, openWorld, rowOf } from "./tables.ts";

const settings = defaultsOf<Parameters<typeof randomMdp.complete>[0]>(
  randomMdp.settings,
);

/** Discounted value of the start without a horizon: of a policy, or of the best. */
function startValue(
  mdp: FiniteMdp,
  policy: Float64Array | Int32Array = optimalStationaryActions(mdp),
): number {
  return evaluateExactly(mdp, policy, { horizon: null }).discountedReturnMean!;
}

Deno.test("four successors a pair, drawn from the seed; nobody acts at the goal", () => {
  const { mdp, description } = openWorld("randomMdp", {}, undefined, 0, 3);
  const goal = description.goal as number;
  for (let s = 0; s < 50; s++) {
    for (let a = 0; a < 4; a++) {
      const row = rowOf(mdp, s, a);
      if (s === goal) {
        deepEqual(row, []);
        continue;
      }
      equal(new Set(row.map(([, next]) => next)).size, 4);
      close(row.reduce((sum, [p]) => sum + p, 0), 1);
      for (const [, next, reward, name] of row) {
        deepEqual([reward, name], next === goal ? [1, "goal"] : [0, undefined]);
      }
    }
  }
  deepEqual(openWorld("randomMdp", {}, undefined, 0, 3).mdp, mdp);
  notDeepEqual(openWorld("randomMdp", {}, undefined, 0, 4).mdp, mdp);
});

Deno.test("the goal is the state that the best policy reaches last", () => {
  for (const seed of [0, 1]) {
    const small = { ...settings, states: 12, successors: 2 };
    const world = randomMdp.resolve(small, seed);
    const values = Array.from(
      { length: 11 },
      (_, k) => startValue(randomMdp.mdp({ ...world, goal: k + 1 })),
    )
      .map((value) => value > 0.95 ** 50 ? value : Infinity);
    equal(world.goal, 1 + values.indexOf(Math.min(...values)), `seed ${seed}`);
  }
});

Deno.test("the baseline is as far from uniform to best as it says", () => {
  for (const baselineRatio of [0.1, 0.5, 0.9]) {
    const open = (behaviour?: string) =>
      openWorld("randomMdp", { baselineRatio }, behaviour, 0, 1);
    const { mdp, behaviour } = open();
    const uniform = startValue(mdp, open("uniform").behaviour);
    const ratio = (startValue(mdp, behaviour) - uniform) /
      (startValue(mdp) - uniform);
    // The last draw that changes anything takes it below the mark.
    ok(ratio <= baselineRatio, `${ratio}`);
    ok(ratio > baselineRatio - 0.01, `${ratio}`);
  }
});

Deno.test("the easter egg is another end that pays, and the baseline does not know it", () => {
  const plain = openWorld("randomMdp", {}, undefined, 0, 2);
  const { mdp, behaviour, description } = openWorld(
    "randomMdp",
    { easterEgg: true },
    undefined,
    0,
    2,
  );
  const egg = description.easterEgg as number;
  equal(description.goal, plain.description.goal);
  ok(egg > 0 && egg !== description.goal);
  deepEqual(behaviour, plain.behaviour);
  equal(plain.description.easterEgg, null);
  deepEqual(mdp.outcomes.map(({ name }) => name), ["goal", "easterEgg"]);
  deepEqual(rowOf(mdp, egg, 0), []);
  const found = Array.from({ length: 200 }, (_, i) => rowOf(mdp, i >> 2, i & 3))
    .flat().filter(([, next]) => next === egg);
  ok(found.length > 0);
  for (const [, , ...what] of found) deepEqual(what, [1, "easterEgg"]);
});

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { collectDataset } from "../../src/dataset/collect.ts";
import { ENVIRONMENT_WORDS } from "../../src/environments/index.ts";
import { canRunForever } from "../../src/mdp/endless.ts";
import { mdpRows, pointStart, stateIndices } from "../../src/mdp/build.ts";
import type { FiniteMdp } from "../../src/mdp/mdp.ts";
import { close, openWorld } from "./tables.ts";

Deno.test("the names of environments and variants", () => {
  deepEqual(ENVIRONMENT_WORDS, [
    "gridworld",
    "cliffWalking",
    "cliffWalkingSlippery",
    "frozenLake",
    "frozenLake8x8",
    "randomMdp",
    "spibbGridworld",
    "taxi",
    "taxiRainy",
    "wetChicken",
  ]);
});

for (const name of ENVIRONMENT_WORDS) {
  Deno.test(`${name}: rows, starts and behaviours are distributions`, () => {
    const { mdp, behaviour, drawing } = openWorld(name);
    const { stateCount, actionCount, outcomeOffsets } = mdp;
    close(mdp.start.reduce((a, b) => a + b), 1);
    for (let pair = 0; pair < stateCount * actionCount; pair++) {
      const row = mdp.probability.subarray(
        outcomeOffsets[pair],
        outcomeOffsets[pair + 1],
      );
      if (row.length > 0) close(row.reduce((a, b) => a + b), 1);
    }
    const uniform = openWorld(name, {}, "uniform").behaviour;
    deepEqual(uniform, uniform.map(() => 1 / actionCount));
    for (
      const policy of [behaviour, openWorld(name, {}, undefined, 0.3).behaviour]
    ) {
      for (let s = 0; s < stateCount; s++) {
        const row = policy.subarray(s * actionCount, (s + 1) * actionCount);
        close(row.reduce((a, b) => a + b), 1);
      }
    }
    if (drawing === null) return;
    equal(drawing.cells.length, stateCount);
    const starts = [...mdp.start].flatMap((p, s) =>
      p > 0 ? [drawing.cells[s]] : []
    );
    deepEqual(drawing.starts, starts);
  });
}

Deno.test("an unknown behaviour and too many steps are refused", () => {
  throws(() => openWorld("taxi", {}, "shortes"), /did you mean shortest\?/);
  throws(
    () => openWorld("taxi", { maxSteps: 20_001 }),
    /environment.maxSteps is 20001, too many for 500 states/,
  );
  ok(openWorld("taxi", { maxSteps: 20_000 }));
});

/** Action 0 of state 0 leads to 1 and 2 alike, of state 1 to the end; state 2 leads to itself. */
function fork(start: Float64Array): FiniteMdp {
  const rows = mdpRows(3, 2);
  const add = (s: number, a: number, nextState: number, probability: number) =>
    rows.add(s, a, {
      probability,
      nextState,
      reward: 0,
      outcome: s === 1 && a === 0 ? 1 : 0,
    });
  add(0, 0, 1, 1);
  add(0, 0, 2, 0);
  add(0, 1, 1, 0.5);
  add(0, 1, 2, 0.5);
  add(1, 0, 1, 1);
  add(1, 1, 0, 1);
  add(2, 0, 2, 1);
  return {
    stateCount: 3,
    actionCount: 2,
    ...rows.finish(),
    outcomes: [{ name: "end", ends: true, unsafe: false }],
    start,
    horizon: null,
    discount: 1,
    ...stateIndices(3),
  };
}

Deno.test("a policy can run for ever where it can come to a state that leads to no end", () => {
  const mdp = fork(pointStart(3, 0));
  const policy = (inZero: number, inOne: number) =>
    Float64Array.of(1 - inZero, inZero, 1 - inOne, inOne, 1, 0);
  equal(canRunForever(mdp, policy(0, 0)), false);
  // Round in a circle now and then, but not for ever.
  equal(canRunForever(mdp, policy(0, 0.9)), false);
  equal(canRunForever(mdp, policy(0, 1)), true);
  equal(canRunForever(mdp, policy(0.1, 0)), true);
  equal(canRunForever(fork(Float64Array.of(0, 0.5, 0.5)), policy(0, 0)), true);
  throws(
    () => collectDataset(mdp, policy(0.1, 0), 1, 0),
    /environment.maxSteps/,
  );
  equal(collectDataset(mdp, policy(0, 0.5), 5, 0).truncated.includes(1), false);
});

import { deepEqual, ok } from "node:assert/strict";
import { openNpz } from "../../src/files/npz.ts";
import { endingOutcomes, type FiniteMdp } from "../../src/mdp/mdp.ts";
import { openWorld } from "./tables.ts";

const FOLDER = new URL("../../../shared/truth/mdp/", import.meta.url);
const isMissing = (() => {
  try {
    return !Deno.statSync(FOLDER).isDirectory;
  } catch {
    return true;
  }
})();
const WHY = isMissing ? " (ignored: ../shared/truth/mdp is missing)" : "";

/** Probability of each next state, reward and end, as Gymnasium's tables have them. */
type Row = [probability: number, next: number, reward: number, done: boolean][];

function rowOf(mdp: FiniteMdp, state: number, action: number): Row {
  const ends = endingOutcomes(mdp);
  const pair = state * mdp.actionCount + action;
  const row: Row = [];
  for (
    let i = mdp.outcomeOffsets[pair];
    i < mdp.outcomeOffsets[pair + 1];
    i++
  ) {
    const { probability, nextState, reward, outcome } = mdp;
    const done = ends[outcome[i]] === 1;
    row.push([probability[i], nextState[i], reward[i], done]);
  }
  return row;
}

/** Equal outcomes together, without those that cannot happen. */
function merged(row: Row): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [probability, ...what] of row) {
    if (probability === 0) continue;
    const key = JSON.stringify(what);
    sums.set(key, (sums.get(key) ?? 0) + probability);
  }
  return sums;
}

function sameRow(actual: Row, expected: Row, where: string) {
  const [a, e] = [merged(actual), merged(expected)];
  deepEqual([...a.keys()].sort(), [...e.keys()].sort(), where);
  for (const [key, p] of e) {
    ok(
      Math.abs(a.get(key)! - p) <= 1e-15,
      `${where}: ${key} ${a.get(key)} ${p}`,
    );
  }
}

function sameNumbers(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  where: string,
) {
  ok(actual.length === expected.length, where);
  for (let i = 0; i < expected.length; i++) {
    ok(Math.abs(actual[i] - expected[i]) <= 1e-15, `${where} ${i}`);
  }
}

interface ToyText {
  readonly P: readonly (readonly Row[])[];
  readonly start: readonly number[];
  readonly registered_max_episode_steps: number | null;
  readonly action_mask?: readonly (readonly number[])[];
}

for (
  const [file, name, settings] of [
    ["frozen-lake-4x4", "frozenLake", {}],
    ["frozen-lake-8x8", "frozenLake8x8", {}],
    ["cliff-walking", "cliffWalking", { maxSteps: null }],
    ["cliff-walking-slippery", "cliffWalkingSlippery", { maxSteps: null }],
    ["taxi", "taxi", {}],
    ["taxi-rainy", "taxiRainy", {}],
    ["taxi-rainy", "taxiRainy", { masked: true }],
  ] as const
) {
  Deno.test({
    name: `${name} ${JSON.stringify(settings)} is Gymnasium's table${WHY}`,
    ignore: isMissing,
    fn() {
      const table: ToyText = JSON.parse(
        Deno.readTextFileSync(new URL(`toy-text/${file}.json`, FOLDER)),
      );
      const mdp = openWorld(name, settings).mdp;
      deepEqual(mdp.horizon, table.registered_max_episode_steps);
      sameNumbers(mdp.start, table.start, "start");
      // States in which no episode acts have rows in Gymnasium, all of which end at once.
      table.P.forEach((rows, state) =>
        rows.forEach((expected, action) => {
          const actual = rowOf(mdp, state, action);
          const isForbidden =
            mdp.allowed?.[state * mdp.actionCount + action] === 0;
          const isEnd = expected.every(([, next, reward, done]) =>
            next === state && reward === 0 && done
          );
          if (isEnd || isForbidden) deepEqual(actual, []);
          else sameRow(actual, expected, `state ${state} action ${action}`);
        })
      );
      if (mdp.allowed) deepEqual([...mdp.allowed], table.action_mask!.flat());
    },
  });
}

for (
  const [file, name, goal] of [
    ["spibb-gridworld", "spibbGridworld", 24],
    ["wet-chicken", "wetChicken", -1],
  ] as const
) {
  Deno.test({
    name: `${name} is the published table${WHY}`,
    ignore: isMissing,
    fn() {
      const bytes = Deno.readFileSync(new URL(`${file}.npz`, FOLDER));
      const npz = openNpz(bytes, file);
      const { mdp } = openWorld(name);
      const { stateCount: S, actionCount: A } = mdp;
      const [P, R] = ["P", "R"].map((array) => npz.numbers(array).data);
      sameNumbers(mdp.start, npz.numbers("start").data, "start");
      deepEqual(mdp.discount, npz.numbers("gamma").data[0]);
      for (let pair = 0; pair < S * A; pair++) {
        const state = Math.floor(pair / A);
        const expected = Array.from({ length: S }, (_, next): Row[number] => [
          P[pair * S + next],
          next,
          R[state * S + next],
          next === goal,
        ]);
        sameRow(rowOf(mdp, state, pair % A), expected, `pair ${pair}`);
      }
      if (name !== "wetChicken") return;
      for (const epsilon of [0.1, 0.2, 0.5]) {
        sameNumbers(
          openWorld(name, {}, "heuristic", epsilon).behaviour,
          npz.numbers(`pi_b_${epsilon}`).data,
          `the heuristic with ${epsilon}`,
        );
      }
    },
  });
}

/** Policies as tables in files. */
import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { policyTable } from "../../src/environments/policy_table.ts";
import type { NpyToWrite } from "../../src/files/npy.ts";
import { mdpRows, pointStart, stateIndices } from "../../src/mdp/build.ts";
import type { FiniteMdp } from "../../src/mdp/mdp.ts";
import { refusal } from "../dataset/refusal.ts";
import { npz } from "./world_files.ts";

/** Three states, the last an end; the second action is forbidden in the first state. */
function world(horizon: number | null): { mdp: FiniteMdp } {
  const rows = mdpRows(3, 2);
  const add = (state: number, action: number, nextState: number) =>
    rows.add(state, action, {
      probability: 1,
      nextState,
      reward: 1,
      outcome: nextState === 2 ? 1 : 0,
    });
  add(0, 0, 1);
  add(1, 0, 0);
  add(1, 1, 2);
  return {
    mdp: {
      stateCount: 3,
      actionCount: 2,
      ...rows.finish(),
      outcomes: [{ name: "goal", ends: true, unsafe: false }],
      start: pointStart(3, 0),
      horizon,
      discount: 1,
      allowed: Uint8Array.of(1, 0, 1, 1, 1, 1),
      ...stateIndices(3),
    },
  };
}

const notes: string[] = [];

function read(
  content: string | Uint8Array,
  horizon: number | null,
  array = "",
  forbidden?: "uniform",
): number[] {
  const folder = Deno.makeTempDirSync();
  const path = join(folder, typeof content === "string" ? "p.json" : "p.npz");
  try {
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    const { mdp } = world(horizon);
    const note = (text: string) => notes.push(text.replace(/^.*\//, ""));
    return [...policyTable(path + array, { mdp, forbidden }, note)];
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const line = async (...args: Parameters<typeof read>) =>
  (await refusal(() => read(...args))).replace(/^.*\/(?=p\.)/, "");

Deno.test("policy tables: probabilities and actions, by steps or not", () => {
  const stationary = [1, 0, 0.25, 0.75, 0, 0];
  const text = '{"probabilities": [[1, 0], [0.25, 0.75], [0, 0]]}';
  deepEqual(read(text, null), stationary);
  deepEqual(read(text, 5), stationary);
  deepEqual(read('{"actions": [0, 1, 99]}', null), [1, 0, 0, 1, 0, 0]);
  const steps = [1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0];
  deepEqual(read('{"actions": [[0, 1, 0], [0, 0, -1]]}', 2), steps);
  deepEqual(
    read(
      '{"probabilities": [[[1, 0], [0, 1], [0, 0]], [[1, 0], [1, 0], [1, 0]]]}',
      2,
    ),
    steps,
  );
  // More steps than there are.
  notes.length = 0;
  deepEqual(read('{"actions": [[0, 1, 0], [0, 0, 0], [1, 0, 9]]}', 2), steps);
  deepEqual(notes, ["has 3 steps; the first 2 are used"]);
});

Deno.test("policy tables: rows of observations are not taken for rows of states", async () => {
  equal(
    await line(
      '{"observations": [[2], [1], [0]], "probabilities": [[1, 0], [1, 0], [0, 1]]}',
      null,
    ),
    "p.json: its rows are of observations, not of states: readPolicy and policyInStates take it",
  );
});

Deno.test("policy tables: arrays of a npz file", async () => {
  const actions: NpyToWrite = { shape: [3], data: Int32Array.of(0, 1, 0) };
  const half: NpyToWrite = {
    shape: [3, 2],
    data: Float64Array.of(1, 0, 0.5, 0.5, 0, 0),
  };
  deepEqual(read(npz({ actions }), null), [1, 0, 0, 1, 0, 0]);
  const both = npz({ actions, "a/half": half });
  deepEqual(read(both, null, ":a/half"), [1, 0, 0.5, 0.5, 0, 0]);
  // The path stands in it twice; the last is left.
  equal(
    await line(both, null),
    "p.npz:actions",
  );
  equal(
    await line(both, null, ":a/hlaf"),
    "p.npz: there is no array a/hlaf; did you mean a/half?",
  );
});

Deno.test("policy tables: forbidden actions are spread where the world says so", () => {
  notes.length = 0;
  const text = '{"probabilities": [[0.5, 0.5], [0.25, 0.75], [0, 0]]}';
  deepEqual(read(text, null, "", "uniform"), [1, 0, 0.25, 0.75, 0, 0]);
  deepEqual(notes, [
    "forbidden actions (up to 0.500 in a state) are spread over the allowed ones, as the world's rows of them are",
  ]);
});

Deno.test("policy tables: those that are none", async () => {
  const cases: [string, number | null, string][] = [
    [
      '{"actions": [1, 1, 0]}',
      null,
      "state 0, action 1: is taken but not allowed",
    ],
    [
      '{"actions": [[0, 1, 0], [1, 1, 0]]}',
      2,
      "step 1: state 0, action 1: is taken but not allowed",
    ],
    [
      '{"probabilities": [[1, 0], [0.25, 0.7], [0, 0]]}',
      null,
      "state 1: the probabilities sum to 0.95, not to 1",
    ],
    [
      '{"probabilities": [[1, 0], [1.25, -0.25], [0, 0]]}',
      null,
      "state 1, action 1: the probability is -0.25",
    ],
    [
      '{"probabilities": [[1, 0], [0, 0], [0, 0]]}',
      null,
      "state 1: the probabilities sum to 0, not to 1",
    ],
    ['{"actions": [0, 2, 0]}', null, "state 1: action 2; actions are 0 to 1"],
    [
      '{"actions": [0, 0.5, 0]}',
      null,
      "state 1: action 0.5; actions are 0 to 1",
    ],
    [
      '{"actions": [[0, 1, 0], [0, -1, 0]]}',
      2,
      "step 1, state 1: action -1; actions are 0 to 1",
    ],
    [
      '{"actions": [0, 1]}',
      null,
      "actions are [2]; [3] or [steps, 3] is needed",
    ],
    [
      '{"actions": [[0, 1, 0]]}',
      null,
      "has 1 steps where the world has no horizon; give the horizon 1",
    ],
    ['{"actions": [[0, 1, 0]]}', 2, "has 1 steps; the horizon is 2"],
    [
      '{"probabilities": [[1, 0], [1, 0]]}',
      null,
      "probabilities are [2, 2]; [3, 2] or [steps, 3, 2] is needed",
    ],
    [
      '{"probabilities": [[1, 0], [1], [1, 0]]}',
      null,
      "rows of probabilities differ in their lengths",
    ],
    [
      '{"probabilities": [[1, 0], [1], [0, 1, 0]]}',
      null,
      "rows of probabilities differ in their lengths",
    ],
    [
      '{"probabilities": [[1, 0], [1, 0], [1, 0]], "actions": [0, 0, 0]}',
      null,
      "has probabilities and actions; keep those that are meant",
    ],
    [
      '{"probabilities": [[1, 0], [1, "0"], [1, 0]]}',
      null,
      'probabilities: "0" is no number',
    ],
    [
      '{"probabilities": []}',
      null,
      "probabilities are [0]; [3, 2] or [steps, 3, 2] is needed",
    ],
    [
      '{"policy": []}',
      null,
      "no policy: it has neither probabilities nor actions",
    ],
    ["null", null, "no policy: it has neither probabilities nor actions"],
    ["", null, "no JSON: Unexpected end of JSON input"],
  ];
  for (const [text, horizon, expected] of cases) {
    equal(await line(text, horizon), `p.json: ${expected}`);
  }
});

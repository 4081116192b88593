/** Worlds that are none: one line with state and action. */
import { deepEqual, equal } from "node:assert/strict";
import type { WorldReadOptions } from "../../src/environments/world.ts";
import { refusal } from "../dataset/refusal.ts";
import { npz, opened } from "./world_files.ts";

const END = "[[1, 1, 0, true]]";
const line = async (
  content: string | Uint8Array,
  fileName: string,
  options?: WorldReadOptions,
) =>
  (await refusal(() => opened(content, fileName, options)))
    .replace(/^.*\/(?=w\.)/, "");

/** A world of two states and two actions; the second ends. */
const table = (row: string, more = "") =>
  `{"P": [[[[1, 1, 1, true]], ${row}], [${END}, ${END}]]${more}}`;

Deno.test("worlds refused: rows of a table", async () => {
  const cases: [string, string][] = [
    ["[[1, 1, 1, true]]", "accepted"],
    [
      "[[0.9, 1, 1, true]]",
      "state 0, action 1: the probabilities sum to 0.9, not to 1",
    ],
    [
      "[[0.5, 1, 1, true], [0.500000002, 0, 0, false]]",
      "state 0, action 1: the probabilities sum to 1.0000000020000002, not to 1 (32-bit floats are too coarse)",
    ],
    ["[[0.5, 1, 1, true], [0.5000000005, 0, 0, false]]", "accepted"],
    [
      "[[1.5, 1, 1, true], [-0.5, 1, 1, true]]",
      "state 0, action 1: the probability is -0.5",
    ],
    [
      "[[1, 2, 1, true]]",
      "state 0, action 1: leads to state 2; states are 0 to 1",
    ],
    [
      "[[1, -1, 1, true]]",
      "state 0, action 1: leads to state -1; states are 0 to 1",
    ],
    [
      "[[1, 0.5, 1, true]]",
      "state 0, action 1: leads to state 0.5; states are 0 to 1",
    ],
    ["[[1, 1, 1e999, true]]", "state 0, action 1: the reward is Infinity"],
    ["[[1, 1, 3.4e38, true]]", "accepted"],
    [
      "[[1, 1, -1e39, true]]",
      "state 0, action 1: the reward is -1e+39; data hold 32-bit floats, up to 3.4e38 in size",
    ],
    [
      "[[1, 1, null, true]]",
      "state 0, action 1: [1,1,null,true] is not [probability, next state, reward, done]",
    ],
    [
      "[[1, 1, 1]]",
      "state 0, action 1: an outcome is [probability, next state, reward, done]",
    ],
    [
      "[]",
      "state 0, action 1: has no outcomes where other actions have some; is it not allowed there?",
    ],
    ["7", "state 0, action 1: has no list"],
  ];
  for (const [row, expected] of cases) {
    const text = expected === "accepted" ? expected : `w.json: ${expected}`;
    equal(await line(table(row), "w.json"), text);
  }
});

Deno.test("worlds refused: states, starts, masks, sizes", async () => {
  const cases: [string, string][] = [
    [
      '{"P": [[[[1, 1, 0, false]]], [[]]]}',
      "state 0, action 0: leads to state 1, which has no outcomes and is no end",
    ],
    [
      '{"P": [[[[1, 1, 0, false]]], [[[1, 1, 0, false]]]]}',
      "state 0, action 0: no end can be reached from here; give a horizon or a discount below 1",
    ],
    [
      '{"P": [[[[1, 1, 0, false]]], [[[1, 1, 0, false]]]], "gamma": 0.9}',
      "accepted",
    ],
    [
      '{"P": [[[[0.5, 1, 0, false], [0.5, 0, 1, true]]], [[[1, 1, 0, false]]]]}',
      "state 1, action 0: no end can be reached from here; give a horizon or a discount below 1",
    ],
    [
      table("[[1, 1, 1, true]]", ', "start": [0.5, 0.4]'),
      "the start probabilities sum to 0.9, not to 1",
    ],
    [
      table("[[1, 1, 1, true]]", ', "start": [0.9, 0]'),
      "the start probabilities sum to 0.9, not to 1",
    ],
    [
      table("[[1, 1, 1, true]]", ', "start": [1]'),
      "start: has 1 numbers; 2 are needed",
    ],
    [
      table("[[1, 1, 1, true]]", ', "horizon": 0'),
      "the horizon 0 is no whole number of steps from 1",
    ],
    [
      table("[[1, 1, 1, true]]", ', "horizon": true'),
      "horizon: true is no number",
    ],
    [
      table("[[1, 1, 1, true]]", ', "gamma": 0'),
      "the discount 0 is not above 0 and up to 1",
    ],
    [
      table("[[1, 1, 1, true]]", ', "state_count": 3'),
      "state_count is 3, but P has 2",
    ],
    [
      table("[[1, 1, 1, true]]", ', "allowed": [[0, 0], [1, 1]]'),
      "state 0: episodes start there, but it has no outcomes",
    ],
    [
      table("[[1, 0, 1, false]]", ', "allowed": [[2, 0], [1, 1]]'),
      "allowed: has 2 at 0, not 0 or 1",
    ],
    [
      table("[[1, 1, 1, true]]", ', "labels": ["a b"]'),
      'outcome "a b": a name is up to 40 letters, digits, "_", "." and "-", a letter first',
    ],
    [
      table("[[1, 1, 1, true]]", ', "labels": ["timeout"]'),
      "an outcome cannot be called timeout: metrics have that name",
    ],
    [table("[[1, 1, 1, true]]", ', "P": 3'), "the key P is there twice"],
    ['{"P": {"0": [], "2": []}}', "P: 1 is missing among 2 keys"],
    [
      '{"P": []}',
      "has 0 states and 0 actions; there are at least one of each and up to 33554432 pairs",
    ],
    [
      '{"outcomes": [[0, 0, 0, 1, 0, 1]], "state_count": 2000000000}',
      "has 2000000000 states and 1 actions; there are at least one of each and up to 33554432 pairs",
    ],
    [
      '{"outcomes": [[0, 0, 0, 1, 0, 3]], "labels": ["end"]}',
      "state 0, action 0: has outcome 3 where 1 have a name",
    ],
    [
      '{"outcomes": [[0, 0, 0, 1, 0]]}',
      "outcomes: row 0: has 5 numbers; 6 are needed",
    ],
    ...[2.5, 5e9].map((names): [string, string] => [
      `{"P": [[[[1, 0, 0, true]]]], "observations": [[0]], "observation_categories": [${names}]}`,
      `observation column 0 has ${names} names; they are counted, up to 16777216`,
    ]),
    ['{"P": [[[[1, 0, NaN, true]]]]}', "no JSON: it has NaN or Infinity in it"],
    [
      "{}",
      "no world in JSON: it has neither P nor outcomes; docs/worlds.md has the keys",
    ],
    ["3", "no world in JSON"],
  ];
  for (const [text, expected] of cases) {
    const whole = expected === "accepted" ? expected : `w.json: ${expected}`;
    equal(await line(text, "w.json"), whole);
  }
});

Deno.test("worlds refused: CSV", async () => {
  const head = "state,action,next_state,probability,reward,end\n";
  const cases: [string, string][] = [
    [`${head}0,0,0,1,0,1\n`, "accepted"],
    ["", "has no columns; state,action,next_state,probability,reward"],
    ["state,action\n", "line 1: column next_state is missing"],
    [
      head.replace("end", "edn"),
      'line 1: unknown column "edn"; did you mean end?',
    ],
    [`${head}0,0,0,1,0\n`, "line 2: has 5 cells; there are 6 columns"],
    [`${head}0,0,0,one,0,1\n`, 'line 2: probability "one" is no number'],
    [`${head}0,0,0,1,nan,1\n`, 'line 2: reward "nan" is no number'],
    [`# horzion: 3\n${head}`, "line 1: unknown horzion; did you mean horizon?"],
    [`# horizon: 3\n# horizon: 4\n${head}`, "line 2: horizon is there twice"],
    [`# discount: x\n${head}0,0,0,1,0,1\n`, 'discount "x" is no number'],
    [
      `# unsafe: hole\n${head}0,0,0,1,0,goal\n`,
      "unsafe: there is no outcome hole",
    ],
    [
      `${head}0,0,0,0.5,0,1\n0,0,-1,0.5,0,1\n`,
      "state 0, action 0: leads to state -1; states are 0 to 0",
    ],
    [
      `${head}0.5,0,0,1,0,1\n`,
      "has 1.5 states and 1 actions; there are at least one of each and up to 33554432 pairs",
    ],
    [
      `${head}0,0,0,1,0,1\n1,1,0,1,0,1\n`,
      "state 0, action 1: has no outcomes where other actions have some; is it not allowed there?",
    ],
    [`# allowed: listed\n${head}0,0,0,1,0,1\n1,1,0,1,0,1\n`, "accepted"],
  ];
  for (const [text, expected] of cases) {
    const whole = expected === "accepted" ? expected : `w.csv: ${expected}`;
    equal(await line(text, "w.csv"), whole);
  }
});

Deno.test("worlds refused: what is given beside the file", async () => {
  const P = table("[[1, 1, 1, true]]");
  const cases: [WorldReadOptions, string][] = [
    [
      { outcomes: "goal=2" },
      "w.json: outcomes: goal: there is no state 2; states are 0 to 1",
    ],
    [
      { outcomes: "goal=done" },
      "w.json: outcomes: the file has no outcome done; known: end",
    ],
    [
      { outcomes: "goal" },
      'outcomes: "goal" is not NAME=STATE+STATE… or NAME=OUTCOME of the file',
    ],
    [
      { unsafe: ["gaol"], outcomes: "goal=1" },
      'unsafe: the world has no outcome "gaol"; did you mean goal?',
    ],
    [{ start: 2 }, "w.json: start 2: states are 0 to 1"],
    [
      { start: 1 },
      "w.json: state 1: episodes start there, but it has no outcomes",
    ],
    [
      { horizon: 1.5 },
      "w.json: the horizon 1.5 is no whole number of steps from 1",
    ],
    [{ discount: 2 }, "w.json: the discount 2 is not above 0 and up to 1"],
    [{ allowed: "mask" }, "w.json: allowed: the file has no action_mask"],
    [
      { observations: "x" },
      "w.json: observations x: only .npz files hold arrays to choose from",
    ],
  ];
  for (const [options, expected] of cases) {
    equal(await line(P, "w.json", options), expected);
  }
});

Deno.test("worlds noted: policies that are left out, tables that may be read in two ways", async () => {
  const f64 = (shape: number[], ...data: number[]) => ({
    shape,
    data: Float64Array.from(data),
  });
  const end = f64([2], 0, 1);
  const start = f64([2], 1, 0);
  const oneAction = {
    P: f64([2, 1, 2], 0, 1, 0, 1),
    r: f64([2, 1], 1, 0),
    end,
    start,
  };
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note.replace(/^.*?: /, ""));
  const read = async (
    arrays: Parameters<typeof npz>[0],
    policies: string[] = [],
  ) => {
    notes.length = 0;
    const world = await opened(npz(arrays), "w.npz", { onNote });
    deepEqual(Object.keys(world.policies), policies);
    return notes.filter((note) => !note.startsWith("the file has no names"));
  };
  const one = f64([2, 1], 1, 1);
  deepEqual(await read({ ...oneAction, pi_b: one }, ["pi_b"]), []);
  deepEqual(await read({ ...oneAction, pi_b: f64([1, 2], 1, 1) }), [
    "array pi_b is [1, 2]; a policy is [2, 1]; it is left out",
  ]);
  deepEqual(await read({ ...oneAction, policy_uniform: one }), [
    "policy uniform: every world has its own policy of that name; rename it; it is left out",
  ]);
  const square = f64([2, 2, 2], 0.5, 0.5, 0.5, 0.5, 0, 1, 0, 1);
  deepEqual(await read({ P: square, r: f64([2], 1, 0), end, start }), [
    "there are as many actions as states; P is taken as [S, A, S]",
  ]);
  equal(
    await line(
      npz({ ...oneAction, expert_policy: one, policy_expert: one }),
      "w.npz",
    ),
    "w.npz: two arrays are the policy expert, the second is policy_expert; rename one",
  );
  equal(
    await line(
      npz({ ...oneAction, forbidden: { shape: [], data: ["unifrom"] } }),
      "w.npz",
    ),
    "w.npz: forbidden is unifrom, not uniform",
  );
});

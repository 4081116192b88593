import assert from "node:assert/strict";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { episodeOf, validateDataset } from "../../src/dataset/validate.ts";
import { InputError } from "../../src/errors.ts";
import { smallDataset } from "./small.ts";

function message(change: Partial<Dataset>): string {
  try {
    validateDataset({ ...smallDataset(), ...change }, "d");
  } catch (error) {
    assert(error instanceof InputError, String(error));
    return error.message;
  }
  return "accepted";
}

Deno.test("validateDataset: a sound data set, with any of the four ends", () => {
  assert.equal(message({}), "accepted");
  const both = Uint8Array.of(0, 1, 1, 0, 0, 0);
  assert.equal(message({ terminated: both, truncated: both }), "accepted");
});

Deno.test("validateDataset: everything that may be wrong gets its line", () => {
  const { actions, rewards, observations, terminated } = smallDataset();
  const cases: [Partial<Dataset>, string][] = [
    [
      { observationSize: 0 },
      "d: an observation must have at least one number, not 0",
    ],
    [
      { actionCount: 0.5 },
      "d: the number of actions must be from 1 to 1000000, not 0.5",
    ],
    [
      { actionCount: 1e9 },
      "d: the number of actions must be from 1 to 1000000, not 1000000000",
    ],
    [{ actionNames: ["1", "2"] }, "d: 2 names for 3 actions"],
    [{ actionNames: ["1", "2", "1"] }, "d: two actions have the same name"],
    [
      { actionNames: ["1", "2", "left"] },
      "d: some names of actions are integers and some are not",
    ],
    ...["", " b", "1.5", "n".repeat(201)].map((
      name,
    ): [Partial<Dataset>, string] => [
      { actionNames: ["a", name, "c"] },
      `d: ${JSON.stringify(name.slice(0, 40))} is not a name of an action`,
    ]),
    [
      { actions: new Int32Array(0), episodeOffsets: Uint32Array.of(0) },
      "d: it holds no transition",
    ],
    [
      { episodeOffsets: new Uint32Array(0) },
      "d: it holds no transition",
    ],
    [{ rewards: rewards.slice(1) }, "d: 5 rewards for 6 actions"],
    [{ terminated: terminated.slice(1) }, "d: 5 terminated for 6 actions"],
    [{ truncated: new Uint8Array(7) }, "d: 7 truncated for 6 actions"],
    [
      { episodeOffsets: Uint32Array.of(1, 2, 3, 6) },
      "d: episode offsets start at 1 instead of 0",
    ],
    [{ episodeOffsets: Uint32Array.of(0, 2, 2, 6) }, "d: episode 1 is empty"],
    [
      { episodeOffsets: Uint32Array.of(0, 3, 2, 6) },
      "d: episode 1 ends before it starts",
    ],
    [
      { episodeOffsets: Uint32Array.of(0, 2, 3, 5) },
      "d: episode offsets end at 5 but there are 6 transitions",
    ],
    [
      { observations: observations.slice(2) },
      "d: 16 observation numbers where 9 rows of 2 (one a transition and a final one an episode) were expected",
    ],
    [{ actionCount: 2 }, "d: episode 0, step 1: action 2 is outside 0 … 1"],
    [
      { actions: Int32Array.of(0, 2, 1, 1, 1, -1) },
      "d: episode 2, step 2: action -1 is outside 0 … 2",
    ],
    [
      { rewards: Float32Array.of(0, 0, NaN, 0, 0, 0) },
      "d: episode 1, step 0: the reward is NaN",
    ],
    [
      { observations: observations.with(9, Infinity) },
      "d: episode 1, observation 1: number 1 is Infinity",
    ],
    [
      { observations: observations.with(0, NaN) },
      "d: episode 0, observation 0: number 0 is NaN",
    ],
    [
      { terminated: Uint8Array.of(0, 2, 0, 0, 0, 0) },
      "d: episode 0, step 1: terminated is 2, must be 0 or 1",
    ],
    [
      { terminated: Uint8Array.of(0, 1, 0, 1, 0, 0) },
      "d: episode 2, step 0: terminated before the last step of its episode",
    ],
    [
      { truncated: Uint8Array.of(1, 0, 0, 0, 0, 0) },
      "d: episode 0, step 0: truncated before the last step of its episode",
    ],
  ];
  assert.equal(actions.length, 6);
  for (const [change, expected] of cases) {
    assert.equal(message(change), expected);
  }
});

Deno.test("episodeOf: the episode of each transition", () => {
  const offsets = smallDataset().episodeOffsets;
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((i) => episodeOf(offsets, i)),
    [0, 0, 1, 2, 2, 2],
  );
});

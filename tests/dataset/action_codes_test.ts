import assert from "node:assert/strict";
import {
  actionCodes,
  withActionCount,
} from "../../src/dataset/action_codes.ts";
import { buildDataset } from "../../src/dataset/formats/builder.ts";
import { refusal } from "./refusal.ts";
import { smallDataset } from "./small.ts";

function built(codes: readonly (number | string)[]) {
  const builder = buildDataset(1, "d");
  for (const code of codes) {
    builder.addObservation([7], 0);
    builder.addTransition(code, 0.5);
  }
  builder.repeatObservation();
  builder.endEpisode(true, false);
  return builder;
}

Deno.test("action codes: what occurs is counted, never sized by the largest", () => {
  const { actionCount, actionNames, actions, observations } = built([
    1234567890,
    0,
    -5,
    0,
    2 ** 40,
  ]).finish();
  assert.equal(actionCount, 4);
  assert.deepEqual(actionNames, ["-5", "0", "1234567890", "1099511627776"]);
  assert.deepEqual(actions, Int32Array.of(2, 1, 0, 1, 3));
  assert.deepEqual(observations, new Float32Array(6).fill(7));
  assert.equal(built([2, 1, 0]).finish().actionNames, undefined);
  assert.deepEqual(built(["b", "a", "b"]).finish().actionNames, ["a", "b"]);
});

Deno.test("action codes: declared ones hold, whether they occur or not", async () => {
  const plain = built([2, 0]).finish(4);
  assert.deepEqual([plain.actionCount, plain.actionNames], [4, undefined]);
  assert.deepEqual(plain.actions, Int32Array.of(2, 0));
  const shifted = built([2, 4]).finish(4, 1);
  assert.deepEqual(shifted.actionNames, ["1", "2", "3", "4"]);
  assert.deepEqual(shifted.actions, Int32Array.of(1, 3));
  assert.equal(
    await refusal(() => built([1, 4]).finish(4)),
    "d: episode 0, step 1: action 4 is outside 0 … 3",
  );
  assert.equal(
    await refusal(() => built([1, 0]).finish(4, 1)),
    "d: episode 0, step 1: action 0 is outside 1 … 4",
  );
  assert.equal(
    await refusal(() => built([1]).finish(2 ** 31)),
    "d: 2147483648 actions, but at most 1000000 are supported",
  );
});

Deno.test("action codes: the environment's actions, of which a log may lack some", async () => {
  const data = smallDataset();
  assert.equal(withActionCount(data, 3), data);
  assert.deepEqual(withActionCount(data, 5), { ...data, actionCount: 5 });
  const gap = { ...data, actionNames: ["0", "2", "3"] };
  assert.deepEqual(actionCodes(gap), [0, 2, 3]);
  assert.deepEqual(withActionCount(gap, 4), {
    ...data,
    actionCount: 4,
    actions: Int32Array.of(0, 3, 2, 2, 2, 0),
  });
  for (const [names, wrong] of [[["-1", "0", "1"], -1], [["0", "1", "4"], 4]]) {
    assert.equal(
      await refusal(() =>
        withActionCount({ ...data, actionNames: names as string[] }, 4)
      ),
      `the data set has the action ${wrong}, but the environment's actions are 0 … 3: ` +
        "give the environment that the data were collected in",
    );
  }
  const named = { ...data, actionNames: ["left", "right", "up"] };
  assert.deepEqual(actionCodes(named), [0, 1, 2]);
  assert.match(
    await refusal(() => withActionCount(named, 4)),
    /has the action "left"/,
  );
});

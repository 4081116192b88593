/** Allowed actions in data sets: checked, counted, and kept by every format that has a place for them. */
import assert from "node:assert/strict";
import { withActionCount } from "../../src/dataset/action_codes.ts";
import { withAllowedActions } from "../../src/dataset/allowed.ts";
import { collectDataset } from "../../src/dataset/collect.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { distinctRows } from "../../src/dataset/distinct_rows.ts";
import { learntRows } from "../../src/dataset/ends.ts";
import { datasetFromArrays } from "../../src/dataset/formats/arrays.ts";
import { datasetFromCsv } from "../../src/dataset/formats/csv.ts";
import { datasetToCsv } from "../../src/dataset/formats/csv_write.ts";
import {
  datasetFromD3rlpy,
  datasetToD3rlpy,
} from "../../src/dataset/formats/d3rlpy.ts";
import {
  datasetFromMinari,
  datasetToMinari,
} from "../../src/dataset/formats/minari.ts";
import {
  datasetFromSafetensors,
  datasetToSafetensors,
} from "../../src/dataset/formats/safetensors.ts";
import { inspectDataset } from "../../src/dataset/inspect.ts";
import { datasetStates } from "../../src/dataset/states.ts";
import { validateDataset } from "../../src/dataset/validate.ts";
import { formatReport } from "../../src/report/dataset.ts";
import { maskedWorld } from "../mdp/masked_world.ts";
import { refusal } from "./refusal.ts";
import { smallDataset } from "./small.ts";

/** Of {@link smallDataset}; nothing is allowed where its first episode has terminated. */
const ALLOWED = Uint8Array.of(
  ...[1, 0, 0, 0, 1, 1, 0, 0, 0],
  ...[0, 1, 0, 1, 1, 0],
  ...[1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1],
);
const masked = (): Dataset => ({ ...smallDataset(), allowed: ALLOWED.slice() });

const csv = (
  text: string | Uint8Array,
  actionCount?: number,
  allowed?: string,
) => {
  const bytes = typeof text === "string"
    ? new TextEncoder().encode(text)
    : text;
  return datasetFromCsv(ReadableStream.from([bytes]), "f.csv", {
    actionCount,
    columns: { allowed },
  });
};

Deno.test("allowed actions: what cannot be gets its line", async () => {
  validateDataset(masked(), "d");
  const cases: [Uint8Array, string][] = [
    [
      ALLOWED.slice(1),
      "d: 26 flags of allowed actions where 9 rows of 3 (one an observation) were expected",
    ],
    [
      ALLOWED.with(5, 2),
      "d: episode 0, step 1: whether an action is allowed is 2, must be 0 or 1",
    ],
    [
      ALLOWED.with(19, 0),
      "d: episode 2, step 1: the action 1 was taken, but is not allowed",
    ],
    [
      // Truncated: learning asks what comes next.
      ALLOWED.with(12, 0).with(13, 0),
      "d: episode 1, step 1: allows no action",
    ],
  ];
  for (const [allowed, expected] of cases) {
    const broken = { ...smallDataset(), allowed };
    assert.equal(await refusal(() => validateDataset(broken, "d")), expected);
  }
});

Deno.test("allowed actions: an observation with others is another", () => {
  const observations = Float32Array.of(1, 1, 1, 2);
  const allowed = Uint8Array.of(1, 0, 1, 1, 1, 0, 1, 0);
  assert.deepEqual(distinctRows(observations, 1, undefined, allowed), {
    count: 3,
    observations: Float32Array.of(1, 1, 2),
    rowOf: Uint32Array.of(0, 1, 0, 2),
    allowed: Uint8Array.of(1, 0, 1, 1, 1, 0),
  });
  // Where the first episode terminated, the row before takes the place.
  const { rowOf, count } = learntRows(masked());
  assert.equal(count, 8);
  assert.equal(rowOf[2], rowOf[1]);
});

Deno.test("allowed actions: every format but d3rlpy's keeps them", async () => {
  const dataset = masked();
  const bytes = datasetToSafetensors(dataset);
  assert.deepEqual(datasetFromSafetensors(bytes, "d"), dataset);
  const files = await datasetToMinari(dataset);
  assert.deepEqual(await datasetFromMinari(files, "m"), dataset);
  const notes: string[] = [];
  assert.deepEqual(
    await datasetFromMinari(
      await datasetToMinari({ ...dataset, allowed: ALLOWED.with(0, 0) }),
      "m",
      { onNote: (note) => notes.push(note) },
    ),
    smallDataset(),
  );
  assert.deepEqual(notes, [
    "infos/action_mask: leaves out 1 of 6 actions that were taken, so it is advice and is not used",
  ]);
  const shifted = { ...dataset, actionNames: ["4", "5", "6"] };
  assert.deepEqual(
    await datasetFromMinari(await datasetToMinari(shifted), "m"),
    shifted,
  );
  const dump = await datasetFromD3rlpy(await datasetToD3rlpy(dataset), "d");
  assert.equal(dump.allowed, undefined);
  const text = datasetToCsv(dataset);
  assert.equal(
    new TextDecoder().decode(text),
    `episode,step,observation_0,observation_1,action,reward,terminated,truncated,allowed
0,0,0,0,0,-1,0,0,0
0,1,0,1,2,50,1,0,1 2
0,2,1,1,,,,,
1,0,5,-0.5,1,-0.1,0,1,1
1,1,6,0.25,,,,,0 1
2,0,2,0,1,-1,0,0,0 1 2
2,1,2,1,1,-1,0,0,1
2,2,2,2,0,-100,0,0,0
2,3,2,3,,,,,2
`,
  );
  assert.deepEqual(await csv(text), dataset);
  for (
    const names of [["a", "b", "c"], ["turn left", "on", "b"], ["-3", "7", "9"]]
  ) {
    const named = { ...dataset, actionNames: names.toSorted() };
    assert.deepEqual(await csv(datasetToCsv(named)), named);
  }
  const unclear = { ...dataset, actionNames: ["a;b", "c", "d"] };
  assert.equal(
    await refusal(() => datasetToCsv(unclear)),
    'the action "a;b" has a semicolon in its name, which parts the allowed actions in CSV: write another format',
  );
});

Deno.test("allowed actions in CSV: actions that only they name, and bad lists", async () => {
  const rows = (...lists: string[]) =>
    "episode,observation_0,action,reward,allowed\n" +
    lists.map((list, i) => `${i},0,1,2,${list}\n`).join("");
  const dataset = await csv(rows("1 8", "5 1"));
  assert.deepEqual(dataset.actionNames, ["1", "5", "8"]);
  assert.deepEqual(
    dataset.allowed,
    Uint8Array.of(...[1, 0, 1, 1, 0, 1], ...[1, 1, 0, 1, 1, 0]),
  );
  assert.equal((await csv(rows("1 8"), 10)).allowed!.length, 20);
  assert.equal(
    await refusal(() =>
      csv(rows("0 2", "", "1 1", "1 x", "1 0.5"), undefined, "allowed")
    ),
    'f.csv: 5 bad rows: line 2: "allowed" is "0 2", without the action "1", which was taken; ' +
      'line 3: "allowed" is "", without the action "1", which was taken; ' +
      'line 4: "allowed" is "1 1", which names an action twice; ' +
      'line 5: "allowed" is "1 x", in which "x" is where earlier actions are integers; ' +
      'line 6: "allowed" is "1 0.5", in which "0.5" is not an integer',
  );
  assert.equal(
    await refusal(() => csv(rows("1 8"), 5)),
    'f.csv: 1 bad row: line 2: "allowed" is "1 8", in which "8" is not an integer from 0 to 4; ' +
      "if this column does not list the allowed actions, rename it",
  );
});

Deno.test("allowed actions in arrays", async () => {
  const arrays = {
    observations: [0, 1, 2],
    actions: [0, 2, 1],
    rewards: [0, 1, 2],
    terminated: [0, 1, 0],
    finalObservations: [3, 4],
    allowed: [[1, 0, 0], [false, true, true], [1, 1, 1]],
    finalAllowed: [[0, 0, 0], [0, 0, 1]],
  };
  const { allowed, actionCount } = datasetFromArrays(arrays);
  assert.equal(actionCount, 3);
  assert.deepEqual(
    allowed,
    Uint8Array.of(...[1, 0, 0, 0, 1, 1, 0, 0, 0], ...[1, 1, 1, 0, 0, 1]),
  );
  const refused = (change: Partial<Parameters<typeof datasetFromArrays>[0]>) =>
    refusal(() => datasetFromArrays({ ...arrays, ...change }));
  assert.equal(
    await refused({ allowed: [[1, 1], [1], [1, 1]] }),
    "allowed[1] has 1 flags, allowed[0] has 2",
  );
  assert.equal(
    await refused({ allowed: [[1, 1, 1]] }),
    "1 rows of allowed where 3 were expected",
  );
  assert.equal(
    await refused({ finalAllowed: undefined }),
    "finalAllowed says what allowed does of the finalObservations: give it with those two, or not at all",
  );
  assert.equal(
    await refused({ actionCount: 4 }),
    "allowed[0] has 3 flags, but actionCount is 4",
  );
  assert.equal(
    await refused({ actions: [0, 2, 3] }),
    "the arrays: episode 1, step 0: action 3 is outside 0 … 2",
  );
  assert.equal(
    await refused({ allowed: [[1, 0, 0], [0, 1, 0], [1, 1, 1]] }),
    "the arrays: episode 0, step 1: the action 2 was taken, but is not allowed",
  );
});

Deno.test("allowed actions take the environment's codes; those that the file does not know were not", () => {
  const dataset = { ...masked(), actionNames: ["0", "2", "3"] };
  const { allowed, actions } = withActionCount(dataset, 5);
  assert.deepEqual([...actions], [0, 3, 2, 2, 2, 0]);
  assert.deepEqual(
    allowed!.subarray(0, 15),
    Uint8Array.of(...[1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]),
  );
});

Deno.test("allowed actions: inspected in one line, and only their pairs count", () => {
  const report = inspectDataset(masked());
  const { allowedActions } = report;
  assert.deepEqual([allowedActions!.min, allowedActions!.max], [1, 3]);
  assert.equal(allowedActions!.mean, 9 / 6);
  assert.equal(report.coverage, 6 / 9);
  const text = formatReport(
    { write: () => {}, color: false, columns: 80 } as never,
    "d",
    report,
  );
  assert.match(
    text,
    /^allowed +1.5 of 3 actions in the mean, from 1 to 3$/m,
  );
});

Deno.test("collected data say what the environment allows, and data that do not say it take it from there", async () => {
  const mdp = maskedWorld(5);
  const { allowed, actionCount } = mdp;
  const uniform = Float64Array.from(allowed!, (flag, i) => {
    const s = Math.floor(i / actionCount);
    const row = allowed!.subarray(s * actionCount, (s + 1) * actionCount);
    return flag / row.reduce((sum, x) => sum + x, 0);
  });
  const dataset = collectDataset(mdp, uniform, 20, 1);
  validateDataset(dataset, "d");
  const states = datasetStates(dataset, mdp);
  states.forEach((s, row) =>
    assert.deepEqual(
      dataset.allowed!.subarray(row * actionCount, (row + 1) * actionCount),
      allowed!.subarray(s * actionCount, (s + 1) * actionCount),
    )
  );
  const { allowed: own, ...bare } = dataset;
  assert.deepEqual(withAllowedActions(bare, mdp), { ...bare, allowed: own });
  assert.equal(withAllowedActions(dataset, mdp), dataset);
  const forbidden = own!.findIndex((flag, a) => flag === 0 && a < actionCount);
  const actions = bare.actions.with(0, forbidden);
  assert.equal(
    await refusal(() => withAllowedActions({ ...bare, actions }, mdp)),
    `the data set: episode 0, step 0: the action ${forbidden} was taken, but is not allowed: configure ` +
      "the environment that the data were collected in, or leave the key environment out",
  );
});

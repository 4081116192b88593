/** Separators, decimal marks, names of columns, and tables whose rows are transitions. */
import assert from "node:assert/strict";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { datasetFromCsv } from "../../src/dataset/formats/csv.ts";
import { datasetToCsv } from "../../src/dataset/formats/csv_write.ts";
import type { DatasetReadOptions } from "../../src/dataset/formats/read_options.ts";
import { refusal } from "./refusal.ts";
import { smallDataset } from "./small.ts";

async function read(
  text: string,
  options: DatasetReadOptions = {},
): Promise<{ dataset: Dataset; notes: string[] }> {
  const notes: string[] = [];
  const bytes = new TextEncoder().encode(text);
  const pieces = async function* () {
    for (let i = 0; i < bytes.length; i += 5) {
      yield await Promise.resolve(bytes.subarray(i, i + 5));
    }
  };
  const dataset = await datasetFromCsv(pieces(), "f.csv", {
    ...options,
    onNote: (note) => notes.push(note),
  });
  return { dataset, notes };
}

const written = new TextDecoder().decode(datasetToCsv(smallDataset()));

Deno.test("CSV: semicolons, tabs and decimal commas are seen, and said", async () => {
  const forms: [string, string[]][] = [
    [written, []],
    ["\r\n\r\n" + written.replaceAll(",", "\t"), [
      "its columns are separated by tabs",
    ]],
    [written.replaceAll(",", ";"), ["its columns are separated by semicolons"]],
    [written.replaceAll(",", ";").replaceAll(".", ","), [
      "its columns are separated by semicolons",
      "numbers such as -0,5 have a decimal comma",
    ]],
    [written.replaceAll(/-?\d\.\d+/g, (x) => `"${x.replace(".", ",")}"`), [
      "numbers such as -0,5 have a decimal comma",
    ]],
  ];
  for (const [text, expected] of forms) {
    const { dataset, notes } = await read(text);
    assert.deepEqual(dataset, smallDataset(), text);
    assert.deepEqual(notes, expected);
  }
});

Deno.test("CSV: what a comma or point means is not guessed", async () => {
  const table = (...numbers: string[]) =>
    "episode;observation_0;action;reward;terminated\n" +
    numbers.map((x) => `a;${x};0;1;0\n`).join("") + "a;1;0;1;1\n";
  const first = async (text: string, options?: DatasetReadOptions) =>
    (await read(text, options)).dataset.observations[0];
  const say =
    "with --decimal comma or --decimal point (deno task dataset convert)";
  for (
    const [text, what] of [
      [
        table("1,234"),
        'line 2 has "1,234", and no number shows whether the comma stands before decimals or groups ' +
        `thousands; say what stands before decimals ${say}`,
      ],
      [
        table("-1.234", "12"),
        'line 2 has "-1.234", and no number shows whether the point stands before decimals or groups ' +
        `thousands; say what stands before decimals ${say}`,
      ],
      [
        table("1,5", "1.234"),
        'line 3 has the number "1.234" and line 2 "1,5": either the point or the comma stands before ' +
        `decimals; say which ${say}`,
      ],
      [
        table("1.234,5"),
        '1 bad row: line 2: "observation_0" is "1.234,5", not a number',
      ],
    ]
  ) assert.equal(await refusal(() => read(text)), `f.csv: ${what}`);
  // One number that cannot be meant otherwise is enough.
  for (const certain of ["0,125", "1,5", "1234,567", "-,5", "1,2345"]) {
    assert.equal(await first(table("1,234", certain)), Math.fround(1.234));
  }
  assert.equal(
    await first(table("1,234"), { decimal: "comma" }),
    Math.fround(1.234),
  );
  assert.equal(
    await first(table("1.234"), { decimal: "point" }),
    Math.fround(1.234),
  );
  assert.equal(
    await refusal(() => first(table("1,234"), { decimal: "point" })),
    'f.csv: 1 bad row: line 2: "observation_0" is "1,234", not a number',
  );
  // Where commas separate, a point was always before decimals.
  const commas = table("1.234").replaceAll(";", ",");
  assert.equal(await first(commas), Math.fround(1.234));
});

Deno.test("CSV: a name with a comma stays a name, and a code may have a decimal comma", async () => {
  const { dataset } = await read(
    "episode,observation_0,action,reward,terminated\n" +
      'a,1,"0,1",1,0\na,1,"1,0",1,1\n',
  );
  assert.deepEqual(dataset.actionNames, ["0,1", "1,0"]);
  const codes = await read(
    "episode;observation_0;action;reward;terminated\na;0,5;1,0;1;0\na;1;0,0;1;1\n",
  );
  assert.deepEqual([...codes.dataset.actions], [1, 0]);
});

Deno.test("CSV: a header with several separators is split where all columns are found", async () => {
  const columns = { observations: ["dose, mg", "a;b"] };
  const { dataset } = await read(
    'episode;dose, mg;"a;b";action;reward;done\nx;1;2;0;3;1\n',
    { columns },
  );
  assert.deepEqual([...dataset.observations], [1, 2, 1, 2]);
  assert.equal(
    await refusal(() => read("x,y;z\n1,2;3\n")),
    "f.csv: its header has commas and semicolons, and with none of them all needed columns are " +
      "there; put names that hold one in double quotes",
  );
});

Deno.test("CSV: names of the observation's columns are kept, and found again", async () => {
  const named = { ...smallDataset(), observationNames: ["age, years", "done"] };
  const text = new TextDecoder().decode(datasetToCsv(named));
  const { dataset, notes } = await read(text);
  assert.deepEqual(dataset, named);
  assert.deepEqual(notes, [
    'observations: "age, years", "done", the columns between "step" and "action"',
  ]);
  // A name that is another column's would not be found again.
  const taken = { ...smallDataset(), observationNames: ["reward", "x"] };
  assert.deepEqual(new TextDecoder().decode(datasetToCsv(taken)), written);
});

const TRANSITIONS = `age,action,reward,next_age,terminated,truncated
0,1,0,1,0,0
1,0,0.5,2,1,0
5,0,1,6,0,0
6,1,1,7,0,1
7,1,1,8,0,0
9,0,0,9.5,0,0
`;

Deno.test("CSV: transitions become the episodes that they chain to", async () => {
  const columns = { observations: ["age"] };
  const { dataset, notes } = await read(TRANSITIONS, { columns });
  assert.deepEqual(dataset, {
    observationSize: 1,
    observationNames: ["age"],
    actionCount: 2,
    observations: Float32Array.of(0, 1, 2, 5, 6, 7, 7, 8, 9, 9.5),
    actions: Int32Array.of(1, 0, 0, 1, 1, 0),
    rewards: Float32Array.of(0, 0.5, 1, 1, 1, 0),
    terminated: Uint8Array.of(0, 1, 0, 0, 0, 0),
    truncated: Uint8Array.of(0, 0, 0, 1, 0, 0),
    episodeOffsets: Uint32Array.of(0, 2, 4, 5, 6),
  });
  assert.deepEqual(notes, [
    'next observations: "next_age"; each row is a transition',
    "4 episodes are put together from 6 transitions: one goes on where a row's observation is the " +
    "next observation of the row before; 2 of them end unterminated and not truncated, and learning " +
    "continues there from the next observation",
  ]);
  // The same with the columns named, next_observation_0 found, and the end known as done alone.
  const other = TRANSITIONS.replace("age,action", "observation_0,action")
    .replace("next_age", "next_observation_0");
  const { observationNames: _, ...unnamed } = dataset;
  assert.deepEqual((await read(other)).dataset, unnamed);
  const flagged = TRANSITIONS.replace("next_age", "then");
  const next = { ...columns, next: ["then"] };
  assert.deepEqual((await read(flagged, { columns: next })).dataset, dataset);
});

Deno.test("CSV: transitions with episodes and steps of their own", async () => {
  const columns = { observations: ["x"] };
  const split = await read(
    "episode,x,next_x,action,reward,done\n" +
      "a,0,1,1,0,0\na,5,6,0,1,0\nb,6,7,1,1,1\nc,9,,0,0,1\n",
    { columns },
  );
  assert.deepEqual([...split.dataset.episodeOffsets], [0, 1, 2, 3, 4]);
  assert.deepEqual([...split.dataset.observations], [0, 1, 5, 6, 6, 7, 9, 9]);
  assert.equal(
    split.notes.at(-1),
    "an episode is split once where a row's observation is not the next observation of the row " +
      "before: are rows missing or out of order?",
  );
  // A clock that starts again begins another episode, though the state is the same.
  const clock = await read(
    "step,x,next_x,action,reward,terminated\n0,0,0,1,0,0\n1,0,0,0,0,0\n0,0,0,0,1,0\n",
    { columns },
  );
  assert.deepEqual([...clock.dataset.episodeOffsets], [0, 2, 3]);
  // Rounding does not break a chain: compared is what is kept.
  const rounded = await read(
    "x,next_x,action,reward,done\n0,0.1,1,0,0\n0.10000000149,1,0,0,1\n",
    { columns },
  );
  assert.deepEqual([...rounded.dataset.episodeOffsets], [0, 2]);
});

Deno.test("CSV: what is wrong with transitions", async () => {
  const columns = { observations: ["x"] };
  const message = (text: string, more = {}) =>
    refusal(() => read(text, { columns: { ...columns, ...more } }));
  assert.equal(
    await message("x,next_x,action,reward,terminated\n0,,1,0,0\n1,z,1,0,0\n"),
    "f.csv: 2 bad rows: line 2: no next observation, and the row is not terminated; " +
      'line 3: "next_x" is "z", not a number',
  );
  assert.equal(
    await message("x,y,next_x,action,reward,terminated\n", {
      observations: ["x", "y"],
      next: ["next_x"],
    }),
    "f.csv: 1 columns of next observations for 2 of observations; " +
      "name its column with --next-observations COLUMN,… (deno task dataset convert)",
  );
  // Nothing ends: nothing is taken for terminated, unlike in a table of steps.
  const open = await read("x,next_x,action,reward\n0,1,1,0\n5,6,0,1\n", {
    columns,
  });
  assert.deepEqual([...open.dataset.terminated], [0, 0]);
  assert.equal(
    open.notes[1],
    "no column says how an episode ends: each is taken for cut, and learning continues from its " +
      "last next observation; if that is wrong, name its column with --terminated COLUMN " +
      "(deno task dataset convert)",
  );
});

Deno.test("CSV: transitions say what is allowed in both of their observations", async () => {
  const text =
    "observation_0,action,reward,next_observation_0,done,allowed,next_allowed\n" +
    "0,1,0,1,0,0 1,1\n1,1,0,2,0,1,0\n5,0,0,6,1,0,\n";
  const { dataset } = await read(text);
  assert.deepEqual([...dataset.episodeOffsets], [0, 2, 3]);
  assert.deepEqual([...dataset.allowed!], [1, 1, 0, 1, 1, 0, 1, 0, 0, 0]);
  assert.equal(
    await refusal(() => read(text.replace("next_allowed", "other"))),
    'f.csv: no column "next_allowed": what is allowed must be known in next observations too',
  );
});

Deno.test("CSV: a column of observations says nothing of an episode's end", async () => {
  const { dataset } = await read(
    "episode,done,action,reward,terminated\na,7,0,1,0\na,8,1,1,1\n",
    { columns: { observations: ["done"] } },
  );
  assert.deepEqual([...dataset.observations], [7, 8, 8]);
});

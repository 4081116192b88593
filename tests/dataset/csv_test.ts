import assert from "node:assert/strict";
import { datasetFromCsv } from "../../src/dataset/formats/csv.ts";
import type { TableColumns } from "../../src/dataset/formats/table_columns.ts";
import { inspectDataset } from "../../src/dataset/inspect.ts";
import { datasetToCsv } from "../../src/dataset/formats/csv_write.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { refusal } from "./refusal.ts";
import { smallDataset } from "./small.ts";

/** The bytes in pieces of that size. */
async function* pieces(bytes: Uint8Array, size: number) {
  for (let i = 0; i < bytes.length; i += size) {
    yield await Promise.resolve(bytes.subarray(i, i + size));
  }
}

function read(
  text: string | Uint8Array,
  columns?: TableColumns,
  actionCount?: number,
  onNote?: (note: string) => void,
) {
  const bytes = typeof text === "string"
    ? new TextEncoder().encode(text)
    : text;
  return datasetFromCsv(pieces(bytes, 7), "f.csv", {
    columns,
    actionCount,
    onNote,
  });
}

const SMALL =
  `episode,step,observation_0,observation_1,action,reward,terminated,truncated
0,0,0,0,0,-1,0,0
0,1,0,1,2,50,1,0
0,2,1,1,,,,
1,0,5,-0.5,1,-0.1,0,1
1,1,6,0.25,,,,
2,0,2,0,1,-1,0,0
2,1,2,1,1,-1,0,0
2,2,2,2,0,-100,0,0
2,3,2,3,,,,
`;

Deno.test("CSV: what is written, to the byte, and its way back", async () => {
  const bytes = datasetToCsv(smallDataset());
  assert.equal(new TextDecoder().decode(bytes), SMALL);
  for (let size = 1; size <= bytes.length + 1; size++) {
    const dataset = await datasetFromCsv(pieces(bytes, size), "f.csv");
    assert.deepEqual(dataset, smallDataset());
  }
});

Deno.test("CSV: every finite f32 comes back with its bits", async () => {
  const seed = 8;
  console.log(`seed ${seed}`);
  const stream = randomStream(seed, "test/csv");
  const n = 5000;
  const bits = Uint32Array.from({ length: n }, () => stream.integer(2 ** 32));
  const rewards = new Float32Array(bits.buffer).map((x) =>
    Number.isFinite(x) ? x : -0
  );
  rewards.set([1e-45, 3.4028234663852886e38, 16777216, 0.1, -0, 1 / 3]);
  const dataset = {
    observationSize: 1,
    actionCount: 1,
    observations: new Float32Array([...rewards, 7]),
    actions: new Int32Array(n),
    rewards,
    terminated: new Uint8Array(n),
    truncated: new Uint8Array(n),
    episodeOffsets: Uint32Array.of(0, n),
  };
  const again = await datasetFromCsv(pieces(datasetToCsv(dataset), 4096), "f");
  assert.deepEqual(again, dataset);
});

Deno.test("CSV: columns by name, quotes, blanks, CRLF, a byte-order mark, empty lines", async () => {
  const text = '\ufeffpatient,"dose, mg",age,note,outcome,last\r\n' +
    '"Ann ""A""",1, 71 ,"two\r\nlines",-1.5,False\r\n' +
    '"Ann ""A""","2.0",72,,+2e1,TRUE\r\n' +
    "\r\n" +
    "Bob,0,.5,,1.,true\r\n";
  const dataset = await read(text, {
    episode: "patient",
    observations: ["age"],
    action: "dose, mg",
    reward: "outcome",
    terminated: "last",
  }, 4);
  assert.deepEqual(dataset, {
    observationSize: 1,
    observationNames: ["age"],
    actionCount: 4,
    observations: Float32Array.of(71, 72, 72, 0.5, 0.5),
    actions: Int32Array.of(1, 2, 0),
    rewards: Float32Array.of(-1.5, 20, 1),
    terminated: Uint8Array.of(0, 1, 1),
    truncated: new Uint8Array(3),
    episodeOffsets: Uint32Array.of(0, 2, 3),
  });
});

Deno.test("CSV: the ends of episodes without a row for the final observation", async () => {
  const head = "episode,observation_0,action,reward";
  const rows = (...flags: string[]) =>
    `a,1,0,10${flags[0]}\na,2,1,20${flags[1]}\n`;
  const ends = async (text: string) => {
    const d = await read(text);
    return [
      [...d.observations],
      [...d.actions],
      [...d.rewards],
      d.terminated.at(-1),
      d.truncated.at(-1),
    ];
  };
  const both = `${head},terminated,truncated\n`;
  const done = [[1, 2, 2], [0, 1], [10, 20]];
  const cut = [[1, 2], [0], [10]];
  assert.deepEqual(await ends(both + rows(",0,0", ",1,0")), [...done, 1, 0]);
  assert.deepEqual(await ends(both + rows(",0,0", ",1,1")), [...done, 1, 1]);
  assert.deepEqual(await ends(both + rows(",0,0", ",0,1")), [...cut, 0, 1]);
  assert.deepEqual(await ends(both + rows(",0,0", ",0,0")), [...cut, 0, 0]);
  assert.deepEqual(await ends(`${head}\n${rows("", "")}`), [...done, 1, 0]);
  assert.deepEqual(
    await ends(`${head},truncated\n${rows(",0", ",1")}`),
    [...cut, 0, 1],
  );
  assert.deepEqual(
    await ends(`${head},truncated\n${rows(",0", ",0")}`),
    [...done, 1, 0],
  );
  const final = [[1, 2, 3], [0, 1], [10, 20]];
  assert.deepEqual(
    await ends(`${head}\n${rows("", "")}a,3,,\n`),
    [...final, 1, 0],
  );
  assert.deepEqual(
    await ends(`${head},truncated\n${rows(",0", ",1")}a,3,,,0\n`),
    [...final, 0, 1],
  );
});

const RENAME =
  "if this column says nothing about the end of an episode, rename it";

Deno.test("CSV: every bad row is reported with its line", async () => {
  const change = (line: number, row: string) => {
    const lines = SMALL.split("\n");
    lines[line - 1] = row;
    return refusal(() => read(lines.join("\n")));
  };
  const bad = (line: number, what: string) =>
    `f.csv: 1 bad row: line ${line}: ${what}`;
  const cases: [number, string, string][] = [
    [2, "0,0,0,0,0,-1,0", "7 cells instead of 8"],
    [2, '0,0,"0"x,0,0,-1,0,0', "text after a closing quote"],
    [
      2,
      "0,0,abc,0,0,-1,0,0",
      '"observation_0" is "abc", not a number',
    ],
    [
      2,
      "0,0,0,,0,-1,0,0",
      '"observation_1" is "", not a number',
    ],
    [
      2,
      "0,0,0,4e38,0,-1,0,0",
      '"observation_1" is "4e38", too large for 32 bits',
    ],
    [
      2,
      "0,0,0,NaN,0,-1,0,0",
      '"observation_1" is "NaN", not a number',
    ],
    [2, "0,0,0,0,1.5,-1,0,0", '"action" is "1.5", not an integer'],
    [
      2,
      "0,0,0,0,9007199254740992,-1,0,0",
      '"action" is "9007199254740992", beyond ±2^53',
    ],
    [
      2,
      "0,0,0,0,nan,-1,0,0",
      '"action" is "nan", neither an integer nor a name',
    ],
    [
      2,
      `0,0,0,0,${"ab".repeat(101)},-1,0,0`,
      `"action" is "${"ab".repeat(19)}a…", neither an integer nor a name`,
    ],
    [
      3,
      "0,1,0,1,left,50,1,0",
      '"action" is "left", where earlier actions are integers',
    ],
    [
      2,
      "0,0,0,0,0,1e39,0,0",
      '"reward" is "1e39", too large for 32 bits',
    ],
    [2, "0,0,0,0,0,0x1,0,0", '"reward" is "0x1", not a number'],
    [2, "0,0,0,0,0,-1,2,0", '"terminated" is "2", neither 0 nor 1; ' + RENAME],
    [2, "0,0,0,0,0,-1,0,", '"truncated" is "", neither 0 nor 1; ' + RENAME],
    [
      2,
      "0,x,0,0,0,-1,0,0",
      '"step" is "x", neither a number nor a date such as 2024-12-31',
    ],
    [3, "0,0,0,1,2,50,1,0", '"step" is "0", not after step 0'],
    [3, "0,-1,0,1,2,50,1,0", '"step" is "-1", not after step 0'],
    [3, "0,1,0,1,,,,", "a row after the end of its episode"],
    [4, "0,2,1,1,,5,,", "a reward or an end without action"],
    [4, "0,2,1,1,,,1,", "a reward or an end without action"],
    [4, "0,2,1,1,0,0,0,0", "a row after the end of its episode"],
    [
      10,
      "0,0,2,3,0,0,1,0",
      'episode "0" continues after another one; sort the rows by episode',
    ],
    [10, "3,0,2,3,,,,", "the episode has no action"],
  ];
  for (const [line, row, what] of cases) {
    // A row that ends its episode too early is noticed on the line after it.
    const where = row === "0,1,0,1,,,," ? line + 1 : line;
    assert.equal(await change(line, row), bad(where, what), row);
  }
  assert.equal(
    await refusal(() => read(SMALL, {}, 2)),
    bad(3, '"action" is "2", not an integer from 0 to 1'),
  );
});

Deno.test("CSV: the source's own action codes and names are kept", async () => {
  const of = async (codes: string[], actionCount?: number) => {
    const notes: string[] = [];
    const rows = codes.map((code, i) => `e,${i},${code},0\n`).join("");
    const dataset = await read(
      `episode,observation_0,choice,reward\n${rows}`,
      { action: "choice" },
      actionCount,
      (note) => notes.push(note),
    );
    const { actionCount: count, actionNames, actions } = dataset;
    const text = new TextDecoder().decode(datasetToCsv(dataset));
    const written = text.trim().split("\n").slice(1, -1).map((row) =>
      row.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)[3]
    );
    const again = await datasetFromCsv(
      pieces(datasetToCsv(dataset), 5),
      "again",
      { actionCount },
    );
    assert.deepEqual(again, dataset);
    return { count, actionNames, actions: [...actions], written, notes };
  };
  const plain = await of(["2", "0", "1"]);
  assert.deepEqual(plain.actionNames, undefined);
  assert.deepEqual([plain.count, plain.actions], [3, [2, 0, 1]]);
  assert.doesNotMatch(`${plain.notes}`, /choice/);

  const gap = await of(["3", "0", "1"]);
  assert.deepEqual(gap.actionNames, ["0", "1", "3"]);
  assert.deepEqual(gap.actions, [2, 0, 1]);
  assert.deepEqual(gap.written, ["3", "0", "1"]);
  assert(
    gap.notes.includes("choice: 3 actions, which keep their names: 0, 1, 3"),
  );
  const declared = await of(["3", "0", "1"], 5);
  assert.deepEqual(declared.actionNames, undefined);
  assert.deepEqual([declared.count, declared.actions], [5, [3, 0, 1]]);

  const negative = await of(["10", "-3.0", "-20", "1234567890123"]);
  assert.deepEqual(negative.actionNames, ["-20", "-3", "10", "1234567890123"]);
  assert.deepEqual(negative.actions, [2, 1, 0, 3]);

  const names = await of(["right", '"left, ""slow"""', "right", "Émile"]);
  assert.deepEqual(names.actionNames, ['left, "slow"', "right", "Émile"]);
  assert.deepEqual(names.actions, [1, 0, 1, 2]);
  assert.deepEqual(names.written, [
    "right",
    '"left, ""slow"""',
    "right",
    "Émile",
  ]);
});

Deno.test("CSV: a byte-order mark inside the file makes two names of one", async () => {
  const text =
    "episode,observation_0,action,reward\na,1,up,0\nb,1,\ufeffup,0\n";
  assert.equal(
    await refusal(() => read(text)),
    'f.csv: 1 bad row: line 3: "action" is "\\ufeffup", neither an integer nor a name',
  );
});

Deno.test("CSV: integers that 32-bit floats cannot hold are rounded, with a note a column", async () => {
  const notes: string[] = [];
  const dataset = await read(
    "episode,volume,price,action,cents,terminated\n" +
      "0,123456789,0.1,0,16777217,0\n0,99999999,0.7,1,-20000001,1\n",
    { observations: ["volume", "price"], reward: "cents" },
    undefined,
    (note) => notes.push(note),
  );
  assert.deepEqual(
    dataset.observations,
    Float32Array.of(123456792, 0.1, 1e8, 0.7, 1e8, 0.7),
  );
  assert.deepEqual(dataset.rewards, Float32Array.of(16777216, -20000000));
  assert.deepEqual(notes, [
    "volume: 2 numbers rounded to 32-bit floats, the first from 123456789 to 123456792",
    "cents: 2 numbers rounded to 32-bit floats, the first from 16777217 to 16777216",
  ]);
});

Deno.test("CSV: twenty bad rows are listed and the rest counted", async () => {
  const head = "episode,observation_0,action,reward\n";
  const rows = Array.from({ length: 50 }, (_, i) => `${i},x,0,0\n`).join("");
  const message = await refusal(() => read(head + rows));
  assert.match(
    message,
    /^f\.csv: 50 bad rows: line 2: "obs.*; line 21: "[^;]* … and 30 more$/,
  );
  assert.equal(message.match(/line/g)!.length, 20);
  // Lines within quotes count too.
  const quoted = `episode,note,observation_0,action,reward
a,"two
lines",1,0,0
a,,x,0,0
`;
  assert.equal(
    await refusal(() => read(quoted)),
    'f.csv: 1 bad row: line 4: "observation_0" is "x", not a number',
  );
  const one = `a,x,0,0\n${"a,1,0,0\n".repeat(5)}a,1,,\na,1,0,0\nb,1,0,0\n`;
  assert.equal(
    await refusal(() => read(head + one)),
    'f.csv: 1 bad row: line 2: "observation_0" is "x", not a number',
  );
});

/** A file of the cases, the notes about it, and how its episodes end. */
async function readCase(name: string) {
  const url = new URL(`../fixtures/cases/${name}.csv`, import.meta.url);
  const notes: string[] = [];
  const dataset = await read(
    Deno.readFileSync(url),
    {},
    undefined,
    (note) => notes.push(note),
  );
  return { dataset, notes, ends: inspectDataset(dataset).ends };
}

Deno.test("CSV: d4.csv, whose ends have D4RL's names", async () => {
  const { dataset, notes, ends } = await readCase("d4");
  // Both episodes end with a time limit; what their last actions led to is not in the file.
  assert.deepEqual(ends, { terminated: 0, truncated: 2, both: 0, none: 0 });
  assert.deepEqual(dataset, {
    observationSize: 1,
    actionCount: 1,
    observations: Float32Array.of(1, 2, 1, 5),
    actions: Int32Array.of(0, 0),
    rewards: Float32Array.of(1, 1),
    terminated: Uint8Array.of(0, 0),
    truncated: Uint8Array.of(1, 1),
    episodeOffsets: Uint32Array.of(0, 1, 2),
  });
  assert.deepEqual(notes, [
    "terminals: taken for terminated",
    "timeouts: taken for truncated",
    "2 episodes end unterminated and without a row for the final observation: " +
    "the last row gives it, and its action and reward are not used",
  ]);
});

Deno.test("CSV: an episode of one step whose outcome is not there is left out, as in a d3rlpy dump", async () => {
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  const head = "episode,observation_0,action,reward,terminated,truncated\n";
  const { observations, actions, episodeOffsets } = await read(
    `${head}a,1,7,1,0,1\nb,2,0,1,1,0\nc,3,0,1,0,0\nd,4,1,1,1,0\n`,
    {},
    undefined,
    onNote,
  );
  assert.deepEqual([...observations], [2, 2, 4, 4]);
  assert.deepEqual([...actions], [0, 1]);
  assert.deepEqual([...episodeOffsets], [0, 1, 2]);
  assert.equal(
    await refusal(() => read(`${head}a,1,7,1,0,1\n`, {}, undefined, onNote)),
    "f.csv: it holds no transition",
  );
  const what = "one row, not terminated, and none for the final observation: " +
    "they hold no transition and are left out";
  assert.deepEqual(notes, [
    `2 episodes have ${what}`,
    `1 episode has ${what}`,
  ]);
});

Deno.test("CSV: gs.csv, as spreadsheets write it", async () => {
  const { dataset, notes, ends } = await readCase("gs");
  assert.deepEqual(ends, { terminated: 1, truncated: 0, both: 0, none: 0 });
  assert.deepEqual([...dataset.observations], [1, 2, 2]);
  assert.deepEqual([...dataset.actions], [0, 1]);
  assert.deepEqual(notes, [
    "no column says how an episode ends: each is taken for terminated with its last action; " +
    "if that is wrong, name its column with --truncated COLUMN (deno task dataset convert)",
    "the last row has no line end; it is taken to be whole",
  ]);
});

Deno.test("CSV: volume.csv is rounded, bigact.csv has three actions", async () => {
  const volume = await readCase("volume");
  assert.deepEqual(
    volume.dataset.observations,
    Float32Array.of(123456792, 34567892, 1e8, 3, 1e8, 3),
  );
  assert.deepEqual(volume.notes, [
    "observation_0: 2 numbers rounded to 32-bit floats, the first from 123456789 to 123456792",
    "observation_1: 1 number rounded to 32-bit floats, the first from 34567891 to 34567892",
  ]);
  const { dataset, notes } = await readCase("bigact");
  assert.equal(dataset.actionCount, 3);
  assert.deepEqual(dataset.actionNames, ["0", "10", "1234567890"]);
  assert.deepEqual([...dataset.actions], [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  assert.deepEqual(notes, [
    "action: 3 actions, which keep their names: 0, 10, 1234567890",
  ]);
});

Deno.test("CSV: ends of episodes under other names", async () => {
  const ends = async (
    names: string,
    flags: [string, string],
    columns: TableColumns = {},
  ) => {
    const notes: string[] = [];
    const { terminated, truncated } = await read(
      `episode,observation_0,action,reward,${names}\n` +
        `a,1,0,10,${flags[0]}\na,2,1,20,${flags[1]}\na,3,,,${
          ",".repeat(names.split(",").length - 1)
        }\n`,
      columns,
      undefined,
      (note) => notes.push(note),
    );
    return [terminated[1], truncated[1], ...notes];
  };
  const taken = (name: string, role: string) => `${name}: taken for ${role}`;
  for (
    const name of [
      "terminations",
      "Terminal",
      "TERMINALS",
      "is_terminal",
      "isTerminal",
    ]
  ) {
    assert.deepEqual(await ends(name, ["0", "1"]), [
      1,
      0,
      taken(name, "terminated"),
    ]);
    assert.deepEqual(await ends(name, ["0", "0"]), [
      0,
      0,
      taken(name, "terminated"),
    ]);
  }
  for (
    const name of [
      "truncations",
      "Timeout",
      "timeouts",
      "TimeLimit.truncated",
    ]
  ) {
    const [terminated, truncated, note] = await ends(name, ["0", "1"]);
    assert.deepEqual([terminated, truncated], [0, 1]);
    assert.equal(note, taken(name, "truncated"));
  }
  const truncate =
    "name its column with --truncated COLUMN (deno task dataset convert)";
  for (const name of ["done", "Dones", "is_last", "IsLast", "end"]) {
    const note = `${name}: taken for terminated; ` +
      `if a limit ended some of these episodes, ${truncate}`;
    assert.deepEqual(await ends(name, ["0", "1"]), [1, 0, note]);
    assert.deepEqual(await ends(name, ["false", "false"]), [0, 0, note]);
    // The user knows better.
    assert.deepEqual(
      await ends(name, ["0", "1"], { terminated: name }),
      [1, 0],
    );
    assert.deepEqual(await ends(name, ["0", "1"], { truncated: name }), [0, 1]);
    assert.deepEqual(await ends(name, ["0", "0"], { truncated: name }), [0, 0]);
  }
  // What ended it is in the other column.
  const timeouts = [
    taken("timeouts", "truncated"),
    "dones: taken for terminated where timeouts is not set",
  ];
  assert.deepEqual(await ends("dones,timeouts", ["0,0", "1,1"]), [
    ...[0, 1],
    ...timeouts,
  ]);
  assert.deepEqual(await ends("dones,timeouts", ["0,0", "1,0"]), [
    ...[1, 0],
    ...timeouts,
  ]);
  const last = [
    taken("is_terminal", "terminated"),
    "is_last: taken for truncated where is_terminal is not set",
  ];
  assert.deepEqual(await ends("is_last,is_terminal", ["0,0", "1,1"]), [
    ...[1, 0],
    ...last,
  ]);
  assert.deepEqual(await ends("is_last,is_terminal", ["0,0", "1,0"]), [
    ...[0, 1],
    ...last,
  ]);
  assert.deepEqual(
    await ends("done,terminated,note,truncated", ["0,0,x,0", "1,0,y,1"]),
    [0, 1, 'columns not used: "note"'],
  );
  // Columns that contradict each other: no choice is made between them.
  const bad = (column: string, flag: string, what: string) =>
    `f.csv: 1 bad row: line 3: "${column}" is "${flag}", but ${what}; ${RENAME}`;
  for (
    const [names, flags, message] of [
      ["terminated,done", "1,0", bad("done", "0", '"terminated" is set')],
      ["done,terminal", "0,1", bad("done", "0", '"terminal" is set')],
      [
        "terminated,truncated,done",
        "1,0,0",
        bad("done", "0", '"terminated" is set'),
      ],
      [
        "terminated,truncated,is_last",
        "0,0,1",
        bad("is_last", "1", 'neither "terminated" nor "truncated" is set'),
      ],
      [
        "terminated,terminals",
        "0,1",
        bad("terminals", "1", '"terminated" says the opposite'),
      ],
      [
        "timeout,truncated",
        "1,0",
        bad("timeout", "1", '"truncated" says the opposite'),
      ],
    ]
  ) {
    const before = flags.replaceAll("1", "0");
    assert.equal(await refusal(() => ends(names, [before, flags])), message);
  }
  for (
    const [names, flags, terminated, truncated] of [
      // "done" may stand for the environment's own ends alone.
      ["truncated,done", "1,0", 0, 1],
      ["terminated,truncated,done", "0,1,0", 0, 1],
      // Times, not flags.
      ["terminated,truncated,end", "1,0,12:30", 1, 0],
      ["terminated,terminal", "1,1", 1, 0],
    ] as const
  ) {
    const before = flags.replaceAll("1,", "0,").replace(/1$/, "0");
    assert.deepEqual(
      (await ends(names, [before, flags])).slice(0, 2),
      [terminated, truncated],
    );
  }
  assert.equal(
    await refusal(() =>
      ends("done", ["0", "1"], { terminated: "done", truncated: "done" })
    ),
    'f.csv: column "done" is named for both terminated and truncated',
  );
  assert.equal(
    await refusal(() => ends("terminal,is_terminal", ["0,0", "0,0"])),
    'f.csv: each of the columns "terminal", "is_terminal" may say that an episode is terminated; ' +
      "name its column with --terminated COLUMN (deno task dataset convert)",
  );
  assert.equal(
    await refusal(() => ends("end", ["12:30", "12:40"])),
    `f.csv: 2 bad rows: line 2: "end" is "12:30", neither 0 nor 1; ${RENAME}; ` +
      `line 3: "end" is "12:40", neither 0 nor 1; ${RENAME}`,
  );
});

Deno.test("CSV: steps that do not grow by 1 are noted", async () => {
  const text = (steps: (number | string)[]) =>
    "episode,t,observation_0,action,reward,terminated\n" +
    steps.map((step, i) =>
      `${Math.floor(i / 3)},${step},1,0,0,${i % 3 === 2 ? 1 : 0}\n`
    ).join("");
  const notesOf = async (steps: (number | string)[]) => {
    const notes: string[] = [];
    await read(
      text(steps),
      { step: "t" },
      undefined,
      (note) => notes.push(note),
    );
    return notes;
  };
  assert.deepEqual(await notesOf([4, 5, 6, -1, 0, 1]), []);
  assert.deepEqual(await notesOf([0, 10, 20, 0, 10, 20]), [
    "t: grows by other than 1 in 4 rows, the first from 0 to 10 in line 3; " +
    "rows are taken for consecutive steps",
  ]);
  assert.deepEqual(await notesOf([0, 1, 2, 0, 1, 3.5]), [
    "t: grows by other than 1 in 1 row, the first from 1 to 3.5 in line 7; " +
    "rows are taken for consecutive steps",
  ]);
});

Deno.test("CSV: a step may be a date or a time, which counts in days", async () => {
  const read3 = (steps: string[], onNote?: (note: string) => void) =>
    read(
      "episode,day,observation_0,action,reward,terminated\n" +
        steps.map((step, i) => `0,${step},1,0,0,${i === 2 ? 1 : 0}\n`).join(""),
      { step: "day" },
      undefined,
      onNote,
    );
  const notes: string[] = [];
  const days = ["2024-02-28", "2024-02-29", "2024-03-01"];
  const note = (text: string) => void notes.push(text);
  await read3(days, note);
  assert.deepEqual(notes, []);
  await read3(
    ["2024-02-28", "2024-02-28 12:00", "2024-02-28T23:00:00+01:00"],
    note,
  );
  assert.deepEqual(notes, [
    "day: grows by other than 1 in 2 rows, the first from 2024-02-28 to " +
    "2024-02-28T12:00:00.000Z in line 3; rows are taken for consecutive steps",
  ]);
  assert.equal(
    await refusal(() => read3(days.toReversed())),
    'f.csv: 1 bad row: line 3: "day" is "2024-02-29", not after step 2024-03-01',
  );
  for (const wrong of ["28.02.2024", "2024-13-01", "Monday", "12:30"]) {
    assert.equal(
      await refusal(() => read3([wrong, ...days.slice(1)])),
      `f.csv: 1 bad row: line 2: "day" is "${wrong}", ` +
        "neither a number nor a date such as 2024-12-31",
    );
  }
});

Deno.test("CSV: files that are not a data set", async () => {
  const message = (text: string | Uint8Array, columns?: TableColumns) =>
    refusal(() => read(text, columns));
  assert.equal(await message(""), "f.csv: it has no header");
  assert.equal(
    await message("a|b\n1|2\n"),
    'f.csv: no column "episode"; its columns are "a|b" ' +
      "(columns must be separated by commas, semicolons or tabs)",
  );
  assert.equal(
    await message("episode,observation_1,action,reward\n"),
    'f.csv: no column "observation_0"; its columns are "episode", "observation_1", "action", "reward"; ' +
      "name its column with --observations COLUMN,… (deno task dataset convert)",
  );
  assert.equal(
    await message("episode,action,action,reward,observation_0\n"),
    'f.csv: more than one column "action"',
  );
  assert.equal(
    await message(SMALL, { terminated: "done" }),
    'f.csv: no column "done"; its columns are "episode", "step", "observation_0", ' +
      '"observation_1", "action", "reward", "terminated", "truncated"',
  );
  assert.equal(
    await message(SMALL.split("\n")[0] + "\n"),
    "f.csv: it holds no transition",
  );
  for (const [cut, what] of [[4, "5 cells"], [30, "1 cells"]] as const) {
    assert.equal(
      await message(SMALL.slice(0, -cut)),
      `f.csv: 1 bad row: line ${cut === 4 ? 10 : 9}: ${what} instead of 8; ` +
        "the last row has no line end: is the file cut?",
    );
  }
  assert.equal(
    await message(SMALL + '3,0,"2'),
    "f.csv: line 11: a quote is not closed; is the file cut?",
  );
  assert.equal(
    await message(SMALL.replaceAll("\n", "\r")),
    "f.csv: its header holds a lone carriage return; lines must end in LF or CRLF",
  );
  assert.equal(
    await message(SMALL, { observations: ["observation_0", "observation_0"] }),
    "f.csv: --observations: names a column twice",
  );
  const latin1 = Uint8Array.from(
    SMALL.replace("reward", "gewährt"),
    (character) => character.charCodeAt(0),
  );
  assert.equal(
    await message(latin1),
    "f.csv: its header is not UTF-8; save the file as UTF-8",
  );
  const broken = new TextEncoder().encode(SMALL);
  broken[SMALL.indexOf("\n1,") + 1] = 0xff;
  assert.equal(
    await message(broken),
    "f.csv: 2 bad rows: line 5: the episode is not UTF-8; save the file as UTF-8; " +
      "line 6: the episode has no action",
  );
  const columns = "episode,observation_0,action,reward,terminated,outcome," +
    "propensity,allowed\n";
  const cells = ["0", "1", "go", "2", "1", "well", "0.5", "go stay"];
  for (const [at, column] of columns.trim().split(",").entries()) {
    const bytes = new TextEncoder().encode(`${columns}${cells}\n`);
    bytes[columns.length + cells.slice(0, at).join().length + Math.sign(at)] =
      0xe4;
    const what = at === 0 ? "the episode" : `"${column}"`;
    assert.equal(
      await message(bytes),
      `f.csv: 1 bad row: line 2: ${what} is not UTF-8; save the file as UTF-8`,
    );
  }
});

Deno.test("CSV: a quote that is never closed is noticed before the end", async () => {
  async function* endless() {
    yield new TextEncoder().encode(SMALL + '"');
    for (let i = 0; i < 20; i++) {
      yield await Promise.resolve(new Uint8Array(1 << 20));
    }
    assert.fail("read on");
  }
  assert.equal(
    await refusal(() => datasetFromCsv(endless(), "f.csv")),
    "f.csv: line 11: no end of the row within 16 MiB; is a quote not closed?",
  );
});

Deno.test("CSV: propensities come back with their bits, and must be probabilities", async () => {
  const propensities = Float64Array.of(1, 0.1, 1 / 3, 0.95, 5e-324, 0.5);
  const dataset = { ...smallDataset(), propensities };
  const bytes = datasetToCsv(dataset);
  assert.deepEqual(await read(bytes), dataset);
  const text = new TextDecoder().decode(bytes);
  const named = text.replace("propensity", "p");
  assert.deepEqual(await read(named, { propensity: "p" }), dataset);
  assert.equal((await read(named)).propensities, undefined);
  for (const value of ["0", "1.01", "-0.5", "", "x"]) {
    const wrong = text.replace(",0.95\n", `,${value}\n`);
    assert.match(
      await refusal(() => read(wrong)),
      /line 7: "propensity" is ".*", not a probability above 0/,
    );
  }
});

Deno.test("CSV: the outcomes of episodes in the source's words", async () => {
  const outcomes = {
    names: ["died", 'home, "well"'],
    ofEpisode: Uint8Array.of(2, 0, 1),
  };
  const dataset = { ...smallDataset(), outcomes };
  const bytes = datasetToCsv(dataset);
  assert.deepEqual(await read(bytes), dataset);
  const text = new TextDecoder().decode(bytes);
  const named = text.replace("outcome", "o");
  assert.deepEqual(await read(named, { outcome: "o" }), dataset);
  assert.equal((await read(named)).outcomes, undefined);
  // In each row, as a join of tables leaves it; the last one counts.
  const joined = text.replace("0,0,0,0,0,-1,0,0,", "0,0,0,0,0,-1,0,0,died");
  assert.deepEqual(await read(joined), dataset);
  const long = text.replace("died", "x".repeat(101));
  assert.match(await refusal(() => read(long)), /must have from 1 to 100/);
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { openDataset } from "../../src/dataset/formats/dataset_file.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

function dataset(...args: string[]) {
  return datasetOf(new Uint8Array(0), ...args);
}

/** The command with these bytes on stdin. */
async function datasetOf(stdin: Uint8Array, ...args: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--frozen",
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "scripts/dataset.ts",
      ...args,
    ],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // Who is refused at once reads nothing.
  await writer.write(stdin).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("dataset: a log of decisions, converted and looked at", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const log = join(folder, "log.csv");
    Deno.writeTextFileSync(
      log,
      "patient,age,pressure,dose,benefit,died\n" +
        "ann,71,145,1,-0.2,0\nann,71,138,0,0.1,1\nbob,64,160,2,-0.5,1\n",
    );
    const columns = [
      ["--episode", "patient"],
      ["--observations", "age,pressure"],
      ["--action", "dose"],
      ["--reward", "benefit"],
      ["--terminated", "died"],
    ].flat();
    const converted = await dataset(
      "convert",
      log,
      "--to",
      "minari",
      ...columns,
    );
    const target = join(folder, "log-minari");
    assert.deepEqual(converted, {
      code: 0,
      stdout: `${target}: 3 transitions\n`,
      stderr:
        `note: ${target}: the format has no place for the names of the observation's ` +
        "numbers: they are observation_0 … in it\n",
    });
    assert.deepEqual(await openDataset(target), {
      observationSize: 2,
      actionCount: 3,
      observations: Float32Array.of(
        71,
        145,
        71,
        138,
        71,
        138,
        64,
        160,
        64,
        160,
      ),
      actions: Int32Array.of(1, 0, 2),
      rewards: Float32Array.of(-0.2, 0.1, -0.5),
      terminated: Uint8Array.of(0, 1, 1),
      truncated: new Uint8Array(3),
      episodeOffsets: Uint32Array.of(0, 2, 3),
    });
    const info = await dataset("info", target);
    assert.equal(info.code, 0);
    assert.match(info.stdout, /^episodes +2\ntransitions +3\n/m);
    assert.match(info.stdout, /^suspicious: large \(beyond ±100\)/m);

    const again = await dataset("convert", log, "--to", "minari", ...columns);
    assert.deepEqual(again, {
      code: 2,
      stdout: "",
      stderr: `error: ${target}: exists already; choose another path\n`,
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("dataset: what was changed in reading is noted on stderr, names stay", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const log = join(folder, "log.csv");
    Deno.writeTextFileSync(
      log,
      "episode,observation_0,action,reward,terminated\n" +
        "0,16777217,left,1,0\n0,5,right,0,1\n",
    );
    const target = join(folder, "log.safetensors");
    const notes =
      `note: ${log}: observation_0: 1 number rounded to 32-bit floats, the first from 16777217 to 16777216
note: ${log}: action: 2 actions, which keep their names: left, right
`;
    assert.deepEqual(await dataset("convert", log, "--to", "safetensors"), {
      code: 0,
      stdout: `${target}: 2 transitions\n`,
      stderr: notes,
    });
    const dump = join(folder, "log.h5");
    assert.equal(
      (await dataset("convert", target, "--to", "d3rlpy")).stderr,
      `note: ${dump}: the format has no place for the actions' names: they are 0 … 1 in it\n`,
    );
    const { stdout, stderr } = await dataset("info", target);
    assert.equal(stderr, "");
    assert.match(
      stdout,
      /^action left +1 +50 %\naction right +1 +50 %$/m,
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("dataset: allowed actions, from a column by name, in one line, and left out by d3rlpy's format", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const log = join(folder, "log.csv");
    Deno.writeTextFileSync(
      log,
      "episode,observation_0,action,reward,terminated,may\n" +
        "0,1,0,1,0,0 2\n0,5,1,0,1,1\n",
    );
    const { stdout } = await dataset("info", log, "--allowed", "may");
    assert.match(
      stdout,
      /^allowed +1.5 of 3 actions in the mean, from 1 to 2$/m,
    );
    const dump = join(folder, "log.h5");
    const { stderr } = await dataset(
      "convert",
      log,
      "--allowed",
      "may",
      "--to",
      "d3rlpy",
    );
    assert.equal(
      stderr.split("\n").at(-2),
      `note: ${dump}: the format has no place for the allowed actions: they are left out`,
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("dataset: stdin, packed or not, and what it must be", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const tables = new URL("../fixtures/tables/", import.meta.url);
    const read = (name: string) => Deno.readFileSync(new URL(name, tables));
    const log = read("log.csv");
    const parquet = read("typed.parquet");
    const forms: [Uint8Array, ...string[]][] = [
      [log],
      [gzipSync(log), "--format", "csv"],
      [parquet, "--format", "parquet"],
      [gzipSync(parquet)],
      [read("arrays.npz")],
    ];
    for (const [i, [bytes, ...flags]] of forms.entries()) {
      const out = join(folder, `${i}.csv`);
      const to = ["convert", "-", "--to", "csv", "--out", out];
      const { code, stdout } = await datasetOf(bytes, ...to, ...flags);
      assert.deepEqual([code, stdout], [0, `${out}: 9 transitions\n`]);
      assert.deepEqual(Deno.readFileSync(out), log);
    }
    const { stdout } = await datasetOf(log, "info", "-");
    assert.match(stdout, /^stdin\nepisodes +4\n/);
    const packed = join(folder, "log.csv.gz");
    Deno.writeFileSync(packed, gzipSync(log));
    const converted = await dataset("convert", packed, "--to", "safetensors");
    assert.equal(
      converted.stdout,
      `${join(folder, "log.safetensors")}: 9 transitions\n`,
    );
    const refusals: [Uint8Array, string[], string][] = [
      [log, ["info", "-", "--format", "hdf5"], "stdin: is csv, not hdf5"],
      [
        log,
        ["convert", "-", "--to", "csv"],
        "convert: say where to put stdin's data, --out PATH",
      ],
      [new Uint8Array(0), ["info", "-"], "stdin: is empty"],
      [
        log,
        ["info", "-", "--decimal", "dot"],
        '--decimal: unknown "dot"; known: point, comma',
      ],
    ];
    for (const [bytes, args, message] of refusals) {
      const { code, stderr } = await datasetOf(bytes, ...args);
      assert.deepEqual([code, stderr], [2, `error: ${message}\n`]);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("dataset: columns of a table by their flags, and their names in info", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const log = join(folder, "log.csv");
    Deno.writeTextFileSync(
      log,
      "age;dose;benefit;later;died\n64,5;1;0;65,5;0\n65,5;0;1;66;1\n",
    );
    const { code, stdout, stderr } = await dataset(
      "info",
      log,
      ...["--observations", "age", "--next-observations", "later"],
      ...["--action", "dose", "--reward", "benefit", "--terminated", "died"],
      ...["--decimal", "comma"],
    );
    assert.equal(code, 0);
    assert.match(stdout, /^age +64\.5 /m);
    assert.match(stderr, /^note: .*: 1 episode is put together from 2/m);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("dataset: mistakes get one line and code 2", async () => {
  const cases: [string[], string][] = [
    [[], "no command; deno task dataset --help shows the two"],
    [["inf"], 'unknown command "inf"; deno task dataset --help shows the two'],
    [["info"], "info: no file is given"],
    [["info", "a", "--to", "csv"], "info: takes neither --to nor --out"],
    [
      ["convert", "a"],
      "convert: say the format, --to safetensors|d3rlpy|minari|csv",
    ],
    [
      ["convert", "a", "b", "--to", "csv", "--out", "c"],
      "--out: names one path, but several files are given",
    ],
    [["info", "nowhere"], "nowhere: does not exist"],
  ];
  for (const [args, message] of cases) {
    assert.deepEqual(await dataset(...args), {
      code: 2,
      stdout: "",
      stderr: `error: ${message}\n`,
    });
  }
});

Deno.test("dataset: who acted and how episodes ended are left out by d3rlpy's and Minari's formats, with a note", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const columns = {
      propensity: ["0.5", "propensities"],
      outcome: ["well", "outcomes"],
      "propensity,outcome": ["0.5,well", "propensities and outcomes"],
    };
    for (const [names, [cells, lost]] of Object.entries(columns)) {
      const log = join(folder, `${lost}.csv`);
      Deno.writeTextFileSync(
        log,
        `episode,observation_0,action,reward,terminated,${names}\n` +
          `0,1,0,1,1,${cells}\n1,5,1,0,1,${cells}\n`,
      );
      for (const to of ["d3rlpy", "minari", "csv", "safetensors"]) {
        const target = join(folder, `${lost}-${to}`);
        const { stderr } = await dataset(
          ...["convert", log, "--to", to, "--out", target],
        );
        assert.equal(
          stderr,
          to === "csv" || to === "safetensors"
            ? ""
            : `note: ${target}: the format has no place for ${lost}: they are left out\n`,
        );
      }
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

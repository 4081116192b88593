import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { resolveConfig } from "../../src/config/resolve.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import {
  backends,
  deterministicHashes,
  inFolder,
  runScriptOf,
  scriptCommand,
  scriptResult,
  smallConfig,
  smallOverrides,
  snapshot,
} from "../run/small_run.ts";
import { tosses } from "../run/small_log.ts";

const [, [, wasm]] = backends;
const pipeline = (...args: string[]) => runScriptOf("pipeline", ...args);

function writeJson(path: string, value: unknown): string {
  Deno.writeTextFileSync(path, JSON.stringify(value));
  return path;
}

Deno.test("--help names every flag and ends with 0", async () => {
  const { code, stdout, stderr } = await pipeline("--help");
  equal(code, 0);
  equal(stderr, "");
  const flags = [...stdout.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, f]) => f);
  for (
    const flag of [
      ...["preset", "config", "seed", "backend", "dataset", "out", "resume"],
      ...["checkpoint-every", "threads", "help"],
    ]
  ) ok(flags.includes(flag), flag);
});

Deno.test(
  "bad input: exit code 2, one line on stderr, nothing on stdout, nothing touched",
  inFolder(async (folder) => {
    const out = join(folder, "new");
    const held = join(folder, "held");
    Deno.mkdirSync(held);
    Deno.writeTextFileSync(join(held, "config.json"), "another run");
    const file = (name: string, text: string) => {
      Deno.writeTextFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const unknownKey = file(
      "unknown.json",
      '{"algorithms": {"cql": {"alhpa": 1}}}',
    );
    const wrongType = file("type.json", '{"dataset": {"episodes": "many"}}');
    const conflict = file(
      "conflict.json",
      '{"environment": {"start": [99, 0]}}',
    );
    const damaged = file("damaged.json", '{"seed": 1');
    const twice = file(
      "twice.json",
      '{"dataset": {"epsilon": 0, "epsilon": 1}}',
    );
    const world = file("env.json", '{"environment":{}}');
    const customers = file(
      "customers.csv",
      "episode,observation_0,action,reward,terminated,truncated\n" +
        "0,1,0,1,0,1\n0,1,,,,\n1,1,1,1.5,1,0\n1,1,,,,\n",
    );
    const own = join(folder, "own.safetensors");
    Deno.writeFileSync(own, datasetToSafetensors(tosses()));
    const noData = file("data.safetensors", "\x10\0\0\0\0\0\0\0{not a header}");
    const cases: readonly (readonly [string[], RegExp])[] = [
      [["--sede", "1"], /unknown flag --sede; did you mean --seed\?$/],
      [["--seed", "x"], /--seed: must be an integer from 0 to/],
      [["--backend", "cuda"], /--backend: unknown "cuda"; /],
      [["--threads", "0"], /--threads: must be an integer from 1 to 256/],
      [["--checkpoint-every", "0"], /--checkpoint-every: must be an integer/],
      [["--preset", "smok"], /unknown preset "smok"; did you mean smoke\?$/],
      [["extra"], /unexpected argument "extra"/],
      [
        ["--config", unknownKey],
        /algorithms\.cql\.alhpa: unknown key; did you mean alpha\?$/,
      ],
      [
        ["--config", wrongType],
        /dataset\.episodes: must be an integer .*, not "many"$/,
      ],
      [
        ["--config", conflict],
        /environment\.start: \[99,0\] is outside the grid of size 8$/,
      ],
      [["--config", damaged], /damaged\.json: is not JSON/],
      [["--config", twice], /twice\.json: dataset\.epsilon: is given twice$/],
      [
        ["--config", world, "--dataset", customers],
        /^error: the data set's observations have the size 1, the environment's 2: configure the environment that the data were collected in, or leave the key environment out$/,
      ],
      [
        ["--config", join(folder, "no.json")],
        /no\.json: there is no such file$/,
      ],
      [["--dataset", join(folder, "no.h5")], /no\.h5: /],
      [["--dataset", noData], /data\.safetensors: /],
      [
        ["--out", held],
        /held: holds another run; choose another folder with --out$/,
      ],
      [
        ["--out", damaged],
        /damaged\.json: is a file; choose another folder with --out$/,
      ],
      [["--from-disk"], /^error: --from-disk: needs --dataset FILE$/],
      [
        ["--format", "csv"],
        /^error: --format: says what --dataset FILE must be: give one$/,
      ],
      [
        ["--from-disk", "--dataset", "-"],
        /^error: --from-disk: stdin is on no disk; write it to a file with deno task dataset convert - --to safetensors --out FILE$/,
      ],
      [
        ["--from-disk", "--dataset", customers],
        /customers\.csv: is no safetensors data set, and nothing else can stay on disk; /,
      ],
      [
        ["--from-disk", "--format", "csv", "--dataset", own],
        /own\.safetensors: is safetensors, not csv$/,
      ],
      [["--resume"], /--resume: needs the run's folder, --out DIR$/],
      [
        ["--resume", "--out", join(folder, "no")],
        /holds no run \(there is no config\.json\); start one without --resume$/,
      ],
      [["--resume", "--out", held], /config\.json: is not JSON/],
    ];
    const before = snapshot(folder);
    for (const [args, message] of cases) {
      const named = new Set(args);
      const { code, stdout, stderr } = await pipeline(
        ...(named.has("--preset") || named.has("--resume")
          ? []
          : ["--preset", "smoke"]),
        ...(named.has("--backend") ? [] : ["--backend", "wasm"]),
        ...(named.has("--out") || named.has("--resume") ? [] : ["--out", out]),
        ...args,
      );
      const what = `${args}: ${stderr}`;
      equal(code, 2, what);
      equal(stdout, "", what);
      match(stderr, /^error: [^\n]*\n$/, what);
      match(stderr.trimEnd(), message, what);
    }
    deepEqual(snapshot(folder), before);
  }),
);

Deno.test(
  "a run from the command line is the run of the API; a finished one is left as it is",
  inFolder(async (folder) => {
    const config = writeJson(join(folder, "config.json"), smallOverrides);
    const out = join(folder, "run");
    const args = ["--preset", "smoke", "--config", config, "--out", out];
    const first = await pipeline(...args, "--backend", "wasm");
    equal(first.code, 0, first.stderr);
    match(
      first.stderr,
      /^backend: wasm .*\nif it is stopped, go on with: deno task pipeline --resume --out .*run\nbc: 60 steps in .*\ncql: 90 steps in .*\n$/,
    );
    match(first.stdout, /^\npolicy .*\nbc .*\ncql .*\nbehaviour /);
    match(
      first.stdout,
      /run\/report\.html: the report of the run, made in [\d.]+ s\n$/,
    );
    const api = join(folder, "api");
    await runPipeline({ config: smallConfig, backend: wasm, out: api });
    deepEqual(deterministicHashes(out), deterministicHashes(api));

    const manifest = Deno.readTextFileSync(join(out, "manifest.json"));
    ok(!manifest.includes(folder));

    const before = snapshot(out);
    const again = await pipeline("--resume", "--out", out);
    deepEqual([again.code, again.stdout], [0, ""]);
    match(again.stderr, /run: this run is finished\n$/);
    const taken = await pipeline(...args);
    equal(taken.code, 2);
    match(
      taken.stderr,
      /^error: .*holds another run; choose another folder with --out\n$/,
    );
    deepEqual(snapshot(out), before);
  }),
);

Deno.test({
  name:
    "Ctrl-C leaves a checkpoint, says how to resume and exits with 130; the run resumes",
  // There is no sending of SIGINT to a process on Windows.
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    const overrides = {
      ...smallOverrides,
      algorithms: {
        ...smallOverrides.algorithms,
        bc: { steps: 10_000, batchSize: 32, logInterval: 100 },
      },
    };
    const config = writeJson(join(folder, "config.json"), overrides);
    const out = join(folder, "run");
    const child = scriptCommand("pipeline", [
      ...["--preset", "smoke", "--config", config, "--out", out],
      ...["--backend", "reference"],
    ]).spawn();
    const output = child.output();
    while (!exists(join(out, "bc/training.csv"))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill("SIGINT");
    const stopped = scriptResult(await output);
    equal(stopped.code, 130, stopped.stderr);
    equal(stopped.stdout, "");
    ok(
      stopped.stderr.includes(
        "\nstopping; what is done is kept. Ctrl-C again stops at once\n",
      ),
      stopped.stderr,
    );
    match(
      stopped.stderr,
      /\nstopped after step [\d,]+ of bc; go on with: deno task pipeline --resume --out .*run\n$/,
    );
    const step = /after step (\d+)/.exec(stopped.stderr)![1];
    deepEqual(
      [...Deno.readDirSync(join(out, "bc/checkpoints"))].map((e) => e.name),
      [
        `${step.padStart(12, "0")}.safetensors`,
      ],
    );
    ok(!exists(join(out, ".lock")));

    // Flags that ask for another run are refused, the same ones and none are not.
    const other = await pipeline("--resume", "--out", out, "--seed", "5");
    equal(other.code, 2);
    match(other.stderr, /^error: .*config\.json is not the configuration/);
    const resumed = await pipeline("--resume", "--out", out, "--backend=wasm");
    equal(resumed.code, 0, resumed.stderr);
    const straight = join(folder, "straight");
    await runPipeline({
      config: resolveConfig("smoke", overrides),
      backend: wasm,
      out: straight,
    });
    deepEqual(deterministicHashes(out), deterministicHashes(straight));
  }),
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

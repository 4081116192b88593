import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { lockDirectory } from "../../src/run/lock.ts";
import { readManifest } from "../../src/run/manifest.ts";
import { TENSORBOARD_FILE } from "../../src/run/tensorboard.ts";
import type { Config } from "../../src/config/config.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { InterruptedError } from "../../src/run/learn.ts";
import { type PipelineOptions, runPipeline } from "../../src/run/pipeline.ts";
import { openProblem } from "../../src/run/problem.ts";
import { isFinished } from "../../src/run/resume.ts";
import { DivergenceError } from "../../src/training/train.ts";
import {
  backends,
  copyFolder,
  deterministicHashes,
  inFolder,
  pipe,
  refused,
  smallConfig,
  smallOverrides,
  snapshot,
} from "./small_run.ts";

const SEED = 20261122;
const [[, reference], [, wasm]] = backends;

/** Two networks, and the policy of an interval before the last: a checkpoint holds all that it can. */
const choosingConfig = resolveConfig("smoke", {
  ...smallOverrides,
  algorithms: {
    ...smallOverrides.algorithms,
    cql: {
      ...smallOverrides.algorithms.cql,
      learningRate: 0.01,
      logInterval: 10,
      ensembleSize: 2,
      checkpointChoice: "model",
    },
  },
});

/** Hashes of a run that was never stopped. */
async function hashesOf(config: Config): Promise<Record<string, string>> {
  const folder = Deno.makeTempDirSync();
  try {
    await runPipeline({ config, backend: wasm, out: folder });
    return deterministicHashes(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const whole = await hashesOf(smallConfig);

/** Runs until `algorithm` has made `step` steps, then stops as Ctrl-C would. */
async function runUntil(
  algorithm: string,
  step: number,
  options: Partial<PipelineOptions> & { out: string },
): Promise<void> {
  let current = "";
  let made = 0;
  const run = runPipeline({
    config: smallConfig,
    backend: reference,
    stop: () => current === algorithm && made >= step,
    events: {
      onTraining(name, _, done) {
        current = name;
        made = done;
      },
      onStep: (done) => made = done,
    },
    ...options,
  });
  await rejects(run, InterruptedError);
}

/** Goes on to the end; the steps that each training could begin with. */
async function goOn(
  options: Partial<PipelineOptions> & { out: string },
  hashes = whole,
): Promise<Record<string, number>> {
  const begun: Record<string, number> = {};
  await runPipeline({
    config: smallConfig,
    backend: wasm,
    resume: true,
    events: { onTraining: (name, _, done) => begun[name] = done },
    ...options,
  });
  deepEqual(deterministicHashes(options.out), hashes);
  const left = snapshot(options.out).map((line) => line.split(" ")[0]);
  const hidden = left.filter((path) => /(^|\/)\.|checkpoints/.test(path));
  deepEqual(hidden, []);
  return begun;
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

const checkpoints = (out: string, name: string) =>
  [...Deno.readDirSync(join(out, name, "checkpoints"))].map(({ name }) => name)
    .sort();

Deno.test(
  `stopped at random steps and resumed elsewhere, a run ends with the same bytes (seed ${SEED})`,
  inFolder(async (folder) => {
    const random = randomStream(SEED, "resume");
    const configs = [smallConfig, choosingConfig];
    const hashes = [whole, await hashesOf(choosingConfig)];
    for (let trial = 0; trial < 4; trial++) {
      const out = join(folder, `${trial}`);
      const stops = [
        ["bc", random.integer(50)],
        ["cql", random.integer(40)],
        ["cql", 45 + random.integer(20)],
        ["cql", 72 + random.integer(8)],
      ] as const;
      for (const [index, [name, step]] of stops.entries()) {
        const [label, backend] = backends[random.integer(3)];
        // Also how late a stop can be heeded.
        const checkpointInterval = 1 + random.integer(8);
        const what = `trial ${trial}: ${name} ${step} on ${label}`;
        try {
          await runUntil(name, step, {
            out,
            backend,
            checkpointInterval,
            config: configs[trial % 2],
            resume: index > 0,
          });
        } catch (error) {
          throw new Error(what, { cause: error });
        }
        ok(checkpoints(out, name).length <= 2, what);
      }
      const config = configs[trial % 2];
      const [, backend] = backends[trial % 3];
      const begun = await goOn({ out, backend, config }, hashes[trial % 2]);
      equal(begun.bc, undefined);
      ok(begun.cql >= 72, `${begun.cql}`);
    }
  }),
);

Deno.test(
  "learners of several networks, stopped after an interval that is chosen and resumed elsewhere, end with the same bytes",
  inFolder(async (folder) => {
    const { cql } = choosingConfig.algorithms;
    const { steps, batchSize, logInterval, ensembleSize, checkpointChoice } =
      cql!;
    const settings = {
      steps,
      batchSize,
      logInterval,
      ensembleSize,
      checkpointChoice,
      targetUpdateInterval: 25,
    };
    const config = resolveConfig("smoke", {
      ...smallOverrides,
      algorithms: { bcq: settings, sac: settings },
    });
    const hashes = await hashesOf(config);
    const out = join(folder, "run");
    for (const [i, name] of (["bcq", "sac"] as const).entries()) {
      for (const [k, step] of [55, 80].entries()) {
        const resume = i + k > 0;
        const [, backend] = backends[(i + k) % 2];
        const checkpointInterval = 5;
        await runUntil(name, step, {
          out,
          config,
          backend,
          resume,
          checkpointInterval,
        });
      }
    }
    const begun = await goOn({ out, config }, hashes);
    deepEqual(Object.keys(begun), ["sac"]);
    ok(begun.sac >= 80, `${begun.sac}`);
  }),
);

Deno.test(
  "a stop before, after and between the trainings loses nothing",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    await runUntil("bc", 0, { out });
    await runUntil("cql", 0, { out, resume: true });
    let trained = false;
    let isEvaluating = false;
    await rejects(
      runPipeline({
        config: smallConfig,
        backend: wasm,
        out,
        resume: true,
        stop: () => trained,
        events: { onStageEnd: (stage) => trained = stage === "cql" },
      }),
      new InterruptedError("after the training"),
    );
    let asked = 0;
    await rejects(
      runPipeline({
        config: smallConfig,
        backend: wasm,
        out,
        resume: true,
        // Of the checks after the training, one of those between the rollouts.
        stop: () => isEvaluating && ++asked === 5,
        events: {
          onStage: (stage) => isEvaluating = stage === "evaluation",
        },
      }),
      new InterruptedError("after the training"),
    );
    ok(!Object.hasOwn(deterministicHashes(out), "metrics.json"));
    deepEqual(await goOn({ out }), {});
    equal(deterministicHashes(out)["cql/policy.safetensors"].length, 64);
  }),
);

Deno.test(
  "a stop while data are collected makes no folder",
  inFolder(async (folder) => {
    let asked = 0;
    await rejects(
      runPipeline({
        config: smallConfig,
        backend: wasm,
        out: join(folder, "run"),
        stop: () => ++asked === 10,
      }),
      new InterruptedError("while data were collected"),
    );
    deepEqual(snapshot(folder), []);
  }),
);

Deno.test(
  "a start that was killed before its configuration was written can be started anew",
  inFolder(async (folder) => {
    const leftovers = [".lock", ".dataset.safetensors.tmp"];
    const later = [".lock", "dataset.safetensors", ".config.json.tmp"];
    for (const [index, names] of [leftovers, later].entries()) {
      const out = join(folder, `${index}`);
      Deno.mkdirSync(out);
      for (const name of names) Deno.writeTextFileSync(join(out, name), "half");
      await refused(
        runPipeline({ config: smallConfig, backend: wasm, out, resume: true }),
        /holds no run \(there is no config\.json\); start one without --resume$/,
      );
      await goOn({ out, resume: false });
    }
    const mine = join(folder, "mine");
    Deno.mkdirSync(mine);
    Deno.writeTextFileSync(join(mine, "dataset.safetensors"), "mine");
    await refused(
      runPipeline({ config: smallConfig, backend: wasm, out: mine }),
      /is not empty \(it holds dataset\.safetensors\)/,
    );
  }),
);

Deno.test(
  "damaged checkpoints are passed over, and never push good ones out",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    await runUntil("cql", 70, { out, checkpointInterval: 20 });
    const [older, newer] = checkpoints(out, "cql");
    const path = (name: string) => join(out, "cql/checkpoints", name);
    const step = Number.parseInt(older);
    ok(step >= 40 && Number.parseInt(newer) > step, `${older} ${newer}`);
    Deno.truncateSync(path(newer), 700);
    Deno.writeTextFileSync(path(".000000000999.safetensors.tmp"), "half");
    let begun = -1;
    await runUntil("cql", step + 3, {
      out,
      resume: true,
      checkpointInterval: 1,
      events: undefined,
      stop: () => begun >= 0 && made >= step + 3,
      ...watch((done) => begun = done, (done) => made = done),
    });
    equal(begun, step);
    // The two last ones before the stop; the damaged one and the half one are gone.
    deepEqual(checkpoints(out, "cql").map((name) => Number.parseInt(name)), [
      made - 1,
      made,
    ]);

    // With none that is whole, training begins anew and keeps what it makes.
    for (const name of checkpoints(out, "cql")) {
      const bytes = Deno.readFileSync(path(name));
      bytes[bytes.length - 3] ^= 64;
      Deno.writeFileSync(path(name), bytes);
    }
    begun = -1;
    made = 0;
    await runUntil("cql", 10, {
      out,
      resume: true,
      checkpointInterval: 5,
      stop: () => made >= 10,
      ...watch((done) => begun = done, (done) => made = done),
    });
    equal(begun, 0);
    ok(checkpoints(out, "cql").every((name) => Number.parseInt(name) <= made));
    deepEqual(await goOn({ out }), { cql: made });
  }),
);

let made = 0;
/** Records the step at which a training begins, and the steps that it makes. */
function watch(
  onStart: (done: number) => void,
  onStep: (done: number) => void,
): Pick<PipelineOptions, "events"> {
  return {
    events: { onTraining: (_name, _steps, done) => onStart(done), onStep },
  };
}

Deno.test(
  "a training table that a kill cut short, or that is gone, costs at most work",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    const table = join(out, "cql/training.csv");
    await runUntil("cql", 80, { out, checkpointInterval: 10 });
    const stopped = Number.parseInt(checkpoints(out, "cql")[1]);
    const text = Deno.readTextFileSync(table);
    equal(text.split("\n").length, 4);
    // Half a row that no checkpoint knows of.
    Deno.writeTextFileSync(table, `${text}90,0.1`);
    await runUntil("cql", stopped + 1, { out, resume: true });
    equal(Deno.readTextFileSync(table), text);

    // A row too few for any checkpoint: they are of no use.
    const lines = text.split("\n");
    Deno.writeTextFileSync(table, `${lines.slice(0, 2).join("\n")}\n`);
    await runUntil("cql", 35, { out, resume: true, checkpointInterval: 10 });
    ok(Number.parseInt(checkpoints(out, "cql")[1]) < stopped);

    // A cell that is not a number as the suite writes it.
    Deno.writeTextFileSync(table, text.replace("\n30,", "\n30,,"));
    await runUntil("cql", 12, { out, resume: true });
    Deno.removeSync(table);
    deepEqual(await goOn({ out }), { cql: 0 });
  }),
);

Deno.test(
  "killed before an algorithm was recorded as finished, it is trained from its checkpoint; after, never",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    await runUntil("bc", 50, { out, checkpointInterval: 10 });
    const kept = join(folder, "kept");
    Deno.renameSync(join(out, "bc/checkpoints"), kept);
    await runUntil("cql", 20, { out, resume: true });
    Deno.renameSync(kept, join(out, "bc/checkpoints"));
    await runUntil("cql", 40, { out, resume: true });
    ok(!isThere(join(out, "bc/checkpoints")));

    // A policy of another run beside a checkpoint, without a record: nothing is believed of it.
    const policy = join(out, "bc/policy.safetensors");
    const bytes = Deno.readFileSync(policy);
    bytes[bytes.length - 1] ^= 1;
    Deno.writeFileSync(policy, bytes);
    Deno.removeSync(join(out, "bc/finished.json"));
    const begun = await goOn({ out });
    equal(begun.bc, 0);
    ok(begun.cql >= 40);
  }),
);

Deno.test(
  "what a finished algorithm left is made again or refused where it is not as recorded",
  inFolder(async (folder) => {
    const other = join(folder, "other");
    const config = resolveConfig("smoke", { ...smallOverrides, seed: 43 });
    await runUntil("cql", 20, { out: other, config });
    const begun = join(folder, "begun");
    await runUntil("cql", 20, { out: begun, checkpointInterval: 10 });
    const at = (out: string, name: string) => join(out, "bc", name);
    const edit =
      (name: string, change: (text: string) => string) => (out: string) => {
        const text = Deno.readTextFileSync(at(out, name));
        const changed = change(text);
        ok(changed !== text);
        Deno.writeTextFileSync(at(out, name), changed);
      };
    const take = (...names: string[]) => (out: string) => {
      for (const name of names) {
        Deno.copyFileSync(at(other, name), at(out, name));
      }
    };
    const flip = (out: string) => {
      const bytes = Deno.readFileSync(at(out, "policy.safetensors"));
      bytes[bytes.length - 3] ^= 4;
      Deno.writeFileSync(at(out, "policy.safetensors"), bytes);
    };
    const lose = (name: string) => (out: string) =>
      Deno.removeSync(at(out, name));
    const all = [
      "policy.safetensors",
      "policy.onnx",
      "training.csv",
      "finished.json",
    ];
    const cases: [what: string, (out: string) => void, refused?: string][] = [
      ["one bit of the policy", flip, "policy.safetensors"],
      ["no policy", lose("policy.safetensors"), "policy.safetensors"],
      [
        "the policy of another seed",
        take("policy.safetensors"),
        "policy.safetensors",
      ],
      ["all of another seed", take(...all), "finished.json"],
      ["the record of another seed", take("finished.json"), "finished.json"],
      [
        "a cell of the table",
        edit("training.csv", (text) => text.replace(/\d\n$/, "\n")),
        "training.csv",
      ],
      ["no table", lose("training.csv"), "training.csv"],
      [
        "a record of another shape",
        edit("finished.json", (text) => text.replace("finished/1", "other/1")),
        "finished.json",
      ],
      ["an empty record", edit("finished.json", () => ""), "finished.json"],
      [
        "a record that leads elsewhere",
        edit("finished.json", (text) => text.replace("bc/policy", "../policy")),
        "finished.json",
      ],
      ["no ONNX file", lose("policy.onnx")],
      ["the ONNX file of another seed", take("policy.onnx")],
      ["an empty ONNX file", edit("policy.onnx", () => "")],
    ];
    for (const [index, [what, forge, file]] of cases.entries()) {
      const out = copyFolder(begun, join(folder, `${index}`));
      forge(out);
      if (file === undefined) {
        deepEqual(Object.keys(await goOn({ out })), ["cql"], what);
        continue;
      }
      const before = snapshot(out);
      await refused(
        runPipeline({ config: smallConfig, backend: wasm, out, resume: true }),
        new RegExp(
          `bc/${file}: is not what this run left; remove .*bc and use --resume to train it again$`,
        ),
      );
      deepEqual(snapshot(out), before, what);
    }
    const out = join(folder, "0");
    Deno.removeSync(join(out, "bc"), { recursive: true });
    const steps = await goOn({ out });
    deepEqual(Object.keys(steps), ["bc", "cql"]);
  }),
);

Deno.test(
  "an edited row of a training in progress is not gone on with",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    await runUntil("cql", 80, { out, checkpointInterval: 10 });
    const table = join(out, "cql/training.csv");
    const [head, first, ...rest] = Deno.readTextFileSync(table).split("\n");
    const cells = first.split(",").with(1, "0.5");
    Deno.writeTextFileSync(table, [head, `${cells}`, ...rest].join("\n"));
    deepEqual(await goOn({ out }), { cql: 0 });
  }),
);

Deno.test(
  "links, pipes and a rewritten configuration are refused",
  // There are no pipes in a folder of Windows, and links need a right.
  { ignore: Deno.build.os === "windows" },
  inFolder(async (folder) => {
    const begun = join(folder, "begun");
    await runUntil("cql", 20, { out: begun, checkpointInterval: 10 });
    const link = (name: string) => (out: string) => {
      Deno.renameSync(join(out, name), join(folder, "moved"));
      Deno.symlinkSync(join(folder, "moved"), join(out, name));
    };
    const cases: [(out: string) => void, RegExp][] = [
      ...["bc", "bc/policy.onnx", "dataset.safetensors", "cql/training.csv"]
        .map((name): [(out: string) => void, RegExp] => [
          link(name),
          new RegExp(`${name}: is a link, which no run leaves; remove it$`),
        ]),
      [
        (out) => pipe(join(out, "cql/pipe")),
        /pipe: is a pipe, a socket or a device, which no run leaves; remove it$/,
      ],
      [
        (out) => {
          const path = join(out, "config.json");
          const config = JSON.parse(Deno.readTextFileSync(path));
          Deno.writeTextFileSync(path, JSON.stringify(config));
        },
        /config\.json: is not as this run wrote it; start a new run with --config /,
      ],
    ];
    for (const [forge, message] of cases) {
      const out = copyFolder(begun, join(folder, "run"));
      forge(out);
      await refused(
        runPipeline({ config: smallConfig, backend: wasm, out, resume: true }),
        message,
      );
      for (const path of [out, join(folder, "moved")]) {
        if (isThere(path)) Deno.removeSync(path, { recursive: true });
      }
    }
  }),
);

Deno.test(
  "a run is finished when its manifest is whole and its files are as it says; else it is gone on with",
  inFolder(async (folder) => {
    const finished = join(folder, "finished");
    await runPipeline({ config: smallConfig, backend: wasm, out: finished });
    ok(isFinished(finished));
    const manifest = Deno.readTextFileSync(join(finished, "manifest.json"));
    const cases: ((out: string) => void)[] = [
      ...["", "{}", "null", manifest.slice(0, -5), `${manifest} `].map(
        (text) => (out: string) =>
          Deno.writeTextFileSync(join(out, "manifest.json"), text),
      ),
      (out) => Deno.removeSync(join(out, "report.html")),
      (out) => Deno.writeTextFileSync(join(out, "metrics.json"), "{}"),
      (out) => Deno.removeSync(join(out, "cql/policy.onnx")),
    ];
    if (Deno.build.os !== "windows") {
      // Equal files behind a link may be others tomorrow.
      const out = copyFolder(finished, join(folder, "linked"));
      Deno.renameSync(join(out, "plots"), join(folder, "plots"));
      Deno.symlinkSync(join(folder, "plots"), join(out, "plots"));
      ok(!isFinished(out));
      await refused(
        goOn({ out }),
        /plots: is a link, which no run leaves; remove it$/,
      );
    }
    for (const [index, forge] of cases.entries()) {
      const out = copyFolder(finished, join(folder, `${index}`));
      forge(out);
      ok(!isFinished(out), `${index}`);
      deepEqual(await goOn({ out }), {});
      ok(isFinished(out), `${index}`);
    }
  }),
);

Deno.test(
  "files that vanish or change while the run is at work are an error; strange ones are not listed",
  inFolder(async (folder) => {
    const run = (name: string, onStage: (out: string) => void) => {
      const out = join(folder, name);
      const late = (stage: string) => stage === "plots" && onStage(out);
      const events = { onStage: late };
      return runPipeline({ config: smallConfig, backend: wasm, out, events });
    };
    const gone = run(
      "gone",
      (out) => Deno.removeSync(join(out, "config.json")),
    );
    await refused(
      gone,
      /gone.config\.json: vanished while the run was at work; nothing else may write there$/,
    );
    const changed = run("changed", (out) => {
      Deno.writeTextFileSync(join(out, "bc/training.csv"), "1", {
        append: true,
      });
    });
    await refused(
      changed,
      /training\.csv: was changed while the run was at work/,
    );
    for (const name of ["gone", "changed"]) {
      ok(!isThere(join(folder, name, "manifest.json")));
    }
    await run("strange", (out) => {
      Deno.writeTextFileSync(join(out, "notes.txt"), "mine");
    });
    const { files } = readManifest(join(folder, "strange"));
    deepEqual(
      files.map(({ path }) => path).filter((path) => /notes/.test(path)),
      [],
    );
    equal(files.length, 26);
  }),
);

Deno.test(
  "a resumed run has the configuration and the data that it began with",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    await runUntil("bc", 20, { out });
    const before = snapshot(out);
    const other = resolveConfig("smoke", { ...smallOverrides, seed: 43 });
    await refused(
      runPipeline({ config: other, backend: wasm, out, resume: true }),
      /its config\.json is not the configuration that the flags ask for/,
    );
    deepEqual(snapshot(out), before);
    const data = join(out, "dataset.safetensors");
    const bytes = Deno.readFileSync(data);
    bytes[bytes.length - 20] ^= 1;
    Deno.writeFileSync(data, bytes);
    await refused(
      runPipeline({ config: smallConfig, backend: wasm, out, resume: true }),
      /dataset\.safetensors: is not what config\.json gives/,
    );
  }),
);

Deno.test(
  "event files are whole after a resumption that does not name them",
  inFolder(async (folder) => {
    const straight = join(folder, "straight");
    const config = smallConfig;
    await runPipeline({
      config,
      backend: wasm,
      out: straight,
      tensorboard: true,
    });
    const out = join(folder, "run");
    await runUntil("cql", 50, { out, tensorboard: true });
    await runPipeline({ config, backend: wasm, out, resume: true });
    deepEqual(deterministicHashes(out), deterministicHashes(straight));
    ok(`bc/${TENSORBOARD_FILE}` in deterministicHashes(out));
  }),
);

Deno.test(
  "two runs on one directory: the second is refused and touches nothing",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    await runUntil("bc", 20, { out });
    {
      using _lock = lockDirectory(out);
      const before = snapshot(out);
      await refused(
        runPipeline({ config: smallConfig, backend: wasm, out, resume: true }),
        /another run is at work there; wait for it or choose another folder$/,
      );
      deepEqual(snapshot(out), before);
    }
    // The lock of a process that was killed is not a lock.
    Deno.writeTextFileSync(join(out, ".lock"), "");
    await goOn({ out });
  }),
);

Deno.test(
  "a loss that is not finite stops the run with step and term and keeps the last good checkpoint",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    const { dataset: collected } = openProblem(smallConfig);
    // Two of these in one minibatch have an infinite sum.
    const rewards = collected.rewards.map((r, i) => i % 25 === 0 ? 3e38 : r);
    const dataset = { ...collected, rewards };
    const config = resolveConfig("smoke", {
      ...smallOverrides,
      algorithms: {
        ...smallOverrides.algorithms,
        cql: { ...smallOverrides.algorithms.cql, rewardScale: 1 },
      },
    }, {
      datasetSha256: sha256Hex(datasetToSafetensors(dataset)),
    });
    const run = (resume: boolean) =>
      runPipeline({
        config,
        backend: resume ? wasm : reference,
        out,
        dataset,
        checkpointInterval: 1,
        resume,
      });
    let step = 0;
    for (const resume of [false, true]) {
      await rejects(run(resume), (error) => {
        ok(error instanceof DivergenceError, `${error}`);
        match(
          error.message,
          /^training diverged: tdLoss is not finite at step \d+; lower the learning rate, or scale large data \(.+\)$/,
        );
        step = error.step;
        return true;
      });
      ok(step > 2, `${step}`);
      deepEqual(
        checkpoints(out, "cql").map((name) => Number.parseInt(name)),
        [step - 2, step - 1],
      );
    }
    ok(!("metrics.json" in deterministicHashes(out)));
  }),
);

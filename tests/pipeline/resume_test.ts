import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { lockDirectory } from "../../src/artifacts/lock.ts";
import { TENSORBOARD_FILE } from "../../src/artifacts/tensorboard.ts";
import type { Config } from "../../src/config/config.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { datasetToSafetensors } from "../../src/dataset/safetensors.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { InterruptedError } from "../../src/pipeline/learn.ts";
import {
  type PipelineOptions,
  runPipeline,
} from "../../src/pipeline/pipeline.ts";
import { openProblem } from "../../src/pipeline/problem.ts";
import { DivergenceError } from "../../src/training/train.ts";
import {
  backends,
  deterministicHashes,
  inFolder,
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
      members: 2,
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
  "a stop before, after and between the trainings loses nothing",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    await runUntil("bc", 0, { out });
    await runUntil("cql", 0, { out, resume: true });
    let trained = false;
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
    deepEqual(await goOn({ out }), {});
    equal(deterministicHashes(out)["cql/policy.safetensors"].length, 64);
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
/** Tells of the steps with which a training begins, and of those that it makes. */
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

    // A cell that is no number as the suite writes it.
    Deno.writeTextFileSync(table, text.replace("\n30,", "\n30,,"));
    await runUntil("cql", 12, { out, resume: true });
    Deno.removeSync(table);
    deepEqual(await goOn({ out }), { cql: 0 });
  }),
);

Deno.test(
  "killed between a policy and the end of its checkpoints; finished files are checked",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    await runUntil("cql", 20, { out, checkpointInterval: 10 });
    Deno.mkdirSync(join(out, "bc/checkpoints"));
    Deno.writeTextFileSync(join(out, "bc/checkpoints/left"), "over");

    const policy = join(out, "bc/policy.safetensors");
    const good = Deno.readFileSync(policy);
    const table = join(out, "bc/training.csv");
    const text = Deno.readTextFileSync(table);
    const resumed = () =>
      runPipeline({ config: smallConfig, backend: wasm, out, resume: true });
    const advice = (file: string) =>
      new RegExp(
        `bc/${file}: is not what this run leaves; remove .*bc and go on with --resume to train it again$`,
      );
    for (
      const bad of [
        good.subarray(0, 300),
        Deno.readFileSync(join(out, "dataset.safetensors")),
      ]
    ) {
      Deno.writeFileSync(policy, bad);
      const before = snapshot(out);
      await refused(resumed(), advice("policy.safetensors"));
      deepEqual(snapshot(out), before);
    }
    Deno.writeFileSync(policy, good);
    Deno.writeTextFileSync(table, text.replace("\n50,", "\n51,"));
    await refused(resumed(), advice("training.csv"));
    Deno.removeSync(join(out, "bc"), { recursive: true });
    deepEqual(Object.keys(await goOn({ out })), ["bc", "cql"]);
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
    // The lock of a process that was killed is no lock.
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

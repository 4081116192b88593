/** Learners whose policy is a table, in runs: no network, no steps, the rest as of any other. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import {
  isTable,
  tablePolicy,
  tableText,
} from "../../src/algorithms/tabular/table_policy.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { collectDataset } from "../../src/dataset/collect.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { datasetFromArrays } from "../../src/dataset/formats/arrays.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { evaluate, policyInStates } from "../../src/evaluation/evaluate.ts";
import { exactMetrics } from "../../src/evaluation/results.ts";
import { referencePolicies } from "../../src/evaluation/references.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { evaluateOnLog } from "../../src/run/evaluate_on_log.ts";
import { InterruptedError } from "../../src/run/learn.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { openProblem } from "../../src/run/problem.ts";
import { readPolicy } from "../../src/run/read_policy.ts";
import { train } from "../../src/run/train_policy.ts";
import { isVerified, verifyRun } from "../../src/run/verify.ts";
import { maskedWorld } from "../mdp/masked_world.ts";
import { logOverrides, tosses } from "./small_log.ts";
import {
  backends,
  deterministicHashes,
  inFolder,
  refused,
  smallOverrides,
} from "./small_run.ts";

const [[, reference], [, wasm]] = backends;
const overrides = {
  ...smallOverrides,
  dataset: { episodes: 40, bootstrapOnTruncation: true },
};
const configOf = (...algorithms: string[]) =>
  resolveConfig("smoke", overrides, { algorithms });

Deno.test(
  "tables alone: what a run leaves, its exact values, verified, the same bytes on every backend",
  inFolder(async (folder) => {
    const config = configOf("spibb", "maximumLikelihood");
    deepEqual(config.algorithms, {
      maximumLikelihood: { gamma: 0.99 },
      spibb: { threshold: 7, gamma: 0.99 },
    });
    const out = join(folder, "wasm");
    const stages: string[] = [];
    const metrics = await runPipeline({
      config,
      backend: wasm,
      out,
      tensorboard: true,
      events: {
        onStage: (stage) => void stages.push(stage),
        onTraining: () => ok(false, "nothing is trained"),
      },
    });
    deepEqual(stages, [
      "data",
      "maximumLikelihood",
      "spibb",
      "evaluation",
      "plots",
    ]);
    const files = Object.keys(deterministicHashes(out));
    deepEqual(files.filter((path) => path.startsWith("spibb/")), [
      "spibb/finished.json",
      "spibb/policy.json",
    ]);
    deepEqual(
      files.filter((path) => /training|curve|\.onnx/.test(path)),
      [],
    );
    // The plan of the data, as the reference policies make it in the same world.
    const { environment, dataset } = openProblem(config);
    const { mdp, behaviour } = environment!;
    const policies = referencePolicies(mdp, behaviour, dataset);
    const { maximumLikelihood, spibb } = metrics.policies;
    const exactOf = (policy: Int32Array | Float64Array) =>
      exactMetrics(evaluateExactly(mdp, policy), mdp);
    deepEqual(
      maximumLikelihood.exact,
      exactOf(policies.maximumLikelihoodModel),
    );
    deepEqual(
      spibb.exact,
      exactOf(Float64Array.from(spibb.probabilities!.flat())),
    );
    // The same as the reference, but for states that the data never visit.
    spibb.probabilities!.forEach((row, s) =>
      ok(
        row.every((p, a) => p === policies.spibb[4 * s + a]) ||
          row.every((p) => p === 0.25),
        `state ${s}: ${row}`,
      )
    );
    ok(spibb.probabilities!.flat().some((p) => p > 0.25 && p < 1));
    equal(spibb.greedyActions, undefined);
    equal(spibb.rolloutAgrees, true);
    equal(
      spibb.regret,
      exactOf(policies.optimal).returnMean! - spibb.exact!.returnMean!,
    );
    const table = readPolicy(join(out, "spibb/policy.json"));
    ok(isTable(table));
    equal(
      spibb.sha256,
      sha256Hex(Deno.readFileSync(join(out, "spibb/policy.json"))),
    );
    deepEqual(exactMetrics(evaluate(table, mdp), mdp), spibb.exact);
    deepEqual([...policyInStates(table, mdp)], spibb.probabilities!.flat());
    const report = Deno.readTextFileSync(join(out, "report.html"));
    ok(!report.includes("<h2>Training</h2>"));
    match(report, /spibb \(reference\)/);
    match(report, /Of a table, which chooses by chance/);

    for (const quick of [false, true]) {
      const found = await verifyRun({
        directory: out,
        backend: reference,
        quick,
      });
      ok(isVerified(found), JSON.stringify(found));
    }
    const again = join(folder, "reference");
    await runPipeline({ config, backend: reference, out: again });
    deepEqual(deterministicHashes(again), deterministicHashes(out));
  }),
);

Deno.test(
  "beside a network: stopped behind a table and resumed, it is read and not made again",
  inFolder(async (folder) => {
    const config = configOf("rmin", "cql", "spibb");
    const whole = join(folder, "whole");
    await runPipeline({ config, backend: reference, out: whole });
    const out = join(folder, "run");
    let planned = "";
    await runPipeline({
      config,
      backend: reference,
      out,
      stop: () => planned === "spibb",
      events: { onStageEnd: (stage) => void (planned = stage) },
    }).then(() => ok(false), (error) => {
      ok(error instanceof InterruptedError);
      equal(error.message, "stopped before rmin");
    });
    const times = Deno.statSync(join(out, "spibb/policy.json")).mtime;
    await runPipeline({ config, backend: wasm, out, resume: true });
    deepEqual(deterministicHashes(out), deterministicHashes(whole));
    deepEqual(Deno.statSync(join(out, "spibb/policy.json")).mtime, times);

    // What was finished is taken as it is, or refused.
    Deno.removeSync(join(out, "manifest.json"));
    const path = join(out, "spibb/policy.json");
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, text.replace("0, 1", "1, 0"));
    await refused(
      runPipeline({ config, backend: wasm, out, resume: true }),
      /spibb\/policy\.json: is not what this run left; remove .*spibb and use --resume/,
    );
    Deno.removeSync(join(out, "spibb"), { recursive: true });
    await runPipeline({ config, backend: wasm, out, resume: true });
    deepEqual(deterministicHashes(out), deterministicHashes(whole));
  }),
);

Deno.test(
  "verify finds a table that the configuration does not give, whatever its hashes say",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    await runPipeline({ config: configOf("spibb"), backend: reference, out });
    const path = join(out, "spibb/policy.json");
    const table = tablePolicy(JSON.parse(Deno.readTextFileSync(path)), path);
    const [first] = table.probabilities;
    const probabilities = table.probabilities.map((row, s) =>
      s === 0 ? [...first.slice(1), first[0]] : row
    );
    notEqual(`${probabilities[0]}`, `${first}`);
    Deno.writeTextFileSync(path, tableText({ ...table, probabilities }));
    const bytes = Deno.readFileSync(path);
    const manifest = join(out, "manifest.json");
    const metrics = join(out, "metrics.json");
    const record = join(out, "spibb/finished.json");
    const old =
      Deno.readTextFileSync(metrics).match(/"sha256": "(\w{64})"/)![1];
    for (const file of [record, metrics, manifest]) {
      const text = Deno.readTextFileSync(file);
      Deno.writeTextFileSync(file, text.replaceAll(old, sha256Hex(bytes)));
    }
    for (const quick of [false, true]) {
      const { replay } = await verifyRun({
        directory: out,
        backend: reference,
        quick,
      });
      ok(
        replay!.differences.some(({ path, what }) =>
          path === "spibb/policy.json" &&
          /not what the configuration gives/.test(what)
        ),
        JSON.stringify(replay),
      );
    }
  }),
);

const sha256 = (dataset: Dataset) => sha256Hex(datasetToSafetensors(dataset));

Deno.test(
  "a log whose world is not known: evaluated on the episodes held out, as evaluate does",
  inFolder(async (folder) => {
    const dataset = tosses();
    const config = resolveConfig("smoke", {
      ...logOverrides,
      without: ["bc", "cql"],
      algorithms: { spibb: { threshold: 3 }, maximumLikelihood: {} },
    }, { datasetSha256: sha256(dataset) });
    const out = join(folder, "run");
    const notes: string[] = [];
    const metrics = await runPipeline({
      config,
      dataset,
      backend: reference,
      out,
      events: { onNote: (note) => void notes.push(note) },
    });
    ok(!notes.some((note) => /occur once/.test(note)), `${notes}`);
    const { spibb, maximumLikelihood } = metrics.policies;
    deepEqual(Object.keys(spibb), [
      "offPolicy",
      "actionMismatchRate",
      "sha256",
    ]);
    // Every second toss pays; the plan is to toss the second. What was held out took it or not.
    const { heldOut } = openProblem(config, { dataset });
    const seconds = heldOut!.actions.reduce((sum, action) => sum + action, 0);
    equal(
      maximumLikelihood.actionMismatchRate,
      1 - seconds / heldOut!.actions.length,
    );
    equal(maximumLikelihood.offPolicy!.estimates.return.wis.value, 1);
    const table = readPolicy(join(out, "maximumLikelihood/policy.json"));
    ok(isTable(table));
    deepEqual(table.observations, [[1, 5], [0, 5]]);
    deepEqual(table.probabilities, [[0, 1], [0, 1]]);
    const found = await evaluateOnLog(
      { kind: "table", name: "t", table },
      heldOut!,
      { horizon: 1, known: dataset },
    );
    deepEqual(found.estimates, maximumLikelihood.offPolicy!.estimates);
    // A toss that the table lacks takes the lowest action, and is said.
    const [row] = table.observations;
    const half = {
      ...table,
      observations: [row],
      probabilities: [[0, 1]],
    };
    const { doubts } = await evaluateOnLog(
      { kind: "table", name: "t", table: half },
      heldOut!,
      {},
    );
    const lacking = heldOut!.observations.filter((x, i) =>
      i % 4 === 0 && x === 0
    ).length;
    ok(
      doubts.includes(
        `${lacking} of ${
          heldOut!.actions.length
        } steps have an observation that the table lacks: it takes the lowest allowed action there`,
      ),
      `${doubts}`,
    );
    const report = Deno.readTextFileSync(join(out, "report.html"));
    ok(!report.includes("<h2>Training</h2>"));
    ok(isVerified(await verifyRun({ directory: out, backend: wasm })));
  }),
);

Deno.test(
  "where observations hardly repeat, a run with a table says so, and one without does not",
  inFolder(async (folder) => {
    const steps = 60;
    const dataset = datasetFromArrays({
      // Two of them are there twice.
      observations: Array.from({ length: steps }, (_, i) => [
        0.5 + Math.max(0, i - 2) / 7,
        i % 3,
      ]),
      actions: Array.from({ length: steps }, (_, i) => i % 2),
      rewards: Array.from({ length: steps }, (_, i) => i % 5),
      terminated: Array.from({ length: steps }, () => 1),
    });
    const notesOf = async (...algorithms: string[]) => {
      const notes: string[] = [];
      const config = resolveConfig("smoke", {
        ...logOverrides,
        dataset: { heldOut: 0 },
        algorithms: {
          ...logOverrides.algorithms,
          budgetedCql: {
            unsafeReward: -3,
            steps: 4,
            batchSize: 8,
            logInterval: 2,
          },
        },
      }, { datasetSha256: sha256(dataset), algorithms });
      const metrics = await runPipeline({
        config,
        dataset,
        backend: reference,
        out: join(folder, algorithms.join()),
        events: { onNote: (note) => void notes.push(note) },
      });
      return { notes, suspicious: metrics.suspicious ?? [] };
    };
    const line =
      "60 of 60 observations occur once: the table of spibb, rmin says little of them and nothing of others; round the observations, or take a learner with a network";
    const { notes, suspicious } = await notesOf("spibb", "rmin");
    ok(
      notes.includes(
        `suspicious: ${line}`,
      ),
      `${notes}`,
    );
    ok(suspicious.includes(line));
    // And of a learner with a network, what leaves it without an effect.
    const budget =
      "unsafeReward -3 makes no step of the data unsafe: the budget of budgetedCql tells no action from another";
    const budgeted = await notesOf("budgetedCql");
    ok(budgeted.notes.includes(`suspicious: ${budget}`), `${budgeted.notes}`);
    ok(budgeted.suspicious.includes(budget));
    const others = await notesOf("bc");
    ok(!others.notes.some((note) => /occur once/.test(note)));
  }),
);

Deno.test("nothing forbidden in a world with masks, in its states and from its data alone", async () => {
  const mdp = maskedWorld(11);
  const { actionCount } = mdp;
  const behaviour = Float64Array.from(mdp.allowed!);
  for (let row = 0; row < behaviour.length; row += actionCount) {
    const own = behaviour.subarray(row, row + actionCount);
    const sum = own.reduce((a, b) => a + b, 0);
    own.forEach((flag, a) => own[a] = flag / sum);
  }
  const dataset = collectDataset(mdp, behaviour, 60, 3);
  for (
    const name of [
      "spibb",
      "spibbAtMost",
      "softSpibb",
      "duipi",
      "ramdp",
      "rmin",
      "lowerBound",
      "maximumLikelihood",
    ] as const
  ) {
    const policy = Float64Array.from(
      policyInStates(await train(dataset, name), mdp),
    );
    policy.forEach((p, pair) =>
      ok(p === 0 || mdp.allowed![pair] === 1, `${name}, pair ${pair}: ${p}`)
    );
    for (let row = 0; row < policy.length; row += actionCount) {
      const sum = policy.subarray(row, row + actionCount).reduce(
        (sum, p) => sum + p,
        0,
      );
      ok(Math.abs(sum - 1) < 1e-12, `${name}, pair ${row}: ${sum}`);
    }
  }
});

Deno.test("the end of a cut episode is to a table what bootstrapOnTruncation says", async () => {
  // In 0, action 0 ends with 1; action 1 pays nothing and is cut in 1, where 10 more could be had.
  const dataset = datasetFromArrays({
    observations: [0, 0, 1],
    finalObservations: [9, 1, 9],
    actions: [0, 1, 0],
    rewards: [1, 0, 10],
    terminated: [1, 0, 1],
    truncated: [0, 1, 0],
  });
  const planned = async (bootstrapOnTruncation?: boolean) => {
    const options = { bootstrapOnTruncation };
    const table = await train(dataset, "maximumLikelihood", {}, options);
    return table.probabilities[0];
  };
  deepEqual(await planned(), [0, 1]);
  deepEqual(await planned(true), [0, 1]);
  deepEqual(await planned(false), [1, 0]);
});

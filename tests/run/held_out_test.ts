/** Policies of a log are evaluated on episodes that nothing was learnt from. */
import {
  deepEqual,
  equal,
  match,
  notEqual,
  ok,
  throws,
} from "node:assert/strict";
import { join } from "node:path";
import { resolveConfig } from "../../src/config/resolve.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { datasetFromArrays } from "../../src/dataset/formats/arrays.ts";
import { learntRange } from "../../src/dataset/observation_range.ts";
import { episodesWhere, heldOutEpisodes } from "../../src/dataset/part.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import type { Metrics } from "../../src/evaluation/results.ts";
import { policyToSafetensors } from "../../src/network/policy_file.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { policyFromSafetensors } from "../../src/network/policy_file.ts";
import { evaluateOnLog } from "../../src/run/evaluate_on_log.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { openProblem } from "../../src/run/problem.ts";
import { train } from "../../src/run/train_policy.ts";
import { isVerified, verifyRun } from "../../src/run/verify.ts";
import {
  backends,
  deterministicHashes,
  inFolder,
  refused,
  runScriptOf,
} from "./small_run.ts";
import { EPISODES, logOverrides, tosses } from "./small_log.ts";

const [[, reference], [, wasm]] = backends;
const sha256 = (dataset: Dataset) => sha256Hex(datasetToSafetensors(dataset));
const configOf = (dataset: Dataset, data = {}, seed = 42) =>
  resolveConfig(
    "smoke",
    { ...logOverrides, seed, dataset: data },
    { datasetSha256: sha256(dataset) },
  );
const isHeldOut = heldOutEpisodes(EPISODES, 0.2, 0);

Deno.test("a share is held out where no world is known, and none where one is", () => {
  const { dataset } = configOf(tosses());
  deepEqual([dataset.heldOut, dataset.splitSeed, dataset.resample], [
    0.2,
    0,
    false,
  ]);
  equal(resolveConfig("safe").dataset.heldOut, 0);
  const known = { datasetSha256: "0".repeat(64), environment: {} };
  equal(resolveConfig("safe", {}, known).dataset.heldOut, 0);
});

Deno.test(
  "what is asked of policies is answered in metrics, report and exit code",
  inFolder(async (folder) => {
    const dataset = tosses();
    const config = resolveConfig(
      "smoke",
      { ...logOverrides, dataset: { heldOut: 0.8 } },
      {
        datasetSha256: sha256(dataset),
        require: "return>=-0.5,length<=1",
      },
    );
    equal(config.evaluation.require, "return>=-0.5,length<=1");
    deepEqual(resolveConfig("tutorial", config), config);
    const out = join(folder, "run");
    const metrics = await runPipeline({
      config,
      backend: wasm,
      out,
      dataset,
    });
    const { verdict, conditions } = metrics.policies.cql.offPolicy!.decision;
    equal(verdict, "meets it");
    deepEqual(conditions.map(({ name, isMet }) => [name, isMet]), [
      ["return", true],
      ["length", true],
    ]);
    match(
      Deno.readTextFileSync(join(out, "report.html")),
      /meets it.*return &gt;= -0\.5: at least /s,
    );
    const data = join(folder, "data.safetensors");
    Deno.writeFileSync(data, datasetToSafetensors(dataset));
    const file = join(folder, "config.json");
    Deno.writeTextFileSync(file, JSON.stringify(logOverrides));
    const run = (...args: string[]) =>
      runScriptOf(
        "pipeline",
        ...["--preset", "smoke", "--config", file, "--dataset", data],
        ...["--backend", "reference", "--algorithms", "bc"],
        ...args,
      );
    const asked = await run(
      "--require",
      "return>=2",
      "--out",
      join(folder, "2"),
    );
    equal(asked.code, 1, asked.stderr);
    match(asked.stdout, /- not shown by these data\n- return >= 2: /);
    const unknown = await run("--require", "hazard<=0.1");
    equal(unknown.code, 2);
    match(
      unknown.stderr,
      /--require: there is no "hazard"; there are return, /,
    );
    throws(
      () =>
        openProblem(
          resolveConfig(
            "smoke",
            { ...logOverrides, dataset: { heldOut: 0 } },
            { datasetSha256: sha256(dataset), require: "return>=0" },
          ),
          { dataset },
        ),
      /^InputError: --require \(evaluation\.require\): is asked on episodes that are held out, and none are/,
    );
  }),
);

Deno.test("the run's seed changes neither part; with resample it draws what is learnt from", () => {
  const dataset = tosses();
  const [a, b] = [1, 2].map((seed) =>
    openProblem(configOf(dataset, {}, seed), { dataset })
  );
  deepEqual(a, b);
  const others = isHeldOut.map((flag) => 1 - flag);
  deepEqual(a.dataset, episodesWhere(dataset, others));
  deepEqual(a.heldOut, episodesWhere(dataset, isHeldOut));
  const [c, d] = [1, 2].map((seed) =>
    openProblem(configOf(dataset, { resample: true }, seed), { dataset })
  );
  deepEqual(c.heldOut, a.heldOut);
  equal(c.dataset.episodeOffsets.length, a.dataset.episodeOffsets.length);
  notEqual(sha256(c.dataset), sha256(a.dataset));
  notEqual(sha256(c.dataset), sha256(d.dataset));
});

Deno.test(
  "learnt from the others, evaluated on these alone, verified, the same bytes on every backend",
  inFolder(async (folder) => {
    const dataset = tosses();
    const config = configOf(dataset);
    const out = join(folder, "wasm");
    const notes: string[] = [];
    const events = { onNote: (note: string) => void notes.push(note) };
    const metrics = await runPipeline({
      config,
      dataset,
      backend: wasm,
      out,
      events,
    });
    deepEqual(notes, [
      "suspicious: the same in every observation: number 1",
      "suspicious: every episode has one transition",
    ]);
    deepEqual(metrics.suspicious, [
      "the same in every observation: number 1",
      "every episode has one transition",
    ]);
    equal(metrics.dataset.episodes, 80);
    equal(metrics.heldOut?.episodes, 20);
    const file = Deno.readFileSync(join(out, "dataset.safetensors"));
    equal(sha256Hex(file), config.dataset.sha256);

    const others = episodesWhere(dataset, isHeldOut.map((flag) => 1 - flag));
    const settings = config.algorithms.cql!;
    const alone = await train(others, "cql", settings, {
      ...config.network,
      seed: config.seed,
    });
    const path = join(out, "cql", "policy.safetensors");
    const network = policyFromSafetensors(Deno.readFileSync(path), path);
    equal(sha256Hex(policyToSafetensors(network)), metrics.policies.cql.sha256);
    // A run on a file also keeps the range of what it saw.
    const { observationRange, ...own } = network;
    deepEqual(own, alone);
    deepEqual(observationRange, learntRange(others));
    const heldOut = episodesWhere(dataset, isHeldOut);
    const again = await evaluateOnLog(
      { kind: "network", name: "cql", network, acting: { kind: "greedy" } },
      heldOut,
      { seed: config.dataset.splitSeed, actionValueDiscount: settings.gamma },
    );
    deepEqual(metrics.policies.cql.offPolicy, again);
    // The second action always pays 1, and it is the policy's.
    equal(again.estimates.return.wis.value, 1);
    equal(again.effectiveSampleSize, heldOut.actions.reduce((s, a) => s + a));
    equal(again.settings.episodes, 20);
    equal(again.settings.propensities, "column");

    const other = join(folder, "reference");
    await runPipeline({ config, dataset, backend: reference, out: other });
    deepEqual(deterministicHashes(other), deterministicHashes(out));
    Deno.removeSync(join(other, "manifest.json"));
    Deno.removeSync(join(other, "metrics.json"));
    await runPipeline({ config, backend: wasm, out: other, resume: true });
    deepEqual(deterministicHashes(other), deterministicHashes(out));
    for (const quick of [true, false]) {
      const found = await verifyRun({ directory: out, backend: wasm, quick });
      deepEqual(found.replay?.differences, []);
      ok(isVerified(found));
    }
  }),
);

Deno.test(
  "what the held-out episodes say changes no policy",
  inFolder(async (folder) => {
    const run = async (dataset: Dataset, label: string): Promise<Metrics> =>
      await runPipeline({
        config: configOf(dataset),
        dataset,
        backend: wasm,
        out: join(folder, label),
      });
    const plain = await run(tosses(), "plain");
    const other = await run(
      tosses((e, action) => isHeldOut[e] === 1 ? 0.25 * action : action),
      "other",
    );
    for (const name of ["bc", "cql"]) {
      equal(other.policies[name].sha256, plain.policies[name].sha256);
    }
    const wis = ({ policies: { cql } }: Metrics) =>
      cql.offPolicy?.estimates.return.wis.value;
    deepEqual([wis(plain), wis(other)], [1, 0.25]);
    // That a return can be 1 is known from the other episodes.
    deepEqual(other.policies.cql.offPolicy?.settings.returnRange, [0, 1]);
  }),
);

Deno.test(
  "the report and the terminal say whether the data support a policy before any number",
  inFolder(async (folder) => {
    const report = async (dataset: Dataset, label: string, data = {}) => {
      const out = join(folder, label);
      const config = configOf(dataset, data);
      await runPipeline({ config, dataset, backend: wasm, out });
      return Deno.readTextFileSync(join(out, "report.html"));
    };
    const many = await report(tosses(), "many", { heldOut: 0.5 });
    ok(many.includes("<strong>supported by these data</strong>"));
    const few = await report(tosses(), "few");
    const section = few.slice(few.indexOf("<h2>What the data say</h2>"));
    ok(section.indexOf("<h2>Numbers</h2>") > 0);
    const answer = section.indexOf(
      "<strong>not supported by these data</strong>",
    );
    ok(answer > 0 && answer < section.indexOf("<table>"));
    match(section, /from 20 episodes with 20 transitions that nothing/);
    match(few, /Nothing was learnt from 20 more, drawn by the split seed 0\./);
    match(few, /Suspicious: every episode has one transition\./);
    const none = await report(tosses(), "none", { heldOut: 0 });
    ok(!none.includes("What the data say"));
    match(none, /so this page shows only the data/);
  }),
);

Deno.test(
  "few episodes are evaluated too; an outcome with a name that means something else is refused before training",
  inFolder(async (folder) => {
    const log = (outcome: string) =>
      datasetFromArrays({
        observations: [1.5, 2.5, 3.5, 4.5, 5.5, 6.5],
        actions: [0, 1, 0, 1, 0, 1],
        rewards: [1, 2, 3, 4, 5, 6],
        terminated: [0, 1, 0, 1, 0, 1],
        outcomes: [outcome, outcome, outcome],
      });
    const dataset = log("well");
    const { policies } = await runPipeline({
      config: configOf(dataset),
      dataset,
      backend: wasm,
      out: join(folder, "few"),
    });
    const { settings, decision } = policies.bc.offPolicy!;
    deepEqual([settings.episodes, settings.propensities], [1, "counts"]);
    equal(decision.support, "not supported by these data");
    const bad = log("return");
    const out = join(folder, "bad");
    await refused(
      runPipeline({ config: configOf(bad), dataset: bad, backend: wasm, out }),
      /^the data call an outcome "return", which has a meaning of its own/,
    );
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["few"]);
  }),
);

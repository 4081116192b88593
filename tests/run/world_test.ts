/** Runs and studies in a world from a file: on every backend, stopped and resumed, verified, with the names of its outcomes. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { resolveConfig } from "../../src/config/resolve.ts";
import { FILE_WORLD } from "../../src/environments/index.ts";
import type { WorldFile } from "../../src/environments/world_file.ts";
import { worldToSafetensors } from "../../src/environments/world_safetensors.ts";
import { InputError } from "../../src/errors.ts";
import { policyFromSafetensors } from "../../src/network/policy_file.ts";
import { greedyInStates } from "../../src/evaluation/evaluate.ts";
import { InterruptedError } from "../../src/run/learn.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { worldSha256 } from "../../src/run/problem.ts";
import { recordedConfig } from "../../src/run/resume.ts";
import { isVerified, verifyRun } from "../../src/run/verify.ts";
import { resolveStudy } from "../../src/study/config.ts";
import { runStudy, StudyStoppedError } from "../../src/study/study.ts";
import { verifyStudy } from "../../src/study/verify.ts";
import { onEachBackend } from "../backends/backends.ts";
import {
  backends,
  deterministicHashes,
  inFolder,
  refused,
} from "./small_run.ts";
import { ward } from "./world.ts";

const [[, reference], [, wasm]] = backends;
const environmentOf = (world: WorldFile, maxSteps: number | null = null) => ({
  name: FILE_WORLD,
  sha256: worldSha256(world),
  maxSteps,
} as const);
const overrides = {
  dataset: { episodes: 30 },
  network: { hidden: [8] },
  algorithms: {
    bc: { steps: 30, batchSize: 8, logInterval: 10 },
    cql: { steps: 30, batchSize: 8, logInterval: 10 },
  },
  evaluation: { episodes: 5, mismatchSamples: 20 },
};
const environment = environmentOf(ward);
const config = resolveConfig("smoke", overrides, {
  environment,
  isCategorical: true,
});

const expected = Promise.resolve().then(async () => {
  const folder = Deno.makeTempDirSync();
  const out = join(folder, "run");
  const metrics = await runPipeline({
    config,
    backend: reference,
    out,
    world: ward,
  });
  const hashes = deterministicHashes(out);
  const text = (name: string) => Deno.readTextFileSync(join(out, name));
  const policies = ["bc", "cql"].map((name) =>
    policyFromSafetensors(
      Deno.readFileSync(join(out, name, "policy.safetensors")),
      name,
    )
  );
  const files = {
    report: text("report.html"),
    table: text("cql/training.csv"),
  };
  Deno.removeSync(folder, { recursive: true });
  return { metrics, hashes, policies, ...files };
});

Deno.test("a world from a file: its own policy collects, observations are one-hot, its outcomes have their names", async () => {
  equal(config.dataset.epsilon, 0);
  equal(config.network.encoder, "oneHot");
  const { metrics, hashes, policies, report, table } = await expected;
  equal(hashes["environment.mdp.safetensors"], environment.sha256);
  const { death, recovery } = {
    death: metrics.references!.behaviour.deathProbability,
    recovery: metrics.references!.behaviour.recoveryProbability,
  };
  ok(Math.abs(death + recovery - 1) < 1e-12);
  equal(metrics.references!.behaviour.neverEndsProbability, 0);
  equal(metrics.references!.behaviour.returnMean, recovery);
  equal(metrics.environment!.title, "a small ward");
  equal(metrics.environment!.horizon, null);
  match(
    table,
    /^step,loss,tdLoss,conservativeLoss,returnMean,deathProbability\n/,
  );
  for (const words of ["a small ward", "recovery", "never ends"]) {
    ok(report.includes(words), words);
  }
  ok(!/hazard|goal|timeout|undefined|NaN/.test(report));
  for (const policy of policies) {
    greedyInStates(policy, ward.mdp).forEach((action, s) =>
      equal(ward.mdp.allowed![s * 3 + action], 1)
    );
  }
});

onEachBackend(
  "a run in a world from a file has the same bytes",
  async (backend) => {
    const folder = Deno.makeTempDirSync();
    const out = join(folder, "run");
    await runPipeline({ config, backend, out, world: ward });
    deepEqual(deterministicHashes(out), (await expected).hashes);
    Deno.removeSync(folder, { recursive: true });
  },
);

Deno.test(
  "stopped and resumed from its folder alone, verified, and refused where the world is not its own",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    let asked = 0;
    await rejects(
      runPipeline({
        config,
        backend: wasm,
        out,
        world: ward,
        checkpointInterval: 7,
        stop: () => ++asked > 45,
      }),
      InterruptedError,
    );
    const kept = join(out, "environment.mdp.safetensors");
    const bytes = Deno.readFileSync(kept);
    const resume = () =>
      runPipeline({
        config: recordedConfig(out),
        backend: reference,
        out,
        resume: true,
      });
    Deno.removeSync(kept);
    await refused(resume(), /environment\.mdp\.safetensors: .*/);
    const changed = bytes.slice();
    changed[changed.length - 5] ^= 1;
    Deno.writeFileSync(kept, changed);
    await refused(resume(), /./);
    Deno.writeFileSync(kept, worldToSafetensors({ ...ward, title: "another" }));
    await refused(
      resume(),
      /environment\.mdp\.safetensors: is not the world that the configuration names \(environment\.sha256\); put that one back$/,
    );
    Deno.writeFileSync(kept, bytes);
    await resume();
    deepEqual(deterministicHashes(out), (await expected).hashes);

    const options = { directory: out, backend: wasm };
    ok(isVerified(await verifyRun(options)));
    ok(isVerified(await verifyRun({ ...options, quick: true })));
    Deno.writeFileSync(kept, changed);
    const found = await verifyRun(options);
    deepEqual(
      found.manifest.map(({ path }) => path).slice(0, 1),
      ["environment.mdp.safetensors"],
    );
  }),
);

Deno.test(
  "a study in a world from a file: stopped and resumed, verified, the same bytes",
  inFolder(async (folder) => {
    const study = resolveStudy({
      presets: ["smoke"],
      seeds: [0, 1],
      overrides,
      environment,
      isCategorical: true,
    });
    const [out, again] = ["study", "again"].map((name) => join(folder, name));
    const options = {
      study,
      world: ward,
      jobs: 1,
      backend: "reference",
    } as const;
    await runStudy({ ...options, out });
    const stopping = new AbortController();
    await rejects(
      runStudy({
        ...options,
        out: again,
        signal: stopping.signal,
        onProgress: ({ cells }) => cells === 2 && stopping.abort(),
      }),
      StudyStoppedError,
    );
    const result = await runStudy({ ...options, out: again });
    deepEqual(deterministicHashes(again), deterministicHashes(out));
    deepEqual(result.quantities, ["returnMean", "deathProbability", "cvar10"]);
    ok(result.policies.every(({ ends }) => ends.neverEndsProbability === 0));
    const found = await verifyStudy({ directory: out, backend: "wasm" });
    deepEqual(found.differences, []);
    equal(found.again, 4);
    await refused(
      runStudy({ ...options, out, world: { ...ward, title: "another" } }),
      /the world is not the one that environment\.sha256 names/,
    );
  }),
);

Deno.test("worlds that a run cannot be made in are refused before anything is made", async () => {
  const out = join(Deno.makeTempDirSync(), "run");
  const { mdp } = ward;
  const run = (world: WorldFile | undefined, of = world, behaviour?: string) =>
    runPipeline({
      config: resolveConfig("smoke", {
        ...overrides,
        dataset: { episodes: 3, behaviour },
      }, { environment: environmentOf(of ?? ward) }),
      backend: reference,
      out,
      world,
    });
  await refused(run(undefined), /give it with --environment FILE/);
  await refused(run(ward, { ...ward, title: "x" }), /environment\.sha256/);
  await refused(
    run(ward, ward, "expert"),
    /dataset\.behaviour: unknown "expert"; known: careful, uniform, optimal/,
  );
  // Waiting for ever, at a price.
  const pays = { ...mdp, reward: mdp.reward.map((r) => r - 1) };
  const endless = {
    ...pays,
    outcome: pays.outcome.slice(),
    nextState: pays.nextState.slice(),
  };
  for (let i = 0; i < 3; i++) {
    endless.nextState[i] = 0;
    endless.outcome[i] = 0;
  }
  await refused(
    run({ ...ward, mdp: endless }),
    /paid for ever in state 0: its return has no expectation; give environment\.maxSteps/,
  );
  ok(!existsSync(out));
  await rejects(
    runPipeline({
      config: resolveConfig("smoke", overrides),
      backend: reference,
      out,
      world: ward,
    }),
    (error) => error instanceof InputError,
  );
});

Deno.test(
  "a discounted world is judged by the discounted return, a world without dangers by that alone",
  inFolder(async (folder) => {
    const mdp = {
      ...ward.mdp,
      discount: 0.875,
      horizon: 12,
      outcomes: ward.mdp.outcomes.map((outcome) => ({
        ...outcome,
        unsafe: false,
      })),
    };
    const world = { ...ward, mdp };
    const out = join(folder, "run");
    const metrics = await runPipeline({
      config: resolveConfig("smoke", overrides, {
        environment: environmentOf(world, 9),
        isCategorical: true,
      }),
      backend: reference,
      out,
      world,
    });
    equal(metrics.environment!.horizon, 9);
    const { optimal } = metrics.references!;
    const { exact, regret } = metrics.policies.cql;
    equal(regret, optimal.discountedReturnMean! - exact!.discountedReturnMean!);
    ok(optimal.returnMean! > optimal.discountedReturnMean!);
    const table = Deno.readTextFileSync(join(out, "cql/training.csv"));
    match(table, /^step,loss,tdLoss,conservativeLoss,discountedReturnMean\n/);
    const report = Deno.readTextFileSync(join(out, "report.html"));
    ok(report.includes("expected discounted return"));
    ok(!/null|undefined|NaN/.test(report.slice(0, report.indexOf("<pre>"))));
    ok(isVerified(await verifyRun({ directory: out, backend: wasm })));

    const study = resolveStudy({
      presets: ["smoke"],
      algorithms: ["bc"],
      seeds: [0, 1],
      overrides,
      environment: environmentOf(world),
      isCategorical: true,
    });
    const result = await runStudy({
      study,
      world,
      jobs: 1,
      backend: "reference",
      out: join(folder, "study"),
    });
    deepEqual(result.quantities, ["discountedReturnMean", "cvar10"]);
    const page = Deno.readTextFileSync(join(folder, "study/report.html"));
    ok(page.includes("discounted return, IQM"));
    ok(!/null|undefined|NaN/.test(page.slice(0, page.indexOf("<pre>"))));
  }),
);

/** A study of data from a file: training seeds vary, the data do not. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { InputError } from "../../src/errors.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { makeEnvironment } from "../../src/run/problem.ts";
import { collectDataset } from "../../src/dataset/collect.ts";
import {
  resolveStudy,
  seedConfig,
  studyCells,
} from "../../src/study/config.ts";
import { runStudy } from "../../src/study/study.ts";
import { verifyStudy } from "../../src/study/verify.ts";
import { logOverrides, tosses } from "../run/small_log.ts";
import { backend, contents, overrides, temporary } from "./small_study.ts";

const dataset = tosses();
const datasetSha256 = sha256Hex(datasetToSafetensors(dataset));
const request = {
  presets: ["smoke"],
  seeds: [0, 1, 2],
  overrides: { ...logOverrides, dataset: { heldOut: 0.5 } },
  datasetSha256,
};
const study = resolveStudy(request);

Deno.test("its cells are the learners', and each is what the pipeline makes", async () => {
  using folder = temporary();
  deepEqual(
    studyCells(study).map(({ policy, seed }) => `${policy}/${seed}`),
    ["bc/0", "bc/1", "bc/2", "cql/0", "cql/1", "cql/2"],
  );
  const out = join(folder.path, "study");
  const notes: string[] = [];
  const onNote = (note: string) => void notes.push(note);
  const result = await runStudy({
    study,
    dataset,
    out,
    jobs: 1,
    backend,
    onNote,
  });
  equal(notes[0], "suspicious: the same in every observation: number 1");
  deepEqual(result.quantities, [
    "doublyRobustReturn",
    "pessimisticModelReturn",
    "returnAtLeast",
    "effectiveSampleSize",
  ]);
  deepEqual(result.policies.map(({ policy }) => policy), ["bc", "cql"]);
  const metrics = await runPipeline({
    config: seedConfig(study, "smoke", 1),
    dataset,
    backend: referenceBackend,
    out: join(folder.path, "run"),
  });
  for (const name of ["bc", "cql"]) {
    const cell = JSON.parse(
      Deno.readTextFileSync(join(out, "cells/smoke", name, "1.json")),
    );
    const { sha256, offPolicy } = metrics.policies[name];
    equal(cell.policySha256, sha256);
    const { dr, pluginPessimistic, is } = offPolicy!.estimates.return;
    deepEqual(cell.estimates, {
      doublyRobustReturn: dr.value,
      pessimisticModelReturn: pluginPessimistic.value,
      returnAtLeast: is.interval![0],
      effectiveSampleSize: offPolicy!.effectiveSampleSize,
    });
    deepEqual(cell.reasons, offPolicy!.decision.reasons);
  }
  // The second action always pays 1, and every seed of CQL finds it.
  const [, cql] = result.policies;
  equal(cql.supportedOn, 3);
  equal(cql.aggregates.doublyRobustReturn.interquartileMean.value, 1);
  equal(cql.aggregates.doublyRobustReturn.optimalityGap, null);
  deepEqual(cql.ends, {});
  const html = Deno.readTextFileSync(join(out, "report.html"));
  match(html, /All seeds learn from the same data;/);
  match(html, /3 of 3 seeds/);
  ok(!html.includes("by dynamic programming"));
  match(
    Deno.readTextFileSync(join(out, "study.csv")),
    /^preset,policy,kind,seed,doublyRobustReturn,.*\nsmoke,bc,learner,0,/,
  );
});

Deno.test("stopped, resumed and verified; what was changed is found", async () => {
  using folder = temporary();
  const [whole, resumed] = ["whole", "resumed"].map((name) =>
    join(folder.path, name)
  );
  const options = { study, dataset, jobs: 1, backend } as const;
  await runStudy({ ...options, out: whole });
  await runStudy({ ...options, out: resumed });
  Deno.removeSync(join(resumed, "manifest.json"));
  Deno.removeSync(join(resumed, "cells/smoke/cql/1.json"));
  await runStudy({ ...options, out: resumed });
  // With the manifest went what computed the cells.
  deepEqual(contents(resumed).slice(0, -1), contents(whole).slice(0, -1));
  const check = async (cells?: number) => {
    const { differences, trainings, again } = await verifyStudy({
      directory: whole,
      jobs: 1,
      backend,
      cells,
    });
    return {
      paths: differences.map(({ path }) => path),
      trainings,
      again,
    };
  };
  deepEqual(await check(), { paths: [], trainings: 6, again: 6 });
  deepEqual(await check(2), { paths: [], trainings: 6, again: 2 });
  const file = join(whole, "dataset.safetensors");
  const bytes = Deno.readFileSync(file);
  bytes[bytes.length - 1] ^= 1;
  Deno.writeFileSync(file, bytes);
  deepEqual(await check(0), {
    paths: ["dataset.safetensors", "dataset.safetensors"],
    trainings: 0,
    again: 0,
  });
});

Deno.test("with resample each seed draws its own episodes, named by the seed", async () => {
  using folder = temporary();
  const drawn = resolveStudy({ ...request, resample: true });
  equal(drawn.presets.smoke.dataset.resample, true);
  const out = join(folder.path, "study");
  await runStudy({ study: drawn, dataset, out, jobs: 1, backend });
  match(
    Deno.readTextFileSync(join(out, "report.html")),
    /each draws as many episodes from them, with replacement/,
  );
  const { differences } = await verifyStudy({
    directory: out,
    jobs: 1,
    backend,
  });
  deepEqual(differences, []);
});

Deno.test("refused before anything is made: no data, other data, none held out", async () => {
  using folder = temporary();
  const out = join(folder.path, "study");
  const refused = async (
    request: Parameters<typeof runStudy>[0],
    message: RegExp,
  ) => {
    await rejects(runStudy(request), (error) => {
      ok(error instanceof InputError, `${error}`);
      match(error.message, message);
      return true;
    });
    deepEqual([...Deno.readDirSync(folder.path)], []);
  };
  await refused(
    { study, out, jobs: 1, backend },
    /give it with --dataset FILE/,
  );
  const other = tosses(() => 3);
  await refused({ study, dataset: other, out, jobs: 1, backend }, /is not the/);
  const none = resolveStudy({
    ...request,
    overrides: { ...logOverrides, dataset: { heldOut: 0 } },
  });
  await refused(
    { study: none, dataset, out, jobs: 1, backend },
    /^no episode is held out, so that nothing tells what a policy is worth/,
  );
});

Deno.test("where the world of the data is known, policies are judged in it", async () => {
  using folder = temporary();
  const { mdp, behaviour } = makeEnvironment("cliffWalking");
  const walks = collectDataset(mdp, behaviour, 12, 5);
  const known = resolveStudy({
    presets: ["smoke"],
    algorithms: ["bc"],
    seeds: [3, 4],
    overrides: { ...overrides, environment: { name: "cliffWalking" } },
    datasetSha256: sha256Hex(datasetToSafetensors(walks)),
  });
  equal(known.presets.smoke.dataset.heldOut, 0);
  const out = join(folder.path, "study");
  const result = await runStudy({
    study: known,
    dataset: walks,
    out,
    jobs: 1,
    backend,
  });
  equal(result.quantities[0], "returnMean");
  const [, behaviourOf, frequent] = result.policies;
  equal(behaviourOf.policy, "behaviour");
  // The same data give the same table for each seed.
  const { interquartileMean, worst } = frequent.aggregates.returnMean;
  equal(interquartileMean.value, worst.value);
  match(
    Deno.readTextFileSync(join(out, "report.html")),
    /All seeds learn from the same data;/,
  );
});

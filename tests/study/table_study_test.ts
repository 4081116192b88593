/** Learners whose policy is a table, in studies: one cell a seed, no curve, computed again by verify. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import {
  cellConfig,
  resolveStudy,
  studyCells,
} from "../../src/study/config.ts";
import { runStudy } from "../../src/study/study.ts";
import { verifyStudy } from "../../src/study/verify.ts";
import { logOverrides, tosses } from "../run/small_log.ts";
import { backend, contents, overrides, temporary } from "./small_study.ts";

const study = resolveStudy({
  presets: ["smoke"],
  algorithms: ["spibb", "bc"],
  seeds: [0, 1],
  trainingSeeds: [5, 6],
  overrides,
});
const jobs = 1;

Deno.test("tables beside networks: their cells, what they find, and verify", async () => {
  using folder = temporary();
  deepEqual(
    studyCells(study).map(({ policy, seed, trainingSeed }) =>
      `${policy}/${seed}/${trainingSeed}`
    ),
    [
      ...["bc/0/5", "bc/0/6", "bc/1/5", "bc/1/6"],
      ...["spibb/0/undefined", "spibb/1/undefined"],
      ...["references/0/undefined", "references/1/undefined"],
    ],
  );
  const out = join(folder.path, "study");
  const result = await runStudy({ study, out, jobs, backend });
  const path = join(out, "cells/smoke/spibb/1.json");
  const cell = JSON.parse(Deno.readTextFileSync(path));
  deepEqual(Object.keys(cell), [
    "schema",
    "cell",
    "task",
    "exact",
    "policySha256",
    "sha256",
  ]);
  const { policies } = await runPipeline({
    config: cellConfig(study, { preset: "smoke", policy: "spibb", seed: 1 }),
    backend: referenceBackend,
    out: join(folder.path, "run"),
  });
  deepEqual(cell.exact, policies.spibb.exact);
  equal(cell.policySha256, policies.spibb.sha256);
  // A learner and a reference of one name are told apart.
  deepEqual(result.policies.map(({ policy, kind }) => `${kind} ${policy}`), [
    "learner bc",
    "learner spibb",
    "reference behaviour",
    "reference mostFrequentAction",
    "reference maximumLikelihoodModel",
    "reference spibb (reference)",
    "reference optimal",
  ]);
  const curves = Deno.readTextFileSync(join(out, "curves.csv"));
  match(curves, /^smoke,bc,/m);
  ok(!curves.includes("spibb"));
  match(Deno.readTextFileSync(join(out, "report.html")), /spibb \(reference\)/);

  const before = contents(out);
  const found = await verifyStudy({ directory: out, cells: 0, jobs, backend });
  deepEqual(found.differences, []);
  // Only trainings can be left out.
  deepEqual([found.trainings, found.again], [4, 0]);
  deepEqual(contents(out), before);

  // A changed table's cell, with its hash, is found although no training runs again.
  const wrong = JSON.stringify(cell.exact.returnMean);
  const text = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(
    path,
    text.replaceAll(wrong, `${cell.exact.returnMean + 1}`),
  );
  const changed = await verifyStudy({
    directory: out,
    cells: 0,
    jobs,
    backend,
  });
  deepEqual(changed.differences.map(({ path }) => path), [
    "cells/smoke/spibb/1.json",
    "cells/smoke/spibb/1.json",
  ]);
  // The next start computes it again.
  await runStudy({ study, out, jobs, backend });
  deepEqual(contents(out), before);
});

Deno.test("tables alone: no curves, and on a log the estimates of the episodes held out", async () => {
  using folder = temporary();
  const alone = resolveStudy({
    presets: ["smoke"],
    algorithms: ["rmin", "spibb"],
    seeds: [3],
    overrides,
  });
  const out = join(folder.path, "alone");
  await runStudy({ study: alone, out, jobs, backend });
  equal(
    Deno.readTextFileSync(join(out, "curves.csv")).trim().split("\n").length,
    1,
  );
  deepEqual(
    (await verifyStudy({ directory: out, jobs, backend })).differences,
    [],
  );

  const dataset = tosses();
  const log = resolveStudy({
    presets: ["smoke"],
    algorithms: ["maximumLikelihood"],
    seeds: [0],
    overrides: { ...logOverrides, dataset: { heldOut: 0.5 } },
    datasetSha256: sha256Hex(datasetToSafetensors(dataset)),
  });
  const ofLog = join(folder.path, "log");
  const { policies } = await runStudy({
    study: log,
    dataset,
    out: ofLog,
    jobs,
    backend,
  });
  const [{ aggregates, supportedOn }] = policies;
  equal(supportedOn, 1);
  equal(aggregates.doublyRobustReturn.mean, 1);
  const cell = JSON.parse(
    Deno.readTextFileSync(join(ofLog, "cells/smoke/maximumLikelihood/0.json")),
  );
  equal(cell.curve, undefined);
  deepEqual(
    (await verifyStudy({ directory: ofLog, jobs, backend })).differences,
    [],
  );
});

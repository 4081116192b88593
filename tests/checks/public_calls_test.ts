/** What `mod.ts` offers in one call gives the bits of a run, and says of a run what is wrong with it. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import {
  evaluate,
  policyToSafetensors,
  referenceBackend,
  runPipeline,
  runStudy,
  train,
  verify,
} from "../../mod.ts";
import { openProblem } from "../../runs.ts";
import { sha256Hex } from "../../tools.ts";
import { smallConfig } from "../run/small_run.ts";
import { backend, study, temporary } from "../study/small_study.ts";

Deno.test("train, evaluate and verify: a run's own policy, values and files", async () => {
  using folder = temporary();
  const out = join(folder.path, "run");
  const { policies } = await runPipeline({
    config: smallConfig,
    backend: referenceBackend,
    out,
  });
  const { dataset, environment } = openProblem(smallConfig);
  const rows: Record<string, number>[] = [];
  const policy = await train(dataset, "cql", smallConfig.algorithms.cql, {
    ...smallConfig.network,
    seed: smallConfig.seed,
    bootstrapOnTruncation: smallConfig.dataset.bootstrapOnTruncation,
    onRow: (row) => rows.push(row),
  });
  equal(sha256Hex(policyToSafetensors(policy)), policies.cql.sha256);
  deepEqual(rows.map(({ step }) => step), [30, 60, 90]);
  equal(
    evaluate(policy, environment!.mdp).returnMean,
    policies.cql.exact!.returnMean,
  );

  deepEqual((await verify(out, { quick: true })).differences, []);
  equal((await verify(out)).verified, true);
  Deno.writeTextFileSync(join(out, "report.html"), "another");
  const { verified, differences } = await verify(out);
  equal(verified, false);
  equal(differences[0].path, "report.html");
});

Deno.test("verify: a study", async () => {
  using folder = temporary();
  await runStudy({ study, out: folder.path, backend, jobs: 1 });
  const options = { backend: referenceBackend, quick: true };
  equal((await verify(folder.path, options)).verified, true);
  Deno.writeTextFileSync(join(folder.path, "study.csv"), "another");
  const { differences } = await verify(folder.path, options);
  equal(differences[0].path, "study.csv");
});

Deno.test("train: what is wrong is said in one line", async () => {
  const { dataset } = openProblem(smallConfig);
  const given: object = { alhpa: 1 };
  await rejects(train(dataset, "cql", given), {
    name: "InputError",
    message: "settings: algorithms.cql.alhpa: unknown key; did you mean alpha?",
  });
  await rejects(train(dataset, "bc", {}, { seed: -1 }), {
    name: "InputError",
    message: "run: seed: must be an integer from 0 to 4294967295, not -1",
  });
});

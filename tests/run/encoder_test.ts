/** Observations that are names, all the way from a world or a file to a policy. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import type { ConfigOverrides } from "../../src/config/config.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { collectDataset } from "../../src/dataset/collect.ts";
import { writeDataset } from "../../src/dataset/formats/dataset_file.ts";
import { worldToSafetensors } from "../../src/environments/world_safetensors.ts";
import { makeEnvironment } from "../../src/run/problem.ts";
import { datasetFromArrays } from "../../src/dataset/formats/arrays.ts";
import {
  datasetFromSafetensors,
  datasetToSafetensors,
} from "../../src/dataset/formats/safetensors.ts";
import { InputError } from "../../src/errors.ts";
import type { EncoderName } from "../../src/network/encoder.ts";
import { evaluatePolicy } from "../../src/network/policy.ts";
import { policyFromSafetensors } from "../../src/network/policy_file.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { requireRoomToLearn } from "../../src/run/sizes.ts";
import { train } from "../../src/run/train_policy.ts";
import { verifyRun } from "../../src/run/verify.ts";
import {
  backends,
  deterministicHashes,
  inFolder,
  refused,
  runScriptOf,
  smallOverrides,
} from "./small_run.ts";

const [[, reference], [, wasm]] = backends;
const { environment: _, ...withoutEnvironment } = smallOverrides;
const policyIn = (out: string, name: string) =>
  policyFromSafetensors(
    Deno.readFileSync(join(out, name, "policy.safetensors")),
    name,
  );

Deno.test(
  "a world whose observation is the state's index is learnt one-hot, the same on every backend, and verified",
  inFolder(async (folder) => {
    const overrides: ConfigOverrides = {
      ...smallOverrides,
      environment: { name: "frozenLake" },
    };
    const config = resolveConfig("smoke", overrides);
    equal(config.network.encoder, "oneHot");
    const runs = backends.map(([label, backend]) => ({
      backend,
      out: join(folder, label),
    }));
    for (const { backend, out } of runs) {
      await runPipeline({ config, backend, out });
    }
    const [{ out }, ...others] = runs;
    for (const other of others) {
      deepEqual(deterministicHashes(other.out), deterministicHashes(out));
    }
    const path = join(out, "dataset.safetensors");
    const data = datasetFromSafetensors(Deno.readFileSync(path), path);
    deepEqual(data.observationCategories, [16]);
    for (const name of ["bc", "cql"]) {
      const policy = policyIn(out, name);
      deepEqual(policy.encoder, { kind: "oneHot", categories: [16] });
      equal(policy.network.layers[0].inputs, 16);
    }
    for (const quick of [true, false]) {
      const verified = await verifyRun({
        directory: out,
        backend: wasm,
        quick,
      });
      deepEqual([verified.manifest, verified.replay?.differences], [[], []]);
    }
  }),
);

Deno.test(
  "coordinates as names have all of the grid's, also those that no one visits",
  inFolder(async (out) => {
    const config = resolveConfig("smoke", {
      ...smallOverrides,
      environment: { size: 6, maxSteps: 2, start: [0, 0] },
      network: { hidden: [8], encoder: "oneHot" },
    });
    await runPipeline({ config, backend: wasm, out });
    const { encoder } = policyIn(out, "cql");
    deepEqual(encoder, { kind: "oneHot", categories: [6, 6] });
  }),
);

/** A walk in a corridor of states 0 … 9, of which 7 is the last one acted in. */
const corridor = datasetFromArrays({
  observations: [0, 3, 7, 2, 5],
  actions: [1, 1, 1, 0, 0],
  rewards: [0, 0, 1, 0, 0],
  terminated: [0, 0, 1, 0, 0],
  truncated: [0, 0, 0, 0, 1],
  finalObservations: [9, 4],
});

Deno.test(
  "a file without a world: names are counted in what is learnt from, or as the data say",
  inFolder(async (folder) => {
    const notes: string[] = [];
    const run = async (dataset: Dataset, label: string, encoder: string) => {
      const config = resolveConfig("smoke", {
        ...withoutEnvironment,
        network: { hidden: [8], encoder },
      }, { datasetSha256: sha256Hex(datasetToSafetensors(dataset)) });
      const out = join(folder, label);
      const events = { onNote: (note: string) => void notes.push(note) };
      await runPipeline({ config, backend: wasm, out, dataset, events });
      return out;
    };
    const categoriesOf = async (dataset: Dataset, label: string) => {
      const out = await run(dataset, label, "oneHot");
      const { replay } = await verifyRun({
        directory: out,
        backend: wasm,
        quick: true,
      });
      deepEqual(replay?.differences, []);
      const { encoder } = policyIn(out, "cql");
      return encoder?.kind === "oneHot" && encoder.categories;
    };
    // The end of a terminated episode, state 9, is not learnt from.
    deepEqual(await categoriesOf(corridor, "plain"), [8]);
    const named = { ...corridor, observationCategories: [12] };
    deepEqual(await categoriesOf(named, "named"), [12]);
    const noted = () => notes.filter((note) => note.includes("encoder"));
    await run(named, "as numbers", "minmax");
    deepEqual(noted(), []);
    await run(corridor, "without a word", "minmax");
    deepEqual(noted(), [
      "suspicious: each observation is one whole number: if it is the index of a state, configure network.encoder oneHot",
    ]);
  }),
);

Deno.test(
  "pipeline: data that say nothing are of names where their world from a file says so",
  inFolder(async (folder) => {
    const { mdp } = makeEnvironment("frozenLake");
    const world = join(folder, "lake.mdp.safetensors");
    Deno.writeFileSync(
      world,
      worldToSafetensors({ title: "a lake", mdp, policies: {} }),
    );
    const { observationCategories: _, ...data } = collectDataset(
      mdp,
      new Float64Array(16 * 4).fill(0.25),
      20,
      1,
    );
    const log = join(folder, "log.csv");
    await writeDataset(log, data, "csv");
    const config = join(folder, "small.json");
    Deno.writeTextFileSync(config, JSON.stringify(withoutEnvironment));
    const out = join(folder, "run");
    const { code, stderr } = await runScriptOf(
      "pipeline",
      ...["--preset", "smoke", "--config", config, "--environment", world],
      ...["--dataset", log, "--out", out, "--backend", "reference"],
    );
    equal(code, 0, stderr);
    deepEqual(policyIn(out, "bc").encoder, {
      kind: "oneHot",
      categories: [16],
    });
  }),
);

Deno.test("train encodes as the data say or as asked, and refuses what is no name", async () => {
  const learn = (dataset: Dataset, encoder?: EncoderName) =>
    train(dataset, "bc", { steps: 2, batchSize: 4 }, {
      hidden: [4],
      encoder,
      backend: reference,
    });
  const named = { ...corridor, observationCategories: [10] };
  equal((await learn(corridor)).encoder, null);
  equal((await learn(named, "none")).encoder, null);
  equal((await learn(named, "minmax")).encoder?.kind, "affine");
  const policy = await learn(named);
  deepEqual(policy.encoder, { kind: "oneHot", categories: [10] });
  equal(evaluatePolicy(policy, Float32Array.of(9, 0)).length, 4);
  const halves = corridor.observations.map((x) => x / 2);
  await rejects(
    learn({ ...corridor, observations: halves }, "oneHot"),
    new InputError(
      "network.encoder: oneHot takes whole numbers from 0 to 16777215, and number 0 of an observation is 1.5: use none or minmax",
    ),
  );
  await rejects(
    learn({ ...corridor, observationCategories: [9] }),
    new InputError(
      "the data set: episode 0, observation 3: number 0 is 9, not a whole number from 0 to 8",
    ),
  );
});

Deno.test(
  "names that take more than there is are refused with what they would take, before a folder is made",
  inFolder(async (folder) => {
    const datasetOf = (states: number) =>
      datasetFromArrays({
        observations: Array.from({ length: states }, (_, state) => state),
        actions: Array.from({ length: states }, (_, state) => state % 2),
        rewards: new Float32Array(states),
        terminated: new Uint8Array(states).fill(1),
      });
    const dataset = datasetOf(40_000);
    const config = resolveConfig("smoke", {
      ...withoutEnvironment,
      dataset: { heldOut: 0 },
      network: { hidden: [8], encoder: "oneHot" },
    }, { datasetSha256: sha256Hex(datasetToSafetensors(dataset)) });
    const out = join(folder, "new");
    for (const backend of [reference, wasm]) {
      await refused(
        runPipeline({ config, backend, out, dataset }),
        /^network\.encoder: oneHot of 40000 categories is too large: training bc takes 6\.\d GiB/,
      );
    }
    deepEqual([...Deno.readDirSync(folder)], []);
    // A quarter of them fits.
    const fits = { dataset: datasetOf(10_000), environment: null };
    requireRoomToLearn(config, wasm, fits);
    const refusal = await train(dataset, "bc", { steps: 1 }, {
      encoder: "oneHot",
    }).catch(String);
    match(`${refusal}`, /^InputError: network\.encoder: oneHot of 40000 /);
    ok(!`${refusal}`.includes("\n"));
  }),
);

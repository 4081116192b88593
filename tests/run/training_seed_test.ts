import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { join } from "node:path";
import { referenceBackend as backend } from "../../src/backends/reference.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { InputError } from "../../src/errors.ts";
import { policyToSafetensors } from "../../src/network/policy_file.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { InterruptedError } from "../../src/run/learn.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { recordedConfig, recordedDataset } from "../../src/run/resume.ts";
import { train } from "../../src/run/train_policy.ts";
import { isVerified, verifyRun } from "../../src/run/verify.ts";
import {
  deterministicHashes,
  refused,
  smallConfig,
  smallOverrides,
} from "./small_run.ts";

const configWith = (trainingSeed: number | null) =>
  resolveConfig("smoke", { ...smallOverrides, trainingSeed });

Deno.test("a configuration keeps the training seed beside the seed, and none where it is that", () => {
  equal(JSON.stringify(configWith(null)), JSON.stringify(smallConfig));
  const config = configWith(7);
  deepEqual(Object.keys(config).slice(0, 3), [
    "seed",
    "trainingSeed",
    "environment",
  ]);
  equal(config.trainingSeed, 7);
  equal(
    JSON.stringify(resolveConfig("tutorial", config)),
    JSON.stringify(config),
  );
  const flags = { seed: 3, trainingSeed: 9 };
  const flagged = resolveConfig("smoke", { trainingSeed: 7 }, flags);
  deepEqual([flagged.seed, flagged.trainingSeed], [3, 9]);
  throws(
    () => configWith(1.5),
    new InputError(
      "config: trainingSeed: must be an integer from 0 to 4294967295 or null, not 1.5",
    ),
  );
});

Deno.test("the training seed names networks and minibatches, and nothing of the data", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const run = async (name: string, trainingSeed: number | null) => {
      const config = configWith(trainingSeed);
      const out = join(folder, name);
      await runPipeline({ config, backend, out });
      return out;
    };
    const own = deterministicHashes(await run("own", null));
    const same = deterministicHashes(await run("same", smallConfig.seed));
    const out = await run("other", 7);
    const other = deterministicHashes(out);
    const data = "dataset.safetensors";
    equal(other[data], own[data]);
    for (const name of ["bc", "cql"] as const) {
      const policy = `${name}/policy.safetensors`;
      equal(same[policy], own[policy]);
      notEqual(other[policy], own[policy]);
      const alone = await train(
        recordedDataset(out, recordedConfig(out)),
        name,
        smallConfig.algorithms[name]!,
        {
          ...smallConfig.network,
          bootstrapOnTruncation: false,
          seed: 7,
          backend,
        },
      );
      equal(other[policy], sha256Hex(policyToSafetensors(alone)));
    }
    ok(isVerified(
      await verifyRun({ directory: out, backend, quick: false }),
    ));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a run with a training seed is resumed with it alone", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const config = configWith(7);
    const whole = join(folder, "whole");
    await runPipeline({ config, backend, out: whole });
    const out = join(folder, "run");
    let steps = 0;
    try {
      await runPipeline({
        config,
        backend,
        out,
        checkpointInterval: 5,
        stop: () => steps > 20,
        events: { onStep: (step) => steps = step },
      });
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error;
    }
    await refused(
      runPipeline({ config: configWith(8), backend, out, resume: true }),
      /its config\.json is not the configuration that the flags ask for/,
    );
    const recorded = recordedConfig(out);
    await runPipeline({ config: recorded, backend, out, resume: true });
    deepEqual(deterministicHashes(out), deterministicHashes(whole));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

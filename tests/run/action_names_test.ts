import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { policyFromSafetensors } from "../../src/network/policy_file.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { actionCodes } from "../../src/dataset/action_codes.ts";
import {
  openDataset,
  writeDataset,
} from "../../src/dataset/formats/dataset_file.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { openProblem } from "../../src/run/problem.ts";
import { verifyRun } from "../../src/run/verify.ts";
import {
  backends,
  inFolder,
  smallConfig,
  smallOverrides,
} from "./small_run.ts";

const [, [, wasm]] = backends;
const { environment, ...withoutEnvironment } = smallOverrides;

/** The policies that a data set gives. */
async function policiesOf(
  out: string,
  dataset: Dataset,
  overrides: object = withoutEnvironment,
) {
  const datasetSha256 = sha256Hex(datasetToSafetensors(dataset));
  const config = resolveConfig("smoke", overrides, { datasetSha256 });
  await runPipeline({ config, backend: wasm, out, dataset });
  return ["bc", "cql"].map((name) =>
    Deno.readFileSync(join(out, name, "policy.safetensors"))
  );
}

Deno.test(
  "the source's action codes come back in the policies, which are the same otherwise",
  inFolder(async (folder) => {
    const { dataset } = openProblem(smallConfig);
    const actionNames = ["-7", "0", "12", "1234567890"];
    const named = { ...dataset, actionNames };
    const csv = join(folder, "named.csv");
    await writeDataset(csv, named, "csv");
    const read = await openDataset(csv);
    deepEqual(read, named);
    const plain = await policiesOf(join(folder, "plain"), dataset);
    const out = join(folder, "named");
    const own = await policiesOf(out, read);
    own.forEach((bytes, i) => {
      const policy = policyFromSafetensors(bytes, "p");
      const other = policyFromSafetensors(plain[i], "p");
      equal(other.actionNames, undefined);
      deepEqual(policy, { ...other, actionNames });
    });
    const metrics = JSON.parse(
      Deno.readTextFileSync(join(out, "metrics.json")),
    );
    deepEqual(metrics.dataset.actionNames, actionNames);
    const onnx = Deno.readTextFileSync(join(out, "cql/policy.onnx"));
    ok(onnx.includes(JSON.stringify(actionNames)));
    const { manifest, replay } = await verifyRun({
      directory: out,
      backend: wasm,
      quick: true,
    });
    deepEqual([manifest, replay?.differences], [[], []]);
  }),
);

Deno.test(
  "in a known environment a log may lack an action",
  inFolder(async (folder) => {
    const { dataset } = openProblem(smallConfig);
    const lacking = {
      ...dataset,
      actions: dataset.actions.map((action) => action === 2 ? 3 : action),
    };
    const csv = join(folder, "lacking.csv");
    await writeDataset(csv, lacking, "csv");
    const read = await openDataset(csv);
    deepEqual(actionCodes(read), [0, 1, 3]);
    const overrides = { ...withoutEnvironment, environment };
    const out = join(folder, "csv");
    const policies = await policiesOf(out, read, overrides);
    deepEqual(
      policies,
      await policiesOf(join(folder, "all"), lacking, overrides),
    );
    equal(policyFromSafetensors(policies[0], "p").actionNames, undefined);
    const { manifest, replay } = await verifyRun({
      directory: out,
      backend: wasm,
      quick: true,
    });
    deepEqual([manifest, replay?.differences], [[], []]);
  }),
);

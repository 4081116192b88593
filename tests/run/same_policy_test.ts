/** The format of a file changes no policy, and what the suite's own habit assumes is not put on a user's data. */
import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { policyToSafetensors } from "../../src/network/policy_file.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import {
  DATASET_FORMATS,
  type DatasetFormat,
  openDataset,
  writeDataset,
} from "../../src/dataset/formats/dataset_file.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { evaluatePolicy, greedyActions } from "../../src/network/policy.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { learn, networkAlgorithms } from "../../src/run/learn.ts";
import { inFolder } from "./small_run.ts";

const backend = referenceBackend;

/**
 * Episodes that end in each way, the last without a row for its final observation, with action
 * codes of which 3 is not one. Nobody learns from 100 and -70, in which terminated episodes end.
 */
const LOG =
  `episode,observation_0,observation_1,action,reward,terminated,truncated
a,0,0.5,1,1,0,0
a,1,0.25,2,-1,0,0
a,100,9,,,,
b,2,0.5,4,0.5,0,0
b,1,1.5,1,0.1,1,0
b,100,-70,,,,
c,0,0.5,2,-0.5,0,0
c,1,1.5,4,0.3,0,1
c,7,-7,,,,
d,2,0.5,1,2,1,1
d,-70,8,,,,
e,3,3,4,-3,1,0
e,100,8,,,,
f,5,1,1,0.25,0,1
f,2,2,,,,
g,3,3,2,1.5,0,0
g,4,4,1,0.5,0,0
`;

/** The same log as its writer may also put it: a terminated episode does not say what it ended in. */
const WITHOUT_ENDS = LOG.replace("b,100,-70,,,,\n", "")
  .replace("d,-70,8,,,,\n", "").replace("e,100,8,,,,\n", "");

const overrides = {
  network: { hidden: [6] },
  algorithms: {
    bc: { steps: 12, batchSize: 8, logInterval: 6 },
    cql: { steps: 20, batchSize: 8, logInterval: 5, targetUpdateInterval: 5 },
  },
};

/** Policies by algorithm but for their actions' names, learnt from data as from a file. */
async function policies(
  dataset: Dataset,
  changes: { bootstrapOnTruncation?: boolean; encoder: string },
): Promise<string[]> {
  const { bootstrapOnTruncation, encoder } = changes;
  const config = resolveConfig("smoke", {
    ...overrides,
    dataset: { bootstrapOnTruncation },
    network: { ...overrides.network, encoder },
    algorithms: {
      ...overrides.algorithms,
      dqn: { ...overrides.algorithms.cql, checkpointChoice: "model" },
    },
  }, { datasetSha256: sha256Hex(datasetToSafetensors(dataset)) });
  const hashes: string[] = [];
  for (const algorithm of networkAlgorithms(config)) {
    const problem = { dataset, environment: null };
    const { policy } = await learn({ config, problem, algorithm, backend });
    deepEqual(policy.actionNames, dataset.actionNames);
    const { actionNames: _, ...bits } = policy;
    hashes.push(sha256Hex(policyToSafetensors(bits)));
  }
  return hashes;
}

async function allPolicies(dataset: Dataset): Promise<string[]> {
  const hashes: string[] = [];
  for (const encoder of ["none", "minmax"]) {
    for (const bootstrapOnTruncation of [false, true]) {
      hashes.push(
        ...await policies(dataset, {
          bootstrapOnTruncation,
          encoder,
        }),
      );
    }
  }
  return hashes;
}

Deno.test(
  "the same log in any format, converted along any pair, gives the same policies",
  inFolder(async (folder) => {
    const log = join(folder, "log.csv");
    Deno.writeTextFileSync(log, LOG);
    const original = await openDataset(log);
    const expected = await allPolicies(original);
    // Cloning looks at no next observation: it does not depend on the time limits.
    equal(new Set(expected).size, expected.length - 2);

    const short = join(folder, "short.csv");
    Deno.writeTextFileSync(short, WITHOUT_ENDS);
    deepEqual(await allPolicies(await openDataset(short)), expected, "short");

    const convert = async (
      dataset: Dataset,
      to: DatasetFormat,
      name: string,
    ) => {
      const path = join(folder, name);
      await writeDataset(path, dataset, to);
      return await openDataset(path);
    };
    for (const first of DATASET_FORMATS) {
      const once = await convert(original, first, first);
      deepEqual(await allPolicies(once), expected, first);
      for (const second of DATASET_FORMATS) {
        const twice = await convert(once, second, `${first}-${second}`);
        const what = `${first} to ${second}`;
        // Minari's Discrete space has no gaps, so the codes are lost there and nowhere else.
        deepEqual(
          twice.actionNames,
          what.includes("minari") ? undefined : ["1", "2", "4"],
          what,
        );
        deepEqual(
          await policies(twice, { encoder: "minmax" }),
          expected.slice(9, 12),
          what,
        );
      }
    }
  }),
);

/**
 * Sessions of one decision in one state: action 0 earns 1 and a time limit cuts the session, action
 * 1 earns 1.5 and the customer is gone for good.
 */
const CUSTOMERS = "episode,observation_0,action,reward,terminated,truncated\n" +
  Array.from({ length: 20 }, (_, i) =>
    `${2 * i},1,0,1,0,1\n${2 * i},1,,,,\n` +
    `${2 * i + 1},1,1,1.5,1,0\n${2 * i + 1},1,,,,\n`).join("");

Deno.test(
  "a time limit is not the customer's end: the action that keeps them is chosen",
  inFolder(async (folder) => {
    const log = join(folder, "customers.csv");
    Deno.writeTextFileSync(log, CUSTOMERS);
    const minari = join(folder, "minari");
    await writeDataset(minari, await openDataset(log), "minari");
    for (
      const [path, dataset, action] of [
        [log, {}, 0],
        [minari, {}, 0],
        [log, { bootstrapOnTruncation: true }, 0],
        // The tutorial's habit, asked for.
        [log, { bootstrapOnTruncation: false }, 1],
      ] as const
    ) {
      const data = await openDataset(path);
      const config = resolveConfig("tutorial", {
        network: { hidden: [32] },
        dataset,
        algorithms: {
          cql: {
            steps: 1_500,
            alpha: 0.1,
            learningRate: 0.003,
            targetUpdateInterval: 100,
            logInterval: 1_000,
            batchSize: 64,
          },
        },
      }, { datasetSha256: sha256Hex(datasetToSafetensors(data)) });
      const { policy } = await learn({
        config,
        problem: { dataset: data, environment: null },
        algorithm: networkAlgorithms(config)[1],
        backend,
      });
      const values = evaluatePolicy(policy, Float32Array.of(1));
      equal(greedyActions(values, 2)[0], action, `${values}`);
    }
  }),
);

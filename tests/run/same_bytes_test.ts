import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import type { Config } from "../../src/config/config.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { backends, deterministicHashes, inFolder } from "./small_run.ts";

/** Runs a configuration on every backend; the hashes that all have in common. */
async function sameEverywhere(
  folder: string,
  config: Config,
): Promise<Record<string, string>> {
  const all: Record<string, string>[] = [];
  for (const [label, backend] of backends) {
    const out = join(folder, label);
    await runPipeline({ config, backend, out });
    all.push(deterministicHashes(out));
    deepEqual(all.at(-1), all[0], label);
  }
  return all[0];
}

const FILES = [
  ...["bc", "cql"].flatMap((name) => [
    `${name}/finished.json`,
    `${name}/policy.onnx`,
    `${name}/policy.safetensors`,
    `${name}/training.csv`,
  ]),
  "config.json",
  "dataset.safetensors",
  "metrics.json",
  ...[
    ...["episodes-bc", "episodes-cql"],
    ...["exact-curves", "hazard-bc", "hazard-cql", "policy-bc", "policy-cql"],
    ...["returns", "returns-sorted", "rewards", "training-bc", "training-cql"],
    "visitation",
  ].map((name) => `plots/${name}.svg`),
  "report.html",
];

Deno.test(
  "the smoke preset gives the same files on reference and wasm with 1 and 2 threads",
  inFolder(async (folder) => {
    const hashes = await sameEverywhere(folder, resolveConfig("smoke"));
    deepEqual(Object.keys(hashes).sort(), [...FILES].sort());
    const [[label]] = backends;
    const metrics = JSON.parse(
      Deno.readTextFileSync(join(folder, label, "metrics.json")),
    );
    checkShape(metrics, hashes);
  }),
);

Deno.test(
  "24 steps at the default size give the same files on reference and wasm with 1 and 2 threads",
  inFolder(async (folder) => {
    const learner = { steps: 24, logInterval: 12 };
    // Targets are copied twice on the way.
    const cql = { ...learner, targetUpdateInterval: 10 };
    const config = resolveConfig("tutorial", {
      algorithms: { bc: learner, cql },
    });
    deepEqual(config.network.hidden, [256, 256]);
    equal(config.algorithms.cql!.batchSize, 256);
    await sameEverywhere(folder, config);
  }),
);

/** Names, in their order, and values where they follow from the configuration. */
function checkShape(
  // deno-lint-ignore no-explicit-any -- A file's content, whose shape is what is tested.
  metrics: any,
  hashes: Record<string, string>,
): void {
  const keys = (value: object) => Object.keys(value);
  deepEqual(keys(metrics), [
    "schema",
    "config",
    "environment",
    "references",
    "dataset",
    "displacementMisfit",
    "policies",
  ]);
  equal(metrics.schema, "holdfast/metrics/1");
  deepEqual(metrics.config, JSON.parse(JSON.stringify(resolveConfig("smoke"))));
  deepEqual(keys(metrics.config), [
    "seed",
    "environment",
    "dataset",
    "network",
    "algorithms",
    "evaluation",
  ]);
  const { environment, dataset, policies, references } = metrics;
  deepEqual(keys(environment).sort(), [
    "discount",
    "goal",
    "hazards",
    "horizon",
    "optimal",
    "outcomes",
    "size",
    "start",
    "title",
  ]);
  deepEqual([environment.size, environment.start, environment.goal], [
    8,
    [0, 0],
    [7, 7],
  ]);
  ok(environment.hazards.every((cell: number[]) => cell.length === 2));
  deepEqual(keys(environment.optimal).sort(), [
    "goalProbability",
    "hazardProbability",
    "lengthMean",
    "returnMean",
  ]);
  deepEqual(keys(dataset).sort(), [
    "cutEpisodes",
    "distinctObservations",
    "episodes",
    "goalRate",
    "hazardRate",
    "returnMean",
    "returnStd",
    "transitions",
  ]);
  equal(dataset.episodes, 60);
  deepEqual(keys(policies), ["bc", "cql"]);
  const exactKeys = [
    "cvar1",
    "cvar10",
    "goalProbability",
    "hazardProbability",
    "lengthMean",
    "returnMean",
    "returnStd",
    "timeoutProbability",
  ];
  for (const name of ["bc", "cql"]) {
    const policy = policies[name];
    deepEqual(keys(policy).sort(), [
      "actionMismatchRate",
      "alarms",
      "exact",
      "greedyActions",
      "regret",
      "rollout",
      "rolloutAgrees",
      "sha256",
    ]);
    deepEqual(keys(policy.rollout).sort(), [
      "episodes",
      "goalRate",
      "hazardRate",
      "lengthMean",
      "returnMean",
      "returnStd",
    ]);
    equal(policy.rollout.episodes, 10);
    deepEqual(keys(policy.exact).sort(), exactKeys);
    equal(policy.sha256, hashes[`${name}/policy.safetensors`]);
    equal(policy.greedyActions.length, 8);
    ok(
      policy.greedyActions.every((column: number[]) =>
        column.length === 8 && column.every((a) => [0, 1, 2, 3].includes(a))
      ),
    );
    equal(
      policy.regret,
      environment.optimal.returnMean - policy.exact.returnMean,
    );
  }
  deepEqual(keys(references).sort(), [
    "behaviour",
    "maximumLikelihoodModel",
    "mostFrequentAction",
    "optimal",
    "spibb",
  ]);
  for (const name of keys(references)) {
    deepEqual(keys(references[name]).sort(), exactKeys);
  }
}

/** What a program gives to the library is checked once, at the door. */
import {
  deepEqual,
  equal,
  match,
  notDeepEqual,
  ok,
  rejects,
  throws,
} from "node:assert/strict";
import {
  type Algorithm,
  ALGORITHM_NAMES,
  type AlgorithmSettings,
  configureAlgorithm,
} from "../../src/algorithms/index.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import type { Config } from "../../src/config/config.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { InputError } from "../../src/errors.ts";
import { greedyInStates } from "../../src/evaluation/evaluate.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import {
  learn,
  learnTogether,
  networkAlgorithms,
} from "../../src/run/learn.ts";
import { openProblem } from "../../src/run/problem.ts";
import { policyToSafetensors } from "../../src/network/policy_file.ts";
import { train } from "../../src/run/train_policy.ts";
import { prepareTask } from "../../src/training/task.ts";
import { smallDataset } from "../dataset/small.ts";
import { smallConfig } from "../run/small_run.ts";

const [bc, cql] = networkAlgorithms(smallConfig);

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    ok(error instanceof InputError, `${error}`);
    ok(!error.message.includes("\n"));
    return error.message;
  }
  return "accepted";
}

const wrongData: [change: Partial<Dataset>, line: string][] = [
  [
    { actions: Int32Array.of(0, 7, 0, 0, 0, 0) },
    "the data set: episode 0, step 1: action 7 is outside 0 … ",
  ],
  [
    { rewards: Float32Array.of(0, 0, 0, 0, 0, NaN) },
    "the data set: episode 2, step 2: the reward is NaN",
  ],
  [{ rewards: new Float32Array(5) }, "the data set: 5 rewards for 6 actions"],
];

Deno.test("invalid data are refused before anything is trained, in one line", async () => {
  const data = smallDataset();
  const observations = data.observations.slice();
  observations[1] = NaN;
  for (
    const [change, line] of [
      ...wrongData,
      [
        { observations },
        "the data set: episode 0, observation 0: number 1 is NaN",
      ] as const,
    ]
  ) {
    const dataset = { ...data, ...change };
    const message = refusal(() =>
      prepareTask(
        smallConfig.network,
        bc,
        [{ seed: 1, member: 0, dataset }],
        true,
      )
    );
    ok(message.startsWith(line), message);
    for (const algorithm of [bc, cql]) {
      await rejects(
        learn({
          config: smallConfig,
          problem: { dataset, environment: null },
          algorithm,
          backend: referenceBackend,
        }),
        (error) =>
          error instanceof InputError && error.message.startsWith(line),
      );
    }
  }
});

const wrongSettings: [
  network: Partial<Config["network"]>,
  settings: Record<string, unknown>,
  line: string,
][] = [
  [
    { hidden: [] },
    {},
    "settings: network.hidden: must have at least one layer, not a list of 0",
  ],
  [
    { encoder: undefined },
    {},
    "settings: network.encoder: is missing",
  ],
  [
    {},
    { batchSize: 0 },
    "settings: algorithms.cql.batchSize: must be an integer from 1 to 65536, not 0",
  ],
  [
    {},
    { learningRate: NaN },
    "settings: algorithms.cql.learningRate: must be a number from 1e-9 to 1, not NaN",
  ],
  [
    {},
    { ensembleSize: 1e9 },
    "settings: algorithms.cql.ensembleSize: must be an integer from 1 to 64, not 1000000000",
  ],
  [
    {},
    { gamma: undefined },
    "settings: algorithms.cql.gamma: is missing",
  ],
  [
    {},
    { beta: 1 },
    "settings: algorithms.cql.beta: unknown key; known: ",
  ],
];

Deno.test("settings keep the ranges of a configuration, and none is missing", async () => {
  for (const [network, settings, line] of wrongSettings) {
    const algorithm = {
      name: "cql",
      settings: { ...cql.settings, ...settings },
    } as Algorithm;
    const config = {
      ...smallConfig,
      network: { ...smallConfig.network, ...network },
    };
    const runs = [{ seed: 1, member: 0, dataset: smallDataset() }];
    const message = refusal(() =>
      prepareTask(config.network, algorithm, runs, true)
    );
    ok(message.startsWith(line), message);
    await rejects(
      learn({
        config,
        problem: { dataset: smallDataset(), environment: null },
        algorithm,
        backend: referenceBackend,
      }),
      (error) => error instanceof InputError && error.message.startsWith(line),
    );
  }
  const unknown = { name: "td3", settings: {} } as unknown as Algorithm;
  match(
    refusal(() => prepareTask(smallConfig.network, unknown, [], true)),
    new RegExp(
      `^settings: algorithms\\.td3: unknown key; known: ${
        ALGORITHM_NAMES.join(", ")
      }$`,
    ),
  );
});

Deno.test("runs that cannot be trained together are refused", async () => {
  const dataset = smallDataset();
  const run = { seed: 1, member: 0, dataset };
  const message = (...runs: (typeof run)[]) =>
    refusal(() => prepareTask(smallConfig.network, bc, runs, true));
  equal(message(run), "accepted");
  equal(message(), "there is no run to prepare");
  match(
    message({ ...run, seed: -1 }),
    /^run: seed: must be an integer from 0 /,
  );
  match(message({ ...run, member: 0.5 }), /^run: member: must be an integer/);
  match(
    message(run, {
      ...run,
      dataset: { ...dataset, actionCount: dataset.actionCount + 1 },
    }),
    /^the runs' data sets differ in observation size or number of actions/,
  );
  await rejects(
    learnTogether([], { algorithm: bc, backend: referenceBackend }),
    InputError,
  );
});

Deno.test("a configuration put together by hand is refused before a directory is made", () => {
  const { dataset: _, ...rest } = smallConfig;
  match(
    refusal(() => openProblem(rest as Config)),
    /^config: a key is missing or in another place/,
  );
  equal(
    refusal(() => openProblem({ ...smallConfig, seed: -1 })),
    "config: seed: must be an integer from 0 to 4294967295, not -1",
  );
  equal(
    refusal(() => openProblem({ ...smallConfig, seed: 7 })),
    "accepted",
  );
});

Deno.test("data that were not collected in the configured environment are refused at the door", () => {
  const dataset = smallDataset();
  const config = resolveConfig("smoke", { environment: {} }, {
    datasetSha256: sha256Hex(datasetToSafetensors(dataset)),
  });
  match(
    refusal(() => openProblem(config, { dataset })),
    /^observation \d+ of the data set, \(.+\), is not a state of the environment: configure the environment that the data were collected in, or leave the key environment out$/,
  );
});

Deno.test("a policy is not evaluated in an environment of other observations", async () => {
  const { mdp } = openProblem(smallConfig).environment!;
  const { policy } = await learn({
    config: smallConfig,
    problem: { dataset: smallDataset(), environment: null },
    algorithm: bc,
    backend: referenceBackend,
  });
  throws(
    () => greedyInStates(policy, { ...mdp, observationSize: 1 }),
    InputError,
  );
  throws(() => greedyInStates(policy, { ...mdp, actionCount: 9 }), InputError);
});

Deno.test("null is in units of the largest absolute reward of the data: rewardScale, and the advantage temperature", async () => {
  const data = smallDataset();
  const withRewards = (factor: number) => ({
    ...data,
    rewards: Float32Array.of(0, -8, 4, 1, 0, 2).map((r) => r * factor),
  });
  const policyOf = async (
    name: "cql" | "iql",
    scale: number | null,
    factor: number,
    temperature: Partial<AlgorithmSettings["iql"]> = {},
  ) =>
    policyToSafetensors(
      await train(withRewards(factor), name, {
        rewardScale: scale,
        steps: 3,
        batchSize: 4,
        ...temperature,
      }, { hidden: [4], backend: referenceBackend }),
    );
  for (const name of ["cql", "iql"] as const) {
    const policy = await policyOf(name, 1 / 8, 1);
    deepEqual(await policyOf(name, null, 1), policy);
    // All that learning sees of the rewards is what they are in units of the largest.
    deepEqual(await policyOf(name, null, 4), policy);
    deepEqual(await policyOf(name, null, 0), await policyOf(name, 1, 0));
  }
  // Of the largest reward it is a tenth.
  deepEqual(
    await policyOf("iql", 1 / 4, 2),
    await policyOf("iql", 1 / 4, 2, { advantageTemperature: 1.6 }),
  );
  notDeepEqual(
    await policyOf("iql", 1 / 4, 2),
    await policyOf("iql", 1 / 4, 2, { advantageTemperature: 1.5 }),
  );
  const algorithm = configureAlgorithm("cql", { rewardScale: null });
  const runs = [1, 2].map((factor) => ({
    seed: 1,
    member: 0,
    dataset: withRewards(factor),
  }));
  for (
    const own of [algorithm, configureAlgorithm("iql", { rewardScale: 1 })]
  ) {
    equal(
      refusal(() => prepareTask(smallConfig.network, own, runs, true)),
      "the runs' data sets differ in their largest reward, which settings of the algorithm are in units of: train them separately",
    );
  }
});

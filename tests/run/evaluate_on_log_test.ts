import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { train } from "../../mod.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { datasetFromArrays } from "../../src/dataset/formats/arrays.ts";
import { randomStream } from "../../src/numerics/random.ts";
import {
  evaluateOnLog,
  type LogPolicy,
} from "../../src/run/evaluate_on_log.ts";
import { EPISODES, tosses } from "./small_log.ts";

Deno.test("where observations are new, fitted Q evaluation is by networks; tables where they are asked for", async () => {
  const random = randomStream(7, "log");
  const episodes = 150;
  // Two steps an episode; action 1 pays the observation, action 0 takes it.
  const steps = Array.from({ length: 2 * episodes }, (_, i) => {
    const x = Math.fround(2 * random.uniform() - 1);
    const action = random.integer(2);
    return { x, action, reward: action ? x : -x, end: i % 2 };
  });
  const dataset = datasetFromArrays({
    observations: steps.flatMap(({ x, end }) => [x, end]),
    actions: steps.map(({ action }) => action),
    rewards: steps.map(({ reward }) => reward),
    terminated: steps.map(({ end }) => end),
    propensities: steps.map(() => 0.5),
  });
  // Takes what is positive: worth 1/2 a step.
  const policy: LogPolicy = {
    kind: "table",
    name: "sign",
    table: {
      observations: steps.map(({ x, end }) => [x, end]),
      probabilities: steps.map(({ x }) => x > 0 ? [0, 1] : [1, 0]),
    },
  };
  const { estimates } = await evaluateOnLog(policy, dataset, {});
  const { fqe, plugin } = estimates.return;
  equal(fqe.method, "a network, without an interval");
  equal(fqe.interval, null);
  ok(Math.abs(fqe.value! - 1) < 0.1, `${fqe.value}`);
  // What the other action led to is in no table: about half of it is lost, at either step.
  ok(plugin.value! < 0.8, `${plugin.value}`);
  ok(Math.abs(estimates.length.fqe.value! - 2) < 0.1);
  const tables = await evaluateOnLog(policy, dataset, { fqe: "tables" });
  deepEqual(tables.estimates.return.fqe, plugin);
  const plain = await evaluateOnLog(policy, dataset, { folds: 1 });
  equal(plain.estimates.return.fqe.value, plain.estimates.return.plugin.value);
});

Deno.test("a network is not used on data whose actions or numbers have other names", async () => {
  const dataset = {
    ...tosses(),
    actionNames: ["none", "low"],
    observationNames: ["severity", "age"],
  };
  const network = await train(dataset, "bc", { steps: 1 }, { seed: 1 });
  const policy: LogPolicy = {
    kind: "network",
    name: "bc",
    network,
    acting: { kind: "greedy" },
  };
  equal((await evaluateOnLog(policy, dataset, {})).settings.episodes, EPISODES);
  const says = (changed: Partial<Dataset>, message: string) =>
    rejects(() => evaluateOnLog(policy, { ...dataset, ...changed }, {}), {
      message,
    });
  await says(
    { actionNames: ["low", "none"] },
    "bc: its actions are none, low; those of the data are low, none",
  );
  await says(
    { actionNames: undefined },
    "bc: its actions are none, low; those of the data are 0, 1",
  );
  await says(
    { observationNames: ["age", "severity"] },
    "bc: its numbers of an observation are severity, age; those of the data are age, severity",
  );
  // A format that keeps no names of the numbers.
  await evaluateOnLog(policy, { ...dataset, observationNames: undefined }, {});
});
